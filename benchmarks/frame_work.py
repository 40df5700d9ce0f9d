"""Work on the frames of a film, timed in a process of its own.

The parent process starts a `Worker`; the script it names answers with `serve`. Needs nothing but
NumPy: a worker may run in the environment of another project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Work:
    """What is done with each frame.

    Attributes:
        prepare: makes of a picture (BGR uint8 ``[height, width, 3]``) what ``do`` takes; not timed.
        do: what is timed.
        faces: tells from what ``do`` returned how many faces it found; not timed.
    """

    prepare: Callable[[Any], Any]
    do: Callable[[Any], Any]
    faces: Callable[[Any], int]


def time_frames(work: Work, images: Iterable[Any]) -> dict[str, list[float]]:
    """Return each frame's milliseconds, on the clock and of all the process's threads, and faces.

    Keys: ``wall``, ``cpu`` and ``faces``.
    """
    times: dict[str, list[float]] = {"wall": [], "cpu": [], "faces": []}
    for image in images:
        prepared = work.prepare(image)
        start, cpu_start = time.perf_counter(), time.process_time()
        done = work.do(prepared)
        times["cpu"].append(1000 * (time.process_time() - cpu_start))
        times["wall"].append(1000 * (time.perf_counter() - start))
        times["faces"].append(work.faces(done))
    return times


def serve(begin: Callable[[], tuple[Callable[[float], Work], dict[str, Any]]]) -> None:
    """Answer the parent until it hangs up.

    Args:
        begin: called once; returns what makes the work for a new film, from its frames a second,
            and what to tell about the worker.
    """
    # What libraries print goes where it cannot be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    make, about = begin()
    print(json.dumps(about), file=answers, flush=True)
    for line in sys.stdin:
        wish = json.loads(line)
        if "film" in wish:
            film = np.load(wish["film"], mmap_mode="r")
            work = make(wish["rate"])
            answer: object = "ready"
        else:
            # Read from the disk before anything is timed.
            answer = time_frames(work, [np.array(film[index]) for index in wish["frames"]])
        print(json.dumps(answer), file=answers, flush=True)


class Worker:
    """The parent's end: a Python script that calls `serve`.

    Attributes:
        about: what it told about itself.
        pid: its process.
    """

    def __init__(self, python: str, script: Path) -> None:
        self._process = subprocess.Popen(
            [python, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.pid = self._process.pid
        self.about: dict[str, Any] = self._answer()

    def show(self, film: Path, rate: float) -> None:
        """Start anew with the film in a NumPy file."""
        self._ask({"film": str(film), "rate": rate})

    def time(self, frames: Sequence[int]) -> dict[str, list[float]]:
        """Work on these frames of the film; see `time_frames`."""
        return dict(self._ask({"frames": list(frames)}))

    def end(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(20)

    def _ask(self, wish: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args}: ended with {self._process.wait()}; see above")
        return json.loads(line)
