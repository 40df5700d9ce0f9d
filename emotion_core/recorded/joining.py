"""The segments of a video put together: whose face is whose, and the rows of the recording.

Two segments have both seen the seconds around where one ends and the next begins: faces that lie at
the same place there are one. Then the persons are told, as on the live page, frame by frame
(`emotion_core.faces.persons.gallery`); what is known of somebody at last is written from their
first frame on. Both go through the segments once, so that memory does not grow with the video.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.haar import is_same_place
from emotion_core.faces.persons.gallery import PersonGallery
from emotion_core.faces.persons.looks import Looks
from emotion_core.faces.readings import PersonReading
from emotion_core.faces.tracking import Track
from emotion_core.live.smoothing import HOLD_MARGIN, SteadyReading, certainty, hold
from emotion_core.models.folder import MIRRORED
from emotion_core.models.views import FittedViews, view_of
from emotion_core.recorded.segments.cutting import Segment, SegmentReadings
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.sessions.tables import FrameRecord

# Of the frames in which two segments both have a face, the share in which it lies at one place.
_SAME_SHARE: Final = 0.5
# Times are compared in so many parts of a second.
_TIME_PARTS: Final = 100_000
_ROUNDING: Final = 1e-6


@dataclass
class _Shown:
    """What a face's answer was in the frame before."""

    held: int | None = None
    certain: bool = False


@dataclass
class _Known:
    """Who a track is, from when on."""

    since: list[float] = field(default_factory=list)
    persons: list[int] = field(default_factory=list)

    def note(self, person: int, now: float) -> None:
        if not self.persons or self.persons[-1] != person:
            self.since.append(now)
            self.persons.append(person)

    def at(self, now: float) -> int:
        """Return who it is; before anybody knew, who it turned out to be."""
        place = int(np.searchsorted(self.since, now + _ROUNDING)) - 1
        return self.persons[max(0, place)]


class Joiner:
    """Makes one recording of the segments of a video.

    Args:
        load: returns what was read of the segment with this index; called twice for each.
        segments: all of them.
        settings: how the video is read.
        views: what is fitted to the model for one view of a face and for both.
        wall_clock: when the video began, in seconds since 1970.

    Attributes:
        complaint: what was wrong with the video, or ""; known once the segments were joined.
    """

    def __init__(
        self,
        load: Callable[[int], SegmentReadings],
        segments: Sequence[Segment],
        settings: RecordedSettings,
        views: FittedViews,
        wall_clock: float,
    ) -> None:
        self.complaint = ""
        self._load = load
        self._segments = segments
        self._settings = settings
        self._views = views
        self._wall_clock = wall_clock
        self._known: dict[int, _Known] = {}
        self._numbers: list[dict[int, int]] = []  # for each segment, its tracks' numbers in all
        self._identify()

    def _identify(self) -> None:
        """Go through the video once and tell who is who."""
        gallery, seen, last = PersonGallery(), Counter[int](), 0
        before: SegmentReadings | None = None
        for segment in self._segments:
            readings = self._load(segment.index)
            if before is None or before.more:
                self.complaint = readings.complaint
            linked = {} if before is None else _linked(before, readings)
            known = self._numbers[-1] if self._numbers else {}
            numbers = {own: known[other] for own, other in linked.items() if other in known}
            own = readings.own(segment)
            looks = _looks_by_frame(readings, own.start, frozenset(numbers))
            for frame in range(own.start, own.stop):
                now = float(readings.times[frame])
                tracks = []
                for row in _rows(readings, frame):
                    local = int(readings.tracks[row])
                    if local not in numbers:
                        last += 1
                        numbers[local] = last
                    tracks.append(Track(numbers[local], _box(readings, row), 0.0))
                seen_now = {
                    numbers[local]: Looks(readings.look_colours[place].astype(np.float32))
                    for local, place in looks.get(frame, {}).items()
                }
                for track, person in gallery.observe(tracks, seen_now, now).items():
                    self._known.setdefault(track, _Known()).note(person, now)
                    seen[person] += 1
            self._numbers.append(numbers)
            before = readings
        most = self._settings.people
        self._kept = None if most is None else {person for person, _ in seen.most_common(most)}

    def frames(self) -> Iterator[FrameRecord]:
        """Yield the recording, frame by frame: another time through the video."""
        shown: dict[int, _Shown] = {}
        number, tick = 0, -1
        for segment, numbers in zip(self._segments, self._numbers, strict=True):
            readings = self._load(segment.index)
            own = readings.own(segment)
            for frame in range(own.start, own.stop):
                now = float(readings.times[frame])
                faces = [
                    face
                    for row in _rows(readings, frame)
                    if (face := self._face(readings, row, now, numbers, shown)) is not None
                ]
                if (every := self._settings.every) is not None:
                    this_tick = math.floor(now / every + _ROUNDING)
                    if this_tick == tick:
                        continue
                    tick = this_tick
                number += 1
                width, height = readings.sizes[frame].tolist()
                faces.sort(key=lambda face: face.reading.box.x)
                yield FrameRecord(
                    number, now, self._wall_clock + now, (width, height), tuple(faces)
                )

    def _face(
        self,
        readings: SegmentReadings,
        row: int,
        now: float,
        numbers: dict[int, int],
        shown: dict[int, _Shown],
    ) -> PersonReading | None:
        """Return a face with the answer to show; None for one that is not to be recorded."""
        track = numbers[int(readings.tracks[row])]
        known = self._known.get(track)
        person = None if known is None else known.at(now)
        if self._kept is not None and person not in self._kept:
            return None
        smoothed = readings.scores[row].astype(np.float64)
        view = view_of(careful=bool(readings.both_views[row]))
        if view == MIRRORED:
            smoothed = self._views.sharpened(smoothed)
        scores = tuple(smoothed.tolist())
        state = shown.setdefault(track, _Shown())
        seconds = self._settings.smoothing_seconds
        state.held = hold(state.held, scores, HOLD_MARGIN if seconds > 0 else 0.0)
        state.certain, shown_from = certainty(
            scores,
            state.held,
            self._views.threshold(view),
            certain=state.certain,
            seconds=seconds,
        )
        reading = SteadyReading(_box(readings, row), scores, shown_from, held=EMOTIONS[state.held])
        return PersonReading(track, person, reading)


def _rows(readings: SegmentReadings, frame: int) -> range:
    rows = readings.rows_of(slice(frame, frame + 1))
    return range(rows.start, rows.stop)


def _box(readings: SegmentReadings, row: int) -> Box:
    return Box(*readings.boxes[row].tolist())


def _looks_by_frame(
    readings: SegmentReadings, first: int, linked: frozenset[int]
) -> dict[int, dict[int, int]]:
    """Return where in ``look_colours`` it stands what faces look like, by frame and track.

    A face that is not known from the segment before is looked at in its first own frame, if it was
    before.
    """
    found: dict[int, dict[int, int]] = {}
    for place, row in enumerate(readings.look_rows.tolist()):
        frame, track = int(readings.frames[row]), int(readings.tracks[row])
        if frame < first and track in linked:
            continue
        found.setdefault(max(frame, first), {})[track] = place
    here = {int(readings.tracks[row]) for row in _rows(readings, first)}
    if first in found:
        found[first] = {track: place for track, place in found[first].items() if track in here}
    return found


def _linked(before: SegmentReadings, after: SegmentReadings) -> dict[int, int]:
    """Return which tracks of a segment are which of the one before."""
    frames_before = {
        round(time * _TIME_PARTS): frame for frame, time in enumerate(before.times.tolist())
    }
    together, same = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for frame, time in enumerate(after.times.tolist()):
        other = frames_before.get(round(time * _TIME_PARTS))
        if other is None:
            continue
        for row in _rows(after, frame):
            for row_before in _rows(before, other):
                pair = int(after.tracks[row]), int(before.tracks[row_before])
                together[pair] += 1
                same[pair] += is_same_place(_box(after, row), _box(before, row_before))
    linked: dict[int, int] = {}
    for pair in sorted(same, key=lambda pair: (-same[pair], pair)):
        own, other = pair
        fits = same[pair] >= max(1, _SAME_SHARE * together[pair])
        if fits and own not in linked and other not in linked.values():
            linked[own] = other
    return linked
