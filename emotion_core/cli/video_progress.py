"""How far ``analyze`` is with videos, on the terminal, and what came of each."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable
from typing import Any, Final

from emotion_core.errors import SourceError
from emotion_core.quantities import counted, decimal, duration, percent
from emotion_core.recorded.plan import TABLE_ENDING
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.pool.state import VideoState

# How often the line about the progress is written: to a terminal, and to a file.
_TELL_EVERY: Final = 0.5
_TELL_LOG_EVERY: Final = 30.0


class Teller:
    """Says how far a pool is, and what came of each video.

    Args:
        kind: of the tables.
        keep: whether to remember what came of each, for `rows`.
    """

    def __init__(self, kind: str, *, keep: bool) -> None:
        self._kind = kind
        self._keep = keep
        self._rows: dict[str, dict[str, Any]] = {}
        self._failed: list[tuple[int, str]] = []
        self._is_terminal = sys.stderr.isatty()
        self._every = _TELL_EVERY if self._is_terminal else _TELL_LOG_EVERY
        self._next = time.monotonic() + self._every

    def look(self, pool: VideoPool) -> None:
        """Write the line about the progress from time to time; called a few times a second."""
        now = time.monotonic()
        if now >= self._next and pool.over.total() < pool.count:
            self._next = now + self._every
            self._write(_line(pool))

    def over(self, video: VideoState) -> None:
        """Say what came of a video."""
        self.clear()
        if self._keep:
            self._rows[video.job.path] = self._row(video)
        if video.phase == "failed":  # said at the end
            self._failed.append((video.number, _told(video)))
            return
        found = f"{counted(video.persons, 'person')} in {counted(video.frames, 'frame')}"
        earlier = ", analyzed before (--again reads it again)" if video.phase == "kept" else ""
        place = video.job.target
        print(f"{video.job.path}: {found}, recorded in {place}{earlier}", flush=True)
        if video.problem and video.phase == "finished":
            print(f"emotion_core: {video.problem}", file=sys.stderr)

    def clear(self) -> None:
        """Take the line about the progress away."""
        if self._is_terminal:
            self._write("")

    def failures(self) -> list[SourceError]:
        """Return what is wrong with those that failed, in the order of the videos."""
        return [SourceError(told) for _, told in sorted(self._failed)]

    def rows(self, paths: Iterable[str], pool: VideoPool) -> list[dict[str, Any]]:
        """Return what came of each video as plain JSON values; of some nothing as yet."""
        rows = {video.job.path: self._row(video) for video in pool.videos} | self._rows
        nothing = {
            "state": "waiting", "recording": None, "table": None,
            "frames": 0, "seconds": 0.0, "persons": 0, "problem": None,
        }  # fmt: skip
        return [rows.get(path, {"file": path} | nothing) for path in paths]

    def _row(self, video: VideoState) -> dict[str, Any]:
        done = video.phase in ("finished", "kept")
        return {
            "file": video.job.path,
            "state": video.phase,
            "recording": str(video.job.target) if done else None,
            "table": f"{video.job.target}{TABLE_ENDING}.{self._kind}" if done else None,
            "frames": video.frames,
            "seconds": video.seconds,
            "persons": video.persons,
            "problem": video.problem or None,
        }

    def _write(self, line: str) -> None:
        if self._is_terminal:
            columns = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:columns]:<{columns}}\r", end="", file=sys.stderr, flush=True)
        elif line:
            print(line, file=sys.stderr, flush=True)


def _line(pool: VideoPool) -> str:
    """Return how far all is, such as "3 of 8 videos, 5 min left | talk.mp4 42%, 12 s left"."""
    parts = []
    if pool.count > 1:
        left = pool.seconds_left
        whole = f"{pool.over.total()} of {pool.count} videos"
        parts.append(whole if left is None else f"{whole}, {duration(left)} left")
    parts += [about] if (about := pool.about()) else []
    parts += [_how_far(video) for video in pool.reading()[:2]]
    return " | ".join(parts)


def _how_far(video: VideoState) -> str:
    """Return how far a video is, such as "talk.mp4 42%, 153.1 frames/s, 12 s left"."""
    name = video.job.name
    parts = [f"{name} {percent(video.share)}"]
    if video.written is not None:
        parts += ["drawing the boxes"] if video.job.with_video else []
    elif video.rate:
        parts.append(f"{decimal(video.rate)} frames/s")
    parts += [] if video.seconds_left is None else [f"{duration(video.seconds_left)} left"]
    return ", ".join(parts)


def _told(video: VideoState) -> str:
    """Return a failure with the video's name."""
    name = video.job.name
    return video.problem if name in video.problem else f"{video.job.path}: {video.problem}"
