"""``architectures``: list what can be trained."""

from __future__ import annotations

import argparse
from typing import Any

from emotion_core.training.architectures import ARCHITECTURES


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "architectures",
        help="list the networks that can be trained",
        description="List the architectures: filters and blocks as "
        "`train --set architecture=NAME` makes them, weights, and millions of "
        "multiply-accumulates (M MACs) per face.",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:  # noqa: ARG001  # every command takes its options
    """Print one line for each architecture."""
    print(f"{'name':12}{'filters':18}{'blocks':10}{'weights':>11}{'M MACs':>8}  from")
    for name, entry in ARCHITECTURES.items():
        filters, depths = (",".join(map(str, shape)) for shape in (entry.filters, entry.depths))
        millions = entry.multiply_accumulates / 1e6
        print(
            f"{name:12}{filters:18}{depths:10}{entry.parameters:>11,}{millions:8.1f}  "
            f"{entry.source}"
        )
