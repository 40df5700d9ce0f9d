"""Analyzes a film until it kills itself: ``python -m tests.recorded.killed FILM TARGET PLACE``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from emotion_core.recorded import recording
from emotion_core.recorded.analysis import VideoAnalyst
from emotion_core.recorded.job import Progress
from emotion_core.recorded.joining import Joiner
from emotion_core.recorded.plan import Plan
from tests.recorded.films import analyst, job


def die(*_: object, **__: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: object, name: str, doom: Callable[..., Any]) -> None:
    """Let ``doom`` be called with the arguments before the function of this name is."""
    function = getattr(owner, name)

    def doomed(*arguments: Any, **options: Any) -> Any:
        doom(*arguments)
        return function(*arguments, **options)

    setattr(owner, name, doomed)


def main(film: str, target: str, place: str) -> None:
    """Analyze a film, and die at ``place``."""

    def progress(_: Progress) -> None:
        pass

    if place == "opened":
        before(VideoAnalyst, "read", die)
    elif place == "reading":

        def progress(told: Progress) -> None:
            if told.done >= 1.5:
                die()

    elif place == "saving":
        save = np.savez_compressed

        def half(file: Any, **content: Any) -> None:
            save(file, times=content["times"])
            file.flush()
            die()

        np.savez_compressed = half
    elif place == "saved":
        written = []

        def second(*_: object) -> None:
            written.append(1)
            if len(written) == 2:
                die()

        before(Plan, "missing", second)
    elif place == "joining":
        frames = Joiner.frames

        def some(joiner: Joiner) -> Any:
            for record in frames(joiner):
                yield record
                if record.number == 30:
                    die()

        Joiner.frames = some
    elif place == "publishing":
        before(recording, "keep_private", die)
    with analyst(segment_seconds=1.5) as reader:
        reader.analyze(job(Path(film), Path(target)), progress)


if __name__ == "__main__":
    main(*sys.argv[1:])
