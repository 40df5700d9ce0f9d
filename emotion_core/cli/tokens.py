"""``tokens``: make, list and revoke the tokens that let other programs in."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from emotion_core.access.tokens import (
    RIGHTS,
    USUAL_BYTES,
    USUAL_RATE,
    Token,
    add_token,
    list_tokens,
    revoke_token,
)
from emotion_core.quantities import byte_size, moment

_MEGABYTE = 1_000_000


def add_parser(commands: Any) -> None:
    """Add the command and its own commands to argparse's subparsers."""
    parser = commands.add_parser(
        "tokens",
        help="make, list and revoke tokens for other programs",
        description="Tokens let other programs use the running app under /api/v1: see docs/api.md. "
        "Without any token, the app answers no program. A token may do what its rights say: "
        + "; ".join(f"{right}: {what}" for right, what in RIGHTS.items())
        + ". The app knows new and revoked tokens at once.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make a token and print it, once")
    add.add_argument("name", metavar="NAME", help="what to call it, such as the program's name")
    add.add_argument(
        "--may", required=True, metavar="RIGHTS", help=f"any of {','.join(RIGHTS)}, by commas"
    )
    add.add_argument(
        "--rate",
        type=float,
        default=USUAL_RATE,
        metavar="N",
        help=f"requests a second (default: {USUAL_RATE:g})",
    )
    add.add_argument(
        "--megabytes",
        type=float,
        default=USUAL_BYTES / _MEGABYTE,
        metavar="N",
        help=f"size of a request, videos aside (default: {USUAL_BYTES / _MEGABYTE:g})",
    )
    add.set_defaults(run=run_add)
    actions.add_parser("list", help="list all tokens").set_defaults(run=run_list)
    revoke = actions.add_parser("revoke", help="refuse a token from now on")
    revoke.add_argument("name", metavar="NAME")
    revoke.set_defaults(run=run_revoke)


def run_add(arguments: argparse.Namespace) -> None:
    """Print a new token on a line of its own.

    Raises:
        AccessError: see ``add_token``.
    """
    made = add_token(
        arguments.name,
        [right.strip() for right in arguments.may.split(",") if right.strip()],
        requests_a_second=arguments.rate,
        most_bytes=round(arguments.megabytes * _MEGABYTE),
    )
    # So that a script can keep the one and a person reads the other.
    print(made.secret)
    print(
        f"emotion_core: this is {in_words(made.token)}. Copy it now: only its hash is kept, and it "
        "is not shown again",
        file=sys.stderr,
    )


def run_list(_: argparse.Namespace) -> None:
    """Print one line a token; what is damaged gets a line on stderr.

    Raises:
        AccessError: the folder of tokens cannot be read.
    """
    found = list_tokens()
    for problem in found.problems:
        print(f"emotion_core: {problem}", file=sys.stderr)
    for token in found.tokens:
        print(f"{in_words(token)}, made {moment(token.created)}")
    if not found.tokens:
        print("no tokens: the app answers no other program")


def run_revoke(arguments: argparse.Namespace) -> None:
    """Delete a token.

    Raises:
        AccessError: there is none of this name, or it cannot be deleted.
    """
    revoke_token(arguments.name)
    print(f"{arguments.name} is refused from now on")


def in_words(token: Token) -> str:
    """Return a token's name, rights and limits."""
    return (
        f"{token.name}: may {', '.join(token.may)}; {token.requests_a_second:g} requests a second "
        f"of up to {byte_size(token.most_bytes)}"
    )
