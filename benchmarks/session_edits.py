"""How long it takes to apply what people said about a long session, and to sum it up.

    python benchmarks/session_edits.py                       # 72 minutes of four people
    python benchmarks/session_edits.py --minutes 1 --repeat 1  # for a smoke test

Makes a session as `session_player.py` does and says 107 things about it: names, a merge, a split,
somebody hidden, an answer corrected, a range left out, and 100 marks. Then, in seconds of processor
time of this process, so that it matters little what else the machine does: ``read``, its tables
from CSV; ``fold``, all edits applied to them; ``summary``, what the page's first tab shows;
``numbers``, with all intervals, of the whole session and one marked range; ``pack``, what the
player fetches. Medians of ``--repeat`` turns. ``slowest_fold``: of the
slowest fold, by the clock. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from session_player import write_session

from emotion_core.sessions.edits.folding import edited_session
from emotion_core.sessions.edits.log import read_log
from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.edits.persons import (
    correct_answer,
    hide_person,
    leave_out,
    merge_persons,
    name_person,
    split_person,
)
from emotion_core.sessions.numbers.marked import marked_ranges
from emotion_core.sessions.numbers.measures import session_numbers
from emotion_core.sessions.storage import Session, open_session
from emotion_core.sessions.summary import summarize_session
from emotion_core.sessions.tables import read_events, read_tables
from emotion_core.sessions.viewing.packing import write_packed
from emotion_core.system.storage.files import write_json

MARKS = 100


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=72, help="default: 72")
    parser.add_argument("--repeat", type=int, default=5, help="turns (default: 5)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = write_session(Path(name) / "20260101-120000", 60 * options.minutes, 4)
        session = open_session(folder)
        say_much(session, 60 * options.minutes)
        figures = measured(session, options.repeat)
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def say_much(session: Session, seconds: float) -> None:
    """Say all kinds of things about a session of four people."""
    name_person(session, 1, "Ada")
    name_person(session, 2, "Ben")
    merge_persons(session, 3, 2)
    split_person(session, 2, seconds / 2)
    hide_person(session, 4)
    correct_answer(session, 1, seconds / 4, seconds / 3, "fear")
    leave_out(session, 0, seconds / 20)
    for mark in range(MARKS):
        add_mark(session, mark * seconds / MARKS, "stimulus", seconds=seconds / MARKS / 2)


def measured(session: Session, repeat: int) -> dict[str, Any]:
    """Return the figures."""
    taken: dict[str, list[float]] = {}
    clocks = []

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started, clock = time.process_time(), time.perf_counter()
        result = work()
        taken.setdefault(name, []).append(time.process_time() - started)
        if name == "fold":
            clocks.append(time.perf_counter() - clock)
        return result

    for _ in range(repeat):
        frames, faces = timed("read", lambda: read_tables(session.folder))
        events, log = read_events(session.folder), read_log(session.folder)
        args = (frames, faces, events, log)
        found = timed("fold", lambda args=args: edited_session(*args))
        timed("summary", lambda found=found: summarize_session(session, found))
        ranges = marked_ranges(found.marks)
        timed(
            "numbers",
            lambda found=found, ranges=ranges: session_numbers(
                found.frames, found.faces, ranges, left_out=found.left_out, names=found.names
            ),
        )
        timed("pack", lambda found=found: write_packed(found.frames, found.faces, BytesIO()))
    return {
        "rows": len(faces),
        "edits": len(log.effective),
        **{f"{name}_seconds": round(statistics.median(each), 3) for name, each in taken.items()},
        "slowest_fold_seconds": round(max(clocks), 3),
        "load": os.getloadavg()[0],
    }


if __name__ == "__main__":
    main()
