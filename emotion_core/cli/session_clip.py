"""``sessions clip``: a part of a session's video as an MP4."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from emotion_core.cli.options import time_in_video
from emotion_core.quantities import counted, duration, percent
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.storage import find_session, sessions_dir


def add_parser(actions: Any) -> None:
    """Add the action to argparse's subparsers of ``sessions``."""
    parser = actions.add_parser(
        "clip",
        help="write a part of a session's video, with boxes and answers, to an MP4 file",
        description="Boxes, names and answers, as corrected, are drawn on the file that was "
        "analyzed. A live session's own video has boxes on it: it is cut, and no more. The sound "
        "is kept.",
    )
    parser.add_argument("id", metavar="ID")
    parser.add_argument(
        "--from", dest="start", type=time_in_video, required=True, metavar="TIME",
        help="where to begin: seconds, or a time such as 1:30",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="end", type=time_in_video, required=True, metavar="TIME", help="where to end"
    )
    parser.add_argument("file", type=Path, metavar="OUT.mp4")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write a part of a session's video to a file, whole or not at all.

    Raises:
        SessionError: there is no such session, it has no video, or the range is none of it.
        SourceError: its video cannot be read.
    """
    # Reading the table of commands needs no pandas.
    from emotion_core.recorded.film.clip import DRAWN_ON, write_clip

    session = find_session(sessions_dir(), arguments.id)
    part = TimeRange(arguments.start, arguments.end)

    def tell(share: float) -> None:
        if sys.stderr.isatty():
            print(f"\r{percent(share):>4}\r", end="", file=sys.stderr, flush=True)

    clip = write_clip(session, part, arguments.file, tell)
    print(f"Wrote {arguments.file}: {duration(part.seconds)}, {counted(clip.frames, 'picture')}")
    if clip.drawn_on:
        print(f"emotion_core: {DRAWN_ON}", file=sys.stderr)
