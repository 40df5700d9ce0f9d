"""The persons of one video: a face that comes back gets its number again.

A tracker follows a face until it is lost; who turns away, leaves or is hidden comes back as another
track. Here tracks become persons. As in DeepSORT (Wojke, Bewley and Paulus 2017, "Simple online
and realtime tracking with a deep association metric") a track is tentative first: it gets a number
once it is half a second old, so that what was no face, or only passed, gets none. It is then
compared with everybody who has been seen and is not in view. Two who were ever in view at the same
time are two persons, whatever they look like.

A person too many is a smaller fault than two taken for one: who cannot be told is somebody new.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.persons.looks import Looks, difference, looks_of, mixed
from emotion_core.faces.tracking import Track

#: Seconds for which a track is tentative; what lasts less is no person.
CONFIRM_AFTER: Final = 0.5

# Seconds between two looks at a tentative face, and at a person's.
_LOOK_AT_NEW: Final = 0.2
_LOOK_AGAIN: Final = 1.0
# Weight of a new look in what is known of a person: less where it differs much, for then somebody
# may stand in front, or the light has changed.
_USUAL_WEIGHT: Final = 0.2
_STRANGE_WEIGHT: Final = 0.05
_STRANGE: Final = 0.15

# Most persons that are remembered, those seen last; a track out of view is remembered so long.
_MOST_PERSONS: Final = 32
_FORGET_TRACK_AFTER: Final = 2.0

# Who was lost so many seconds ago, so many sides of the face away and of a like size, needs to look
# alike less: who turns round stays where they are.
_NEAR_SECONDS: Final = 4.0
_NEAR_SIDES: Final = 1.5
_NEAR_SIZES: Final = 1.6

# Largest difference of looks of one person: near or not, with clothes in the picture or without.
# See ``benchmarks/persons.py`` for what they were chosen by.
_LARGEST: Final = {
    (True, True): 0.16,
    (False, True): 0.12,
    (True, False): 0.10,
    (False, False): 0.04,
}
# Largest difference of face or clothes alone: a shirt that another one wears too is no proof.
_LARGEST_PART: Final = 0.25
# How far the best match must be ahead of another person's who was in view with them, in shares of
# the largest difference; and what the distance between the places, up to so many sides, adds.
_AHEAD: Final = 0.2
_PLACE_WEIGHT: Final = 0.4
_FARTHEST: Final = 3.0


@dataclass
class _Sight:
    """What is known of one track."""

    since: float
    seen_at: float
    box: Box
    looks: Looks | None = None
    count: int = 0
    looked_at: float = -math.inf
    person: _Person | None = None

    def due(self, now: float) -> float:
        """Return for how long another look has been due, in shares of the time between two."""
        every = _LOOK_AT_NEW if self.person is None else _LOOK_AGAIN
        return (now - self.looked_at) / every

    def look(self, looks: Looks, now: float) -> None:
        self.looked_at = now
        self.count += 1
        self.looks = looks if self.looks is None else mixed(self.looks, looks, 1 / self.count)


@dataclass
class _Person:
    """What is known of one person."""

    number: int
    looks: Looks
    box: Box
    seen_at: float
    track: int
    #: Numbers of those who were in view at the same time: somebody else for certain.
    others: set[int] = field(default_factory=set)

    def look(self, looks: Looks) -> None:
        differs = difference(self.looks, looks)
        strange = differs is None or differs.mean > _STRANGE
        self.looks = mixed(self.looks, looks, _STRANGE_WEIGHT if strange else _USUAL_WEIGHT)


class PersonGallery:
    """Gives the tracks of one video the numbers of persons; not thread-safe.

    What people look like is in memory only, until `forget`; see
    `emotion_core.faces.persons.looks`.

    Args:
        last_number: the numbers go on after this one.
    """

    def __init__(self, last_number: int = 0) -> None:
        self._last_number = last_number
        self.forget()

    @property
    def last_number(self) -> int:
        """The highest number given so far; 0 before the first."""
        return self._last_number

    def forget(self) -> None:
        """Forget everybody, as when another video begins; numbers go on."""
        self._sights: dict[int, _Sight] = {}
        self._persons: list[_Person] = []

    def update(
        self, image: NDArray[np.uint8], tracks: Sequence[Track], now: float
    ) -> dict[int, int]:
        """Return the person's number for each track of the next frame that is not tentative.

        Takes at most one look at a face, a fifth of a millisecond; mostly none.

        Args:
            image: the frame, uint8 ``[H, W, 3]`` BGR or ``[H, W]`` grey.
            tracks: the faces in it.
            now: its time in seconds, never going back.
        """
        here = {track.id: self._sighted(track, now) for track in tracks}
        self._look(image, tracks, now)
        return self._known(here, now)

    def observe(
        self, tracks: Sequence[Track], looks: Mapping[int, Looks], now: float
    ) -> dict[int, int]:
        """Do as `update` does where others have looked at the faces.

        Args:
            tracks: the faces in the next frame.
            looks: by track, of the faces that were looked at in it.
            now: its time in seconds, never going back.
        """
        here = {track.id: self._sighted(track, now) for track in tracks}
        for number, look in looks.items():
            self._note(here[number], look, now)
        return self._known(here, now)

    def _known(self, here: Mapping[int, _Sight], now: float) -> dict[int, int]:
        for sight in here.values():
            if sight.person is not None:
                sight.person.box, sight.person.seen_at = sight.box, now
        new = {
            number: sight
            for number, sight in here.items()
            if sight.person is None
            and sight.looks is not None
            and now - sight.since >= CONFIRM_AFTER - 1e-6
        }
        if new:
            self._identify(new, now)
            in_view = [sight.person for sight in here.values() if sight.person is not None]
            for person in in_view:
                person.others |= {other.number for other in in_view if other is not person}
        self._sights = {
            number: sight
            for number, sight in self._sights.items()
            if now - sight.seen_at <= _FORGET_TRACK_AFTER
        }
        return {
            number: sight.person.number
            for number, sight in here.items()
            if sight.person is not None
        }

    def _sighted(self, track: Track, now: float) -> _Sight:
        sight = self._sights.setdefault(track.id, _Sight(now, now, track.box))
        if sight.person is not None and sight.person.track != track.id:
            # While it was lost, another track was taken for this person.
            sight = self._sights[track.id] = _Sight(now, now, track.box)
        sight.seen_at, sight.box = now, track.tilted_box
        return sight

    def _look(self, image: NDArray[np.uint8], tracks: Iterable[Track], now: float) -> None:
        """Look at the face that needs it most, if any does."""
        waiting = (self._sights[track.id] for track in tracks)
        sight = max(waiting, key=lambda sight: sight.due(now), default=None)
        if sight is None or sight.due(now) < 1:
            return
        self._note(sight, looks_of(image, sight.box), now)

    def _note(self, sight: _Sight, looks: Looks, now: float) -> None:
        sight.look(looks, now)
        if sight.person is not None:
            sight.person.look(looks)

    def _identify(self, new: dict[int, _Sight], now: float) -> None:
        """Give new tracks to persons, those that fit best first."""
        while new:
            costs = {number: self._costs(sight) for number, sight in new.items()}
            number = min(new, key=lambda number: costs[number][0][0])
            (best, person), *others = costs[number]
            sight = new.pop(number)
            if person is None or any(
                cost - best < _AHEAD and other is not None and other.number in person.others
                for cost, other in others
            ):
                person = self._somebody_new(sight)
            person.track, person.box, person.seen_at = number, sight.box, now
            sight.person = person

    def _costs(self, sight: _Sight) -> list[tuple[float, _Person | None]]:
        """Return who the face may be of, the likeliest first; None, nobody, comes last."""
        costs: list[tuple[float, _Person | None]] = [(math.inf, None)]
        for person in self._persons:
            # Who was in view since the face is there is somebody else.
            if person.seen_at < sight.since and (cost := _cost(person, sight)) is not None:
                costs.append((cost, person))
        return sorted(costs, key=lambda each: each[0])

    def _somebody_new(self, sight: _Sight) -> _Person:
        assert sight.looks is not None
        self._last_number += 1
        person = _Person(self._last_number, sight.looks, sight.box, sight.seen_at, 0)
        self._persons.append(person)
        if len(self._persons) > _MOST_PERSONS:
            self._persons.remove(min(self._persons, key=lambda person: person.seen_at))
        return person


def _cost(person: _Person, sight: _Sight) -> float | None:
    """Return how much speaks against the face being this person's, from 0; None if too much."""
    assert sight.looks is not None
    (x, y), (old_x, old_y) = sight.box.center, person.box.center
    side = max(sight.box.width, person.box.width)
    sides = math.hypot(x - old_x, y - old_y) / side
    near = (
        sight.since - person.seen_at <= _NEAR_SECONDS
        and sides <= _NEAR_SIDES
        and side <= _NEAR_SIZES * min(sight.box.width, person.box.width)
    )
    dressed = sight.looks.with_clothes and person.looks.with_clothes
    differs = difference(sight.looks, person.looks)
    if differs is None or differs.largest > _LARGEST_PART:
        return None
    share = differs.mean / _LARGEST[near, dressed]
    return None if share > 1 else share + _PLACE_WEIGHT * min(1.0, sides / _FARTHEST)
