"""Scores that do not flicker: an exponential mean over time, the same at any frame rate.

Over time and not over frames, because cameras differ and a busy machine reads fewer frames. Of the
probabilities and not of their logarithms: one frame that is sure of something else, as when the
eyes blink, moves a mean of logarithms many times as far.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.readings import FaceReading
from emotion_core.models.folder import MIRRORED, SINGLE
from emotion_core.models.views import FittedViews

#: A face's expression changes when another one's smoothed score is higher by this; and what was
#: certain becomes uncertain this far below the threshold.
HOLD_MARGIN: Final = 0.1
#: By so much more than the threshold must a face on video look sad to be called so. Calm faces that
#: are tilted or dim look a little sad for as long as they are in view; benchmarks/webcam_truth.py
#: says how many are called sad, and what this costs of those that are.
SAD_MARGIN: Final = 0.05

_SAD: Final = "sad"

# A face's mirror image is read if its last reading is no older than this share of the time
# constant, 0.3 s unless somebody changes it: the longest pause of faces that are read in time. One
# that is read less often would show a change a whole reading later.
_SOON: Final = 0.6


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


class BothViewsSmoother:
    """The scores of one face over time, every other reading of which is of its mirror image.

    Each view is smoothed by itself, and the mean of both counts. Smoothed together, the newest
    reading's view would weigh more, and the scores would swing with every reading.
    """

    def __init__(self) -> None:
        self._smoothers = {SINGLE: ScoreSmoother(), MIRRORED: ScoreSmoother()}
        self._means: dict[str, tuple[float, tuple[float, ...]]] = {}
        self._newest = MIRRORED  # so that a face is read as it is first

    @property
    def view(self) -> str:
        """What the smoothed scores are of: ``MIRRORED`` where both views count."""
        return MIRRORED if len(self._means) > 1 else SINGLE

    def next_view(self, now: float, seconds: float) -> str:
        """Return which view of the face to read now, one of ``emotion_core.models.views.VIEWS``.

        Args:
            now: time in seconds.
            seconds: time constant; 0: there is no mean, so every reading is of the face as it is.
        """
        read_at, _ = self._means.get(self._newest, (-math.inf, ()))
        alternate = seconds > 0 and now - read_at <= _SOON * seconds
        return MIRRORED if alternate and self._newest == SINGLE else SINGLE

    def update(
        self, scores: Sequence[float], now: float, seconds: float, view: str = SINGLE
    ) -> tuple[float, ...]:
        """Take in the newest reading and return the smoothed scores; see `ScoreSmoother.update`.

        Args:
            scores: of the reading.
            now: time of the reading in seconds, never going back.
            seconds: time constant; 0 returns ``scores`` as they are.
            view: what was read.
        """
        self._newest = view
        self._means[view] = now, self._smoothers[view].update(scores, now, seconds)
        for other, (read_at, _) in list(self._means.items()):
            if other != view and (seconds <= 0 or now - read_at > 2 * _SOON * seconds):
                # Taken up again, it starts anew: what it was is long over.
                self._smoothers[other] = ScoreSmoother()
                del self._means[other]
        means = [mean for _, mean in self._means.values()]
        return tuple(sum(scores) / len(means) for scores in zip(*means, strict=True))


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


def certainty(
    scores: Sequence[float], held: int, threshold: float, *, certain: bool, seconds: float
) -> tuple[bool, float]:
    """Return whether ``held`` is certain enough for an answer, and from which score on it is.

    With that score as its threshold a reading gives the same answer.

    Args:
        scores: smoothed probabilities.
        held: index of the expression that counts.
        threshold: of the model, 0..1.
        certain: whether there was an answer until now.
        seconds: time constant of the smoothing; 0: the model's threshold counts as it is.
    """
    more = SAD_MARGIN if EMOTIONS[held] == _SAD and seconds > 0 else 0.0
    margin = HOLD_MARGIN if seconds > 0 else 0.0
    certain = scores[held] >= threshold + more - (margin if certain else 0.0)
    return certain, max(0.0, threshold + more - (margin if certain else 0.0))


class SteadyScores:
    """What is made of the readings of one face: smoothed scores, and an answer that is held.

    Attributes:
        raw: the newest scores, as the classifier gave them.
        read_at: their time in seconds; minus infinity before the first.
        smoothed: the scores that count.
        held: the index of the expression that counts, see ``hold``.
        certain: whether its score is high enough for an answer.
        threshold: the smoothed confidence from which on it is; lower for what is certain already.
    """

    def __init__(self) -> None:
        self.raw: tuple[float, ...] = ()
        self.read_at = -math.inf
        self.smoothed: tuple[float, ...] = ()
        self.held: int | None = None
        self.certain = False
        self.threshold = 0.0
        self._smoother = BothViewsSmoother()

    def next_view(self, now: float, seconds: float) -> str:
        """Return which view to read now; see `BothViewsSmoother.next_view`."""
        return self._smoother.next_view(now, seconds)

    def note(
        self,
        raw: tuple[float, ...],
        now: float,
        seconds: float,
        views: FittedViews,
        view: str = SINGLE,
    ) -> None:
        """Take in the newest reading.

        Args:
            raw: one view's probabilities that add up to 1.
            now: time of the reading in seconds.
            seconds: time constant of the smoothing; 0 for none.
            views: what is fitted to the model.
            view: what was read.
        """
        self.raw, self.read_at = raw, now
        self.smoothed = self._smoother.update(raw, now, seconds, view)
        if (counts := self._smoother.view) == MIRRORED:
            self.smoothed = tuple(views.sharpened(np.asarray(self.smoothed)).tolist())
        self.held = hold(self.held, self.smoothed, HOLD_MARGIN if seconds > 0 else 0.0)
        self.certain, self.threshold = certainty(
            self.smoothed,
            self.held,
            views.threshold(counts),
            certain=self.certain,
            seconds=seconds,
        )


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
