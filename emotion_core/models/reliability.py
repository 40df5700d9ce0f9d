"""How often a model's answers are right, for those who read them one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from emotion_core.emotions import EMOTIONS
from emotion_core.models.folder import MIRRORED, ModelCard

#: Fewer answers than this say little about the next one.
LEAST_ANSWERS: Final = 20


@dataclass(frozen=True)
class Reliability:
    """How often a model is right when it names an expression.

    Attributes:
        precision: share 0..1 of right ones among these answers.
        answers: how many there were.
        data: the images they were given on.
    """

    precision: float
    answers: int
    data: str

    @property
    def of_ten(self) -> str:
        """How many of ten such answers are right, such as "6 of 10"."""
        if self.precision >= 0.95:
            return "more than 9 of 10"
        if self.precision < 0.05:
            return "fewer than 1 of 10"
        return f"{max(1, round(10 * self.precision))} of 10"


def reliability_of(card: ModelCard, emotion: str) -> Reliability | None:
    """Return how often a model's answer ``emotion`` was right on the images it was measured on.

    Answers below the certainty threshold count too, so those above it are right a little more
    often. None where the card does not say, or tells of fewer than ``LEAST_ANSWERS``.
    """
    try:
        precision = float(card.metrics["per_class"][emotion]["precision"])
        place = EMOTIONS.index(emotion)
        answers = sum(int(row[place]) for row in card.metrics["confusion"])
        data = card.measured_on
    except (KeyError, IndexError, TypeError, ValueError):
        return None  # nothing was measured of it yet, as it was imported
    if card.metrics.get("view") == MIRRORED:
        data += ", each with its mirror image,"
    known = bool(data) and answers >= LEAST_ANSWERS and 0 <= precision <= 1
    return Reliability(precision, answers, data) if known else None
