"""The last minute of a live stream: each face's scores, sampled a few times a second."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.live.reader import LiveFace

#: How far back the history goes.
HISTORY_SECONDS: Final = 60.0
#: Time between two samples: scores are smoothed, so that more would show nothing new.
SAMPLE_SECONDS: Final = 0.5
#: Who is missing in the newest samples for no longer than this has not left: faces are missed for a
#: moment now and then.
STILL_THERE_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Timeline:
    """One face over the last minute.

    Attributes:
        track: the face's number.
        seconds: float64 ``[T]``, rising, in seconds before now: -60..0.
        scores: float64 ``[T, 7]``, smoothed; NaN where the face was out of sight, so that a line
            drawn through it breaks there.
        answers: what was shown at each of these times, "" where the face was out of sight.
        left: seconds since the face was seen last; None while it is in view.
    """

    track: int
    seconds: NDArray[np.float64]
    scores: NDArray[np.float64]
    answers: tuple[str, ...]
    left: float | None = None


@dataclass(frozen=True)
class _Sample:
    time: float
    faces: dict[int, tuple[tuple[float, ...], str]]  # scores and answer by track


class LiveHistory:
    """Filled by the stream's thread, read by the page's."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=round(HISTORY_SECONDS / SAMPLE_SECONDS))
        self._lock = threading.Lock()

    def add(self, now: float, faces: Sequence[LiveFace]) -> None:
        """Take in a frame's faces; most frames are passed over.

        Args:
            now: time of the frame in seconds, never going back.
            faces: those in it.
        """
        if self._samples and now - self._samples[-1].time < SAMPLE_SECONDS:
            return
        readings = {face.id: (face.smoothed.scores, face.smoothed.answer) for face in faces}
        with self._lock:
            self._samples.append(_Sample(now, readings))

    def clear(self) -> None:
        """Forget everything, as when another stream begins."""
        with self._lock:
            self._samples.clear()

    def timelines(self, now: float, most: int) -> list[Timeline]:
        """Return who is in view, in the order of their numbers, then who left, the latest first.

        Args:
            now: seconds on the clock of ``add``.
            most: how many faces at most.
        """
        with self._lock:
            samples = [each for each in self._samples if each.time >= now - HISTORY_SECONDS]
        last_seen = {track: sample.time for sample in samples for track in sample.faces}
        newest = samples[-1].time if samples else now
        left = {
            track: None if newest - time <= STILL_THERE_SECONDS else now - time
            for track, time in last_seen.items()
        }
        chosen = sorted(left, key=lambda track: (left[track] or 0.0, track))[:most]
        return [_timeline(track, samples, now, left[track]) for track in chosen]


def _timeline(track: int, samples: Sequence[_Sample], now: float, left: float | None) -> Timeline:
    nothing = ((np.nan,) * len(EMOTIONS), "")
    readings = [sample.faces.get(track, nothing) for sample in samples]
    return Timeline(
        track,
        np.array([sample.time - now for sample in samples]),
        np.array([scores for scores, _ in readings], np.float64).reshape(-1, len(EMOTIONS)),
        tuple(answer for _, answer in readings),
        left,
    )
