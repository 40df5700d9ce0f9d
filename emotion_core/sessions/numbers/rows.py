"""A session's numbers as flat rows, as JSON, and as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.quantities import percent
from emotion_core.sessions.numbers.measures import PersonNumbers, RangeNumbers
from emotion_core.sessions.numbers.resampling import Estimate

#: Columns of `to_rows`. Shares and scores are 0..1 with both ends of their 95% interval, times are
#: in seconds; what is not known is empty.
COLUMNS: Final = (
    *("session", "range", "person", "name", "answer", "seconds_seen", "frames"),
    *("share", "share_low", "share_high", "score", "score_low", "score_high"),
    *("episodes", "episode_seconds", "latency", "latencies"),
    *("answered", "answered_low", "answered_high", "block_seconds"),
    *("range_seconds", "range_frames", "no_face_frames", "no_face_seconds"),
)


def written(estimate: Estimate) -> str:
    """Return a share or score with its interval, as "41.6% (38.2 to 45.0)"."""
    value = percent(estimate.value, 1)
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def to_rows(numbers: Sequence[RangeNumbers], session: str = "") -> list[dict[str, Any]]:
    """Return numbers as flat rows, by ``COLUMNS``: one a range, person and answer.

    Args:
        numbers: of a session.
        session: its id.
    """
    return [
        {
            "session": session,
            "range": part.label,
            "person": person.person,
            "name": person.name,
            "answer": each.answer,
            "seconds_seen": person.seconds,
            "frames": person.frames,
            **_estimate("share", each.share),
            **_estimate("score", each.score),
            "episodes": None if each.answer == UNCERTAIN else each.episodes,
            "episode_seconds": each.episode_seconds,
            "latency": each.latency,
            "latencies": each.latencies,
            **_estimate("answered", person.answered),
            "block_seconds": person.block_seconds,
            "range_seconds": part.seconds,
            "range_frames": part.frames,
            "no_face_frames": part.no_face_frames,
            "no_face_seconds": part.no_face_seconds,
        }
        for part in numbers
        for person in part.persons
        for each in person.answers
    ]


def to_json(numbers: Sequence[RangeNumbers]) -> list[dict[str, Any]]:
    """Return numbers as plain JSON values, transitions included."""
    return [
        {
            "range": part.label,
            "times": [[each.start, each.end] for each in part.times],
            "seconds": part.seconds,
            "frames": part.frames,
            "no_face_frames": part.no_face_frames,
            "no_face_seconds": part.no_face_seconds,
            "persons": [_person_json(person) for person in part.persons],
        }
        for part in numbers
    ]


def _person_json(person: PersonNumbers) -> dict[str, Any]:
    return {
        "person": person.person,
        "name": person.name,
        "seconds_seen": person.seconds,
        "frames": person.frames,
        **_estimate("answered", person.answered),
        "block_seconds": person.block_seconds,
        "answers": {
            each.answer: {
                **_estimate("share", each.share),
                **(_estimate("score", each.score) if each.score else {}),
                "episodes": each.episodes,
                "episode_seconds": each.episode_seconds,
                "latency": each.latency,
                "latencies": each.latencies,
            }
            for each in person.answers
        },
        "transitions": {
            before: {after: int(count) for after, count in zip(EMOTIONS, row, strict=True) if count}
            for before, row in zip(EMOTIONS, person.transitions, strict=True)
            if row.any()
        },
    }


def _estimate(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    if estimate is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
