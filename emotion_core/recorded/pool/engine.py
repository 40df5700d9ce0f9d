"""What reads parts of videos for the pool: a number of *hands*, each of which does one at a time.

There are two: `emotion_core.recorded.pool.processes` and `emotion_core.recorded.cluster.engine`.
Both have every part done by an `emotion_core.recorded.pool.worker.Worker`, so that it makes no
difference to the rows which of them it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Told:
    """What a hand has to say; exactly one of the other four is given.

    Attributes:
        hand: its number.
        share: how much of its part is done, 0 to 1.
        answer: it is done: what the worker answers.
        problem: it cannot be done, whoever tries: one line that says why.
        lost: the hand is gone, for a reason that lies outside the work; another may do the part.
    """

    hand: int
    share: float | None = None
    answer: dict[str, Any] | None = None
    problem: str | None = None
    lost: str | None = None


class Engine(Protocol):
    """Has parts of videos done; for one thread, which closes it."""

    @property
    def tries(self) -> int:
        """How often a part is given to somebody at most, where hands are lost with it."""

    def free(self) -> list[int]:
        """Return the numbers of the hands that wait for something to do."""

    def give(self, hand: int, request: dict[str, Any]) -> None:
        """Have a free hand do what `Worker.answer` is to do."""

    def told(self, seconds: float) -> list[Told]:
        """Return what hands have said since the last call; wait for it so long at most.

        Raises:
            OSError, EmotionCoreError: there are no hands, and there will be none.
        """

    def about(self) -> str:
        """Return who is at work, in words for a line about the progress; often ""."""

    def close(self) -> None:
        """End all hands; what they are at is not done."""
