"""Who has one of the places for live viewers, and who waits for one."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

#: Seconds in which whoever's turn it is has to start; then it is the next one's.
SECONDS_TO_START: Final = 60.0
#: A viewer without a frame for so long has left: the tab is closed, or its network is gone.
SECONDS_UNTIL_GONE: Final = 10.0
#: Whoever waits and is not heard of for so long has left the line.
SECONDS_UNTIL_FORGOTTEN: Final = 20.0

#: ... and for so long, is passed over when a place is free: their tab may just have been closed.
SECONDS_UNTIL_PASSED_OVER: Final = 6.0

# Of so many stays the mean tells how long people stay.
_STAYS: Final = 50


class Viewer(Protocol):
    """What a place needs of `emotion_core.live.session.LiveSession`."""

    @property
    def frames(self) -> int:
        """Frames up to now."""

    @property
    def last_frame_time(self) -> float | None:
        """When the newest one was there, on the monotonic clock; None once the stream ended."""


@dataclass(frozen=True)
class Turn:
    """How a viewer stands.

    Attributes:
        has_place: whether they may stream.
        position: their place in the line, from 1; 0 for whoever is not in it.
        seconds: about how long they still wait, from how long others stay; None as long as nobody
            knows.
        missed: whether it was their turn, and they did not start.
        called: whether they have a place because it was their turn, and have not started yet.
    """

    has_place: bool
    position: int = 0
    seconds: float | None = None
    missed: bool = False
    called: bool = False


class _Place:
    """That of one viewer, from when they may start until they have left."""

    def __init__(self, viewer: Viewer, now: float) -> None:
        self._frames = viewer.frames
        self.granted = now
        self.started: float | None = None

    def is_over(self, viewer: Viewer | None, now: float) -> bool:
        """Tell whether the viewer has left."""
        if viewer is None:
            return True
        if self.started is None and viewer.frames > self._frames:
            self.started = now
        if self.started is None:
            return now - self.granted >= SECONDS_TO_START
        newest = viewer.last_frame_time
        return newest is None or now - newest >= SECONDS_UNTIL_GONE


class Line:
    """Gives places to viewers in the order in which they asked; may be used from any thread.

    Viewers are those of the sessions that it is told of, and forgotten with them.

    Args:
        clock: seconds from any fixed point, never going back; the viewers' own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: weakref.WeakSet[Viewer] = weakref.WeakSet()
        self._places: weakref.WeakKeyDictionary[Viewer, _Place] = weakref.WeakKeyDictionary()
        self._waiting: dict[weakref.ref[Viewer], float] = {}  # in their order: when last heard of
        self._missed: weakref.WeakSet[Viewer] = weakref.WeakSet()
        self._stays: deque[float] = deque(maxlen=_STAYS)

    def add(self, viewer: Viewer) -> None:
        """Know this viewer from now on; counted as soon as they stream."""
        with self._lock:
            self._known.add(viewer)

    def streaming(self) -> list[Viewer]:
        """Return the viewers whose frames come."""
        with self._lock:
            now = self._clock()
            return [each for each in self._known if _streams(each, now)]

    @property
    def taken(self) -> int:
        """How many places are taken, by those too who are about to start."""
        with self._lock:
            self._look(self._clock())
            return len(self._places)

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            self._look(self._clock())
            return len(self._waiting)

    @property
    def mean_stay(self) -> float | None:
        """How long viewers stay, in seconds; None as long as none has left."""
        with self._lock:
            return self._mean_stay(self._clock())

    def look(self, viewer: Viewer, limit: int) -> Turn:
        """Return how a viewer stands who has not asked to start; to be asked again while they wait.

        Args:
            viewer: whose page it is.
            limit: how many places there are.
        """
        with self._lock:
            now = self._clock()
            self._look(now)
            reference = weakref.ref(viewer)
            if reference in self._waiting:
                self._waiting[reference] = now
            self._call(limit, now)
            return self._turn(viewer, limit, now)

    def ask(self, viewer: Viewer, limit: int) -> Turn:
        """Give a viewer a place, or let them wait for one."""
        with self._lock:
            now = self._clock()
            self._look(now)
            self._missed.discard(viewer)
            if viewer not in self._places:
                self._waiting[weakref.ref(viewer)] = now
            self._call(limit, now)
            return self._turn(viewer, limit, now)

    def leave(self, viewer: Viewer) -> None:
        """Let a viewer give their place, or their place in the line, back."""
        with self._lock:
            self._waiting.pop(weakref.ref(viewer), None)
            self._end(viewer, self._clock())

    def _look(self, now: float) -> None:
        """Note who has come, who has left, and who has given up waiting."""
        for viewer in list(self._known):
            if viewer not in self._places and _streams(viewer, now):
                # Whoever streams has a place: a camera in the network may have come back.
                self._places[viewer] = place = _Place(viewer, now)
                place.started = now
                self._waiting.pop(weakref.ref(viewer), None)
        for viewer, place in list(self._places.items()):
            if place.is_over(viewer, now):
                if place.started is None:
                    self._missed.add(viewer)
                self._end(viewer, now)
        self._waiting = {
            reference: heard
            for reference, heard in self._waiting.items()
            if reference() is not None and now - heard < SECONDS_UNTIL_FORGOTTEN
        }

    def _end(self, viewer: Viewer, now: float) -> None:
        place = self._places.pop(viewer, None)
        if place is not None and place.started is not None:
            self._stays.append(now - place.started)

    def _call(self, limit: int, now: float) -> None:
        """Give free places to those who have waited longest, of those who are still there."""
        for reference in self._there(now):
            if len(self._places) >= limit:
                return
            del self._waiting[reference]
            if (viewer := reference()) is not None:
                self._places[viewer] = _Place(viewer, now)

    def _there(self, now: float) -> list[weakref.ref[Viewer]]:
        """Return those in the line whose pages were heard of just now, in their order."""
        waiting = self._waiting.items()
        return [each for each, heard in waiting if now - heard < SECONDS_UNTIL_PASSED_OVER]

    def _turn(self, viewer: Viewer, limit: int, now: float) -> Turn:
        missed = viewer in self._missed
        if (place := self._places.get(viewer)) is not None:
            return Turn(has_place=True, called=place.started is None)
        line = list(self._waiting)
        reference = weakref.ref(viewer)
        if reference not in line:
            # Whoever only looks may start where there is room for one more.
            free = len(self._places) + len(self._there(now)) < limit
            return Turn(has_place=free and not missed, missed=missed)
        position = line.index(reference) + 1
        return Turn(False, position, self._wait(position, limit, now))

    def _wait(self, position: int, limit: int, now: float) -> float | None:
        """Return about how long whoever is at ``position`` waits.

        As if people left at any moment with the same chance (an exponential distribution): of so
        many who stay so long in the mean, one leaves every so many seconds, however long each has
        been there.
        """
        stay = self._mean_stay(now)
        over = max(0, len(self._places) - limit)  # the limit has sunk: these leave first
        return None if stay is None else (position + over) * stay / max(1, len(self._places))

    def _mean_stay(self, now: float) -> float | None:
        """Return the mean stay, those counted who are still there (Epstein and Sobel 1953)."""
        if not self._stays:
            return None
        begun = (place.started for place in self._places.values())
        there = sum(now - started for started in begun if started is not None)
        return (sum(self._stays) + there) / len(self._stays)


def _streams(viewer: Viewer, now: float) -> bool:
    newest = viewer.last_frame_time
    return newest is not None and now - newest < SECONDS_UNTIL_GONE
