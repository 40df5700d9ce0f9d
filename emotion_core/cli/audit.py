"""``audit``: who recorded, exported, deleted, imported and so on, what, and when."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from emotion_core.access.audit import ACTIONS, KEPT_DAYS, Entry, entries
from emotion_core.errors import AccessError
from emotion_core.quantities import moment
from emotion_core.system.tables import csv_of_rows


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "audit",
        help="list who recorded, exported, deleted, imported and so on, and when",
        description=f"Print what was noted in the last {KEPT_DAYS} days, the newest first. Without "
        "accounts nobody is named.",
    )
    parser.add_argument(
        "--format", choices=("text", "csv", "json"), default="text", help="default: %(default)s"
    )
    parser.add_argument("--person", metavar="ID", help="only what this person did")
    parser.add_argument(
        "--action", action="append", default=[], metavar="ACTION",
        help=f"only this, any of {', '.join(ACTIONS)}; can be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--since", metavar="TIME", help="only from then on: a day or time in UTC, ISO 8601"
    )
    parser.add_argument("--most", type=int, metavar="N", help="only the last N")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the list; what keeps it from being whole gets a line on stderr.

    Raises:
        AccessError: the list cannot be read, or an argument is wrong.
    """
    unknown = [action for action in arguments.action if action not in ACTIONS]
    if unknown:
        raise AccessError(
            f"expected an action of {', '.join(ACTIONS)}, found {unknown[0]!r:.60}; name one of "
            "them with --action"
        )
    found = entries(
        most=arguments.most,
        who=arguments.person,
        actions=tuple(arguments.action),
        since=_time(arguments.since),
    )
    for problem in found.problems:
        print(f"emotion_core: {problem}", file=sys.stderr)
    if arguments.format == "json":
        print(json.dumps([asdict(entry) for entry in found.entries], indent=2, ensure_ascii=False))
    elif arguments.format == "csv":
        columns = [field.name for field in fields(Entry)]
        print(csv_of_rows(columns, map(asdict, found.entries)), end="")
    else:
        for entry in found.entries:
            print(in_words(entry))
        if not found.entries:
            print("nothing was noted")


def in_words(entry: Entry) -> str:
    """Return a line of the list as a person reads it."""
    what = " ".join(filter(None, (entry.kind, entry.name)))
    more = f" ({entry.detail})" if entry.detail else ""
    who = f"{entry.who}: " if entry.who else ""
    return f"{moment(entry.time)}  {who}{entry.action} {what}".rstrip() + more


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise AccessError(
            f"expected a day or time such as 2026-11-28 or 2026-11-28T10:00, found {text!r:.40}; "
            "write --since that way"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
