"""Scores that do not flicker: an exponential mean over time, the same at any frame rate.

Over time and not over frames, because cameras differ and a busy machine reads fewer frames. Of the
probabilities and not of their logarithms: one frame that is sure of something else, as when the
eyes blink, moves a mean of logarithms many times as far.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.readings import FaceReading


class ScoreSmoother:
    """The scores of one face over time.

    After a lasting change of expression the mean is half way after 0.7 and 95% of the way after 3
    times the time constant. Until a time constant has passed, all readings so far count alike:
    the first one is as likely wrong as any other.
    """

    def __init__(self) -> None:
        self._mean: NDArray[np.float64] | None = None
        self._time = 0.0
        self._count = 0

    def update(self, scores: Sequence[float], now: float, seconds: float) -> tuple[float, ...]:
        """Take in the newest reading and return the smoothed scores.

        Args:
            scores: probabilities that add up to 1.
            now: time of the reading in seconds, never going back.
            seconds: time constant; 0 returns ``scores`` as they are. May change at any time.

        Returns:
            as many probabilities that add up to 1.
        """
        newest = np.asarray(scores, np.float64)
        if self._mean is None or seconds <= 0:
            self._mean, self._count = newest, 0
        share = 1 - math.exp(-max(0.0, now - self._time) / seconds) if seconds > 0 else 1.0
        self._count += 1
        self._time = now
        self._mean = self._mean + max(share, 1 / self._count) * (newest - self._mean)
        return tuple(self._mean.tolist())


def hold(held: int | None, scores: Sequence[float], margin: float) -> int:
    """Return which score counts: the highest, but ``held`` as long as none is ``margin`` higher.

    Two expressions that are about as likely would otherwise take turns; a clear change is told
    hardly later than without.

    Args:
        held: index of the score that counted before; None when there was none.
        scores: probabilities.
        margin: 0..1.
    """
    best = max(range(len(scores)), key=scores.__getitem__)
    return best if held is None or scores[best] - scores[held] > margin else held


@dataclass(frozen=True)
class SteadyReading(FaceReading):
    """A reading of smoothed scores whose expression is held until another one is clearly ahead.

    Attributes:
        held: one of ``EMOTIONS``; its score need not be the highest.
    """

    held: str = EMOTIONS[0]

    @property
    def emotion(self) -> str:
        """Name of the expression that is held."""
        return self.held

    @property
    def confidence(self) -> float:
        """Score of ``emotion``, 0..1."""
        return self.scores[EMOTIONS.index(self.held)]
