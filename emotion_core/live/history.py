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
    """One person over the last minute.

    Attributes:
        person: their number.
        seconds: float64 ``[T]``, rising, in seconds before now: -60..0.
        scores: float64 ``[T, 7]``, smoothed; NaN where the face was out of sight, so that a line
            drawn through it breaks there.
        answers: what was shown at each of these times, "" where the face was out of sight.
        left: seconds since the face was seen last; None while it is in view.
    """

    person: int
    seconds: NDArray[np.float64]
    scores: NDArray[np.float64]
    answers: tuple[str, ...]
    left: float | None = None


@dataclass(frozen=True)
class _Sample:
    time: float
    faces: dict[int, tuple[tuple[float, ...], str]]  # scores and answer by person


class LiveHistory:
    """Filled by the stream's thread, read by the page's."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=round(HISTORY_SECONDS / SAMPLE_SECONDS))
        self._lock = threading.Lock()

    def add(self, now: float, faces: Sequence[LiveFace]) -> None:
        """Take in a frame's faces; most frames are passed over.

        Args:
            now: time of the frame in seconds, never going back.
            faces: those in it; one without a person's number yet is passed over.
        """
        if self._samples and now - self._samples[-1].time < SAMPLE_SECONDS:
            return
        readings = {
            face.person: (face.smoothed.scores, face.smoothed.answer)
            for face in faces
            if face.person is not None
        }
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
        last_seen = {person: sample.time for sample in samples for person in sample.faces}
        newest = samples[-1].time if samples else now
        left = {
            person: None if newest - time <= STILL_THERE_SECONDS else now - time
            for person, time in last_seen.items()
        }
        chosen = sorted(left, key=lambda person: (left[person] or 0.0, person))[:most]
        return [_timeline(person, samples, now, left[person]) for person in chosen]


def _timeline(person: int, samples: Sequence[_Sample], now: float, left: float | None) -> Timeline:
    nothing = ((np.nan,) * len(EMOTIONS), "")
    readings = [sample.faces.get(person, nothing) for sample in samples]
    return Timeline(
        person,
        np.array([sample.time - now for sample in samples]),
        np.array([scores for scores, _ in readings], np.float64).reshape(-1, len(EMOTIONS)),
        tuple(answer for _, answer in readings),
        left,
    )
