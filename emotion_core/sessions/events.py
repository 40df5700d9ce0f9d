"""What a rule of the live page tells, and a session records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TriggerEvent:
    """A rule's condition has held for its time.

    Attributes:
        time: when, in seconds of the live session's clock.
        wall_clock: the same in seconds since 1970.
        rule: the rule in words.
        person: number of the person whom it is about; None where it is about all of them.
        score: the score that a rule on an expression asks for, at that time; else None.
    """

    time: float
    wall_clock: float
    rule: str
    person: int | None = None
    score: float | None = None

    @property
    def label(self) -> str:
        """The rule in words, and whom it is about."""
        return self.rule if self.person is None else f"{self.rule}, person {self.person}"
