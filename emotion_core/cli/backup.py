"""``backup`` and ``restore``: all that people made with the app in one file, and back from it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from emotion_core.belongings.backup import back_up, restore
from emotion_core.errors import BackupError
from emotion_core.quantities import byte_size, counted
from emotion_core.system.progress import CountProgress


def add_parser(commands: Any) -> None:
    """Add the two commands to argparse's subparsers."""
    backup = commands.add_parser(
        "backup",
        help="write all that people made into one file",
        description="Write sessions, own data, queued videos, uploads, correction lists, training "
        "runs, models, settings and tokens of everybody, and who may come in, into one tar file, "
        "whole or not at all. The app may go on meanwhile. The file holds people's faces: only its "
        "owner can read it.",
    )
    backup.add_argument("file", metavar="FILE", type=Path, help="one of this name is replaced")
    backup.set_defaults(run=run_backup)
    back = commands.add_parser(
        "restore",
        help="bring back what a backup has",
        description="Bring back what a backup has and is not there now, into the folders that the "
        "environment names today. What is there stays as it is.",
    )
    back.add_argument("file", metavar="FILE", type=Path, help="what `backup` wrote")
    back.set_defaults(run=run_restore)


def run_backup(arguments: argparse.Namespace) -> None:
    """Write the file.

    Raises:
        BackupError: the disk has too little room.
        OSError: the file cannot be written.
    """
    with _bar("Backup") as progress:
        found = back_up(arguments.file, progress=progress)
    for name, count in found.items():
        if count:
            print(f"{name}: {count}")
    print(f"{arguments.file}: {byte_size(arguments.file.stat().st_size)}")


def run_restore(arguments: argparse.Namespace) -> None:
    """Read the file.

    Raises:
        BackupError: it is no backup, or a part of it is missing.
        OSError: what it has cannot be written.
    """
    with _bar("Restore") as progress:
        result = restore(arguments.file, progress=progress)
    for name in {**result.restored, **result.kept}:
        back, kept = len(result.restored.get(name, ())), len(result.kept.get(name, ()))
        print(f"{name}: {back} back" + (f", {kept} there already" if kept else ""))
    for problem in result.problems:
        print(problem, file=sys.stderr)
    if result.problems:
        raise BackupError(
            f"{counted(len(result.problems), 'thing')} could not be brought back; try an earlier "
            "backup"
        )


@contextmanager
def _bar(title: str) -> Iterator[CountProgress]:
    with tqdm(
        desc=title, unit="B", unit_scale=True, dynamic_ncols=True, leave=False, disable=None
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
