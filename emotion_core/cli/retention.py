"""``retention``: how long recordings are kept, and which go next."""

from __future__ import annotations

import argparse
from typing import Any

from emotion_core.belongings.retention import (
    DAYS_VARIABLE,
    KEEP_TAG,
    NOTICE_DAYS,
    SECTION,
    Rule,
    delete_what_is_due,
    due,
    rules,
    set_own_rule,
)
from emotion_core.errors import RetentionError
from emotion_core.quantities import counted, day
from emotion_core.system.storage.persons import at_home, is_person

_OFF = "off"


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "retention",
        help="say how long recordings are kept, and which go next",
        description="Recordings older than a number of days are deleted by the running app, or by "
        f"--apply. The server's number is [{SECTION}] days of .streamlit/secrets.toml, or "
        f"{DAYS_VARIABLE}; without it they are kept for good. A new rule deletes nothing in its "
        f"first {NOTICE_DAYS} days, and sessions with the tag {KEEP_TAG} stay.",
    )
    parser.add_argument(
        "--days", metavar="N", help=f"a rule of your own, shorter than the server's, or {_OFF}"
    )
    parser.add_argument("--person", metavar="ID", help="whose, where there are accounts")
    parser.add_argument(
        "--apply", action="store_true", help="delete what is too old now, in every home"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Set a rule, or delete by it, and print what holds.

    Raises:
        RetentionError: an argument or the server's rule means nothing, or nothing can be written.
    """
    if arguments.person is not None and not is_person(arguments.person):
        raise RetentionError(
            f"expected a person's id, 16 hexadecimal digits, found {arguments.person!r:.40}; list "
            "them with python -m emotion_core people list"
        )
    with at_home(arguments.person):
        if arguments.days is not None:
            set_own_rule(_days(arguments.days))
        if arguments.apply:
            print(f"deleted {counted(len(delete_what_is_due()), 'session')}")
        found = rules()
        for rule in found:
            print(in_words(rule))
        if not found:
            print("recordings are kept for good")
        for session, end in due():
            print(f"{session.id} is deleted on {day(end)}")


def in_words(rule: Rule) -> str:
    """Return a rule as a line."""
    whose = "the server's rule" if rule.of_server else "your own rule"
    return f"recordings are kept for {counted(rule.days, 'day')}: {whose}"


def _days(text: str) -> int | None:
    if text == _OFF:
        return None
    if not text.isdecimal():
        raise RetentionError(
            f"expected a number of days or {_OFF}, found {text!r:.40}; write --days that way"
        )
    return int(text)
