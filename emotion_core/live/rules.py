"""Rules on what a live stream shows, such as "happy above 80% for 2 s", and the events they make.

A rule speaks of an uninterrupted time. Where nothing is seen for at most `LONGEST_GAP` (a frame is
lost, a face is out of sight for a moment), what was so before counts as having gone on; after a
longer gap, as when the stream stood still, the time counts from zero.

A rule makes one event an episode. The next one begins once the rule's condition has clearly been
false for `ARM_AFTER`: scores that waver about a threshold make one event, not many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.readings import FaceReading
from emotion_core.sessions.events import TriggerEvent

#: Seconds: over a longer time without a look, nothing is known. Some cameras send a frame a second.
LONGEST_GAP: Final = 1.5
#: Seconds for which a condition must have been false before its rule makes another event.
ARM_AFTER: Final = 1.0
#: How far a score must fall below a rule's threshold to be clearly below.
HYSTERESIS: Final = 0.05
#: Bounds of a rule's threshold; the lower one leaves room for `HYSTERESIS`.
LOWEST_THRESHOLD: Final = 0.1
HIGHEST_THRESHOLD: Final = 0.99
#: Bounds of a rule's time in seconds.
SHORTEST: Final = 0.1
LONGEST: Final = 3600.0

# Seconds after which a face that is out of sight, and what was known of it, is forgotten.
_FORGOTTEN_AFTER: Final = 10.0


@dataclass(frozen=True)
class ExpressionRule:
    """Somebody shows an expression for some time.

    Attributes:
        emotion: one of ``EMOTIONS``.
        threshold: the smoothed score must be higher, 0.1 to 0.99.
        seconds: for how long, ``SHORTEST`` to ``LONGEST``.

    Raises:
        ValueError: a value is none of these.
    """

    emotion: str
    threshold: float
    seconds: float

    def __post_init__(self) -> None:
        if self.emotion not in EMOTIONS:
            raise ValueError(
                f"emotion: expected one of {', '.join(EMOTIONS)}, found {self.emotion}"
            )
        _check("threshold", self.threshold, LOWEST_THRESHOLD, HIGHEST_THRESHOLD)
        _check("seconds", self.seconds, SHORTEST, LONGEST)

    def __str__(self) -> str:
        return f"{self.emotion} above {100 * self.threshold:.0f}% for {self.seconds:g} s"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values for `rule_from_json`."""
        return {"kind": "expression", **asdict(self)}

    def _looks(self, readings: Sequence[tuple[int | None, FaceReading]]) -> Iterator[_Look]:
        index = EMOTIONS.index(self.emotion)
        for person, reading in readings:
            if person is None:
                continue
            score = reading.scores[index]
            clearly_below = score < self.threshold - HYSTERESIS
            yield _Look(person, score, score > self.threshold, clearly_below)


@dataclass(frozen=True)
class FaceRule:
    """There is a face in the picture for some time, or none.

    Attributes:
        present: whether there is one.
        seconds: for how long, ``SHORTEST`` to ``LONGEST``.

    Raises:
        ValueError: the time is out of its range.
    """

    present: bool
    seconds: float

    def __post_init__(self) -> None:
        _check("seconds", self.seconds, SHORTEST, LONGEST)

    def __str__(self) -> str:
        return f"{'a' if self.present else 'no'} face for {self.seconds:g} s"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values for `rule_from_json`."""
        return {"kind": "face", **asdict(self)}

    def _looks(self, readings: Sequence[tuple[int | None, FaceReading]]) -> Iterator[_Look]:
        holds = bool(readings) == self.present
        yield _Look(None, None, holds, not holds)


Rule: TypeAlias = ExpressionRule | FaceRule


def rule_from_json(content: dict[str, Any]) -> Rule:
    """Return the rule that ``to_json`` made ``content`` of.

    Raises:
        ValueError: it made none like this.
    """
    kinds: dict[str, type[Rule]] = {"expression": ExpressionRule, "face": FaceRule}
    values = dict(content)
    kind = values.pop("kind", None)
    if kind not in kinds:
        raise ValueError(f"kind: expected one of {', '.join(kinds)}, found {kind}")
    try:
        return kinds[kind](**values)
    except TypeError as error:
        raise ValueError(f"a rule of kind {kind}: {error}") from error


class RuleWatcher:
    """Applies rules to the frames of one stream; not thread-safe."""

    def __init__(self) -> None:
        self._conditions: dict[tuple[Rule, int | None], _Condition] = {}

    def observe(
        self,
        rules: Sequence[Rule],
        now: float,
        wall_clock: float,
        readings: Sequence[tuple[int | None, FaceReading]],
    ) -> list[TriggerEvent]:
        """Take in the next frame and return the events it makes.

        Args:
            rules: those that count; may change from frame to frame.
            now: time of the frame in seconds, never going back.
            wall_clock: the same in seconds since 1970.
            readings: number of the person and smoothed reading of every face in it; a face that
                has no number yet, in its first half second, counts as a face and no more.
        """
        self._forget(rules, now)
        events = []
        for rule in rules:
            for look in rule._looks(readings):
                condition = self._conditions.setdefault((rule, look.person), _Condition(now))
                if condition.fires(look, now, rule.seconds):
                    events.append(TriggerEvent(now, wall_clock, str(rule), look.person, look.score))
        return events

    def _forget(self, rules: Sequence[Rule], now: float) -> None:
        self._conditions = {
            (rule, person): condition
            for (rule, person), condition in self._conditions.items()
            if rule in rules and now - condition.looked_at <= _FORGOTTEN_AFTER
        }


@dataclass(frozen=True)
class _Look:
    """What one frame says about one rule and person."""

    person: int | None
    score: float | None
    holds: bool
    clearly_not: bool


@dataclass
class _Condition:
    """What is known about one rule and person."""

    looked_at: float
    held_since: float | None = None
    false_since: float | None = None
    fired: bool = False

    def fires(self, look: _Look, now: float, seconds: float) -> bool:
        """Take in a look; tell whether the condition has now held for ``seconds``."""
        if now - self.looked_at > LONGEST_GAP:
            self.held_since = self.false_since = None
        self.looked_at = now
        self.held_since = _since(self.held_since, look.holds, now)
        self.false_since = _since(self.false_since, look.clearly_not, now)
        if self.false_since is not None and now - self.false_since >= ARM_AFTER:
            self.fired = False
        if self.fired or self.held_since is None or now - self.held_since < seconds:
            return False
        self.fired = True
        return True


def _since(since: float | None, true: bool, now: float) -> float | None:
    if not true:
        return None
    return now if since is None else since


def _check(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{name}: expected {low:g} to {high:g}, found {value}")
