"""One segment of a video read: its faces found, followed, scored and steadied."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face
from emotion_core.faces.finding.finders import HAAR
from emotion_core.faces.finding.search import FaceFinder
from emotion_core.faces.persons.looks import Looks, looks_of
from emotion_core.faces.readings import FaceClassifier
from emotion_core.models.views import mirror
from emotion_core.recorded.segments.cutting import Segment, SegmentReadings
from emotion_core.recorded.segments.following import Sighting, TwoWayTracker
from emotion_core.recorded.segments.pictures import OpenedFile, Picture
from emotion_core.recorded.segments.smoothing import both_views
from emotion_core.recorded.settings import RecordedSettings

#: A face is read so many times a second at most: expressions do not change faster.
READINGS_A_SECOND: Final = 15.0

# Faces that go through the network in one go, and how many such batches may wait.
_BATCH: Final = 32
_MOST_WAITING: Final = 4
# What a face looks like is noted when it is new, and then so often.
_NEW_LOOKS: Final = 3
_LOOK_AT_NEW: Final = 0.2
_LOOK_AGAIN: Final = 1.0
# Times of frames are rounded; seconds between two calls of ``progress``.
_ROUNDING: Final = 0.01
_TELL_EVERY: Final = 0.2

#: Called with the time that was reached in the video, in seconds.
TimeProgress: TypeAlias = Callable[[float], None]
_Key: TypeAlias = tuple[int, int]  # track and frame


def read_segment(
    opened: OpenedFile,
    segment: Segment,
    settings: RecordedSettings,
    classifier: FaceClassifier,
    finder: FaceFinder,
    progress: TimeProgress = lambda _: None,
) -> SegmentReadings:
    """Read a segment, from the seconds before it to those after it.

    Args:
        opened: the video, from ``segment.read_from`` on.
        segment: which one.
        settings: how to read it.
        classifier: scores the faces, in a thread of its own.
        finder: finds them; a new one, so that the result depends on nothing else.
        progress: called in this thread a few times a second; what it raises comes out.

    Raises:
        SourceError: the video cannot be read.
        ModelError: the classifier failed.
    """
    reader = _SegmentReader(settings, classifier, finder)
    more, told = False, time.monotonic()
    try:
        with closing(opened.pictures()) as pictures:
            for picture in pictures:
                if picture.time >= segment.read_to:
                    more = True
                    break
                reader.add(picture)
                if time.monotonic() - told > _TELL_EVERY:
                    progress(picture.time)
                    told = time.monotonic()
        return reader.finish(more, opened.complaint)
    finally:
        reader.close()


class _SegmentReader:
    """Takes in the frames of one segment."""

    def __init__(
        self, settings: RecordedSettings, classifier: FaceClassifier, finder: FaceFinder
    ) -> None:
        self._smoothing = settings.smoothing_seconds
        self._tracker = TwoWayTracker(
            finder, settings.smallest_face, thorough=settings.finder == HAAR
        )
        self._batches = _Batches(classifier)
        self._times: list[float] = []
        self._sizes: list[tuple[int, int]] = []
        self._boxes: dict[_Key, Box] = {}
        self._looks: dict[_Key, Looks] = {}
        self._looked: dict[int, tuple[int, float]] = {}  # how often, and when last
        self._tick = -1
        self._mirrored: dict[int, bool] = {}  # of each frame whose faces are read

    def add(self, picture: Picture) -> None:
        """Take in the next frame."""
        index = len(self._times)
        self._times.append(picture.time)
        self._sizes.append((picture.gray.shape[1], picture.gray.shape[0]))
        tick = _tick(picture.time)
        read, self._tick = tick != self._tick, tick
        if read:
            self._mirrored[index] = self._next_view(tick)
        sightings = self._tracker.update(picture.gray, picture.time, index, read=read)
        for sighting in sightings:
            key = sighting.track, sighting.index
            self._boxes[key] = sighting.box
            if sighting.gray is not None:
                crop = crop_face(sighting.gray, sighting.box)
                self._batches.add(key, mirror(crop) if self._mirrored[sighting.index] else crop)
        self._look(picture, [each for each in sightings if each.index == index])

    def _next_view(self, tick: int) -> bool:
        """Return whether faces are read in the mirror now: every other time, as on the live page.

        Without smoothing there is no mean of both views: all are read as they are.
        """
        if self._smoothing == 0:
            return False
        # Neighbouring segments begin alike.
        return tick % 2 == 1 if not self._mirrored else not next(reversed(self._mirrored.values()))

    def _look(self, picture: Picture, sightings: list[Sighting]) -> None:
        due = [each for each in sightings if self._look_is_due(each)]
        if not due:
            return
        coloured = picture.coloured()
        for sighting in due:
            count, _ = self._looked.get(sighting.track, (0, 0.0))
            self._looked[sighting.track] = count + 1, sighting.time
            self._looks[sighting.track, sighting.index] = looks_of(coloured, sighting.box)

    def _look_is_due(self, sighting: Sighting) -> bool:
        count, last = self._looked.get(sighting.track, (0, -math.inf))
        every = _LOOK_AT_NEW if count < _NEW_LOOKS else _LOOK_AGAIN
        return sighting.time - last >= every - _ROUNDING

    def finish(self, more: bool, complaint: str) -> SegmentReadings:
        """Return what was read."""
        scores = self._batches.finish()
        tracks: dict[int, dict[int, _Key]] = {}
        for key in self._boxes:
            tracks.setdefault(self._tracker.track_of(key[0]), {})[key[1]] = key
        rows: list[tuple[int, int, _Key]] = []
        smoothed: list[tuple[NDArray[np.float32], NDArray[np.bool_]]] = []
        times = np.array(self._times, np.float64)
        for track, by_frame in tracks.items():
            frames = sorted(by_frame)
            read = [frame for frame in frames if by_frame[frame] in scores]
            if not read:
                continue  # gone before it could be read
            rows += [(frame, track, by_frame[frame]) for frame in frames]
            own = np.stack([scores[by_frame[frame]] for frame in read])
            views = np.array([self._mirrored[frame] for frame in read])
            smoothed.append(both_views(times[read], own, views, times[frames], self._smoothing))
        return self._assembled(rows, smoothed, times, more, complaint)

    def _assembled(
        self,
        rows: list[tuple[int, int, _Key]],
        smoothed: list[tuple[NDArray[np.float32], NDArray[np.bool_]]],
        times: NDArray[np.float64],
        more: bool,
        complaint: str,
    ) -> SegmentReadings:
        order = sorted(range(len(rows)), key=lambda row: rows[row][:2])
        boxes = [self._boxes[rows[row][2]] for row in order]
        looked = [place for place, row in enumerate(order) if rows[row][2] in self._looks]
        every = np.concatenate(
            [np.empty((0, len(EMOTIONS)), np.float32), *(scores for scores, _ in smoothed)]
        )
        both = np.concatenate([np.empty(0, np.bool_), *(both for _, both in smoothed)])
        colours = [self._looks[rows[order[place]][2]].colours for place in looked]
        return SegmentReadings(
            times=times,
            sizes=np.array(self._sizes, np.int32).reshape(-1, 2),
            frames=np.array([rows[row][0] for row in order], np.int32),
            tracks=np.array([rows[row][1] for row in order], np.int32),
            boxes=np.array(
                [(box.x, box.y, box.width, box.height) for box in boxes], np.int32
            ).reshape(-1, 4),
            scores=every[order],
            both_views=both[order],
            look_rows=np.array(looked, np.int32),
            look_colours=np.array(colours, np.float16).reshape(-1, 3, 4096),
            more=more,
            complaint=complaint,
        )

    def close(self) -> None:
        """End the thread."""
        self._batches.close()


def _tick(seconds: float) -> int:
    """Number the times at which faces are read, from the start of the video wherever one begins."""
    return math.floor(seconds * READINGS_A_SECOND + _ROUNDING)


class _Batches:
    """Reads faces in a thread of its own, always so many in one go.

    What a network says of a face may differ in its last digits with how many others it is read
    with: they are the same ones each time a segment is read.
    """

    def __init__(self, classifier: FaceClassifier) -> None:
        self._classifier = classifier
        self._thread = ThreadPoolExecutor(1, "recorded-reading")
        self._keys: list[_Key] = []
        self._crops: list[NDArray[np.uint8]] = []
        self._waiting: deque[tuple[list[_Key], Future[NDArray[np.float32]]]] = deque()
        self._scores: dict[_Key, NDArray[np.float32]] = {}

    def add(self, key: _Key, crop: NDArray[np.uint8]) -> None:
        """Have a face read: its crop, uint8 ``[48, 48]``."""
        self._keys.append(key)
        self._crops.append(crop)
        if len(self._keys) == _BATCH:
            self._hand_over()

    def finish(self) -> dict[_Key, NDArray[np.float32]]:
        """Return the scores of all faces."""
        if self._keys:
            self._hand_over()
        while self._waiting:
            self._take()
        return self._scores

    def close(self) -> None:
        """End the thread; what waits is not read."""
        self._thread.shutdown(cancel_futures=True)

    def _hand_over(self) -> None:
        crops = np.stack(self._crops)
        self._waiting.append(
            (self._keys, self._thread.submit(self._classifier.predict_scores, crops))
        )
        self._keys, self._crops = [], []
        while len(self._waiting) > _MOST_WAITING:
            self._take()

    def _take(self) -> None:
        keys, future = self._waiting.popleft()
        self._scores.update(zip(keys, future.result(), strict=True))
