"""From the frames of a video to numbered faces with steady scores."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_faces
from emotion_core.faces.finding.finders import live_finder
from emotion_core.faces.finding.search import FaceFinder
from emotion_core.faces.persons.gallery import PersonGallery
from emotion_core.faces.pictures.images import to_gray
from emotion_core.faces.readings import FaceClassifier, FaceReading
from emotion_core.faces.tracking import FaceTracker, Track
from emotion_core.live.background import BackgroundReading, Crop, Judge, live_classifier
from emotion_core.live.smoothing import SteadyReading, SteadyScores
from emotion_core.models.folder import MIRRORED, SINGLE
from emotion_core.models.views import mirror

# Faces read in a frame that searched for none, if reading them takes no more than this share of the
# time between two frames. With a slower network or machine it is one: more would cost frames.
_READ_PER_FRAME: Final = 2
_READING_SHARE: Final = 1 / 8
# Weight of the newest measurement in the time that a face takes.
_NEWEST: Final = 0.1
# Seconds for which a reading is new: expressions do not change faster. Punctual frames come a
# little early now and then.
_NEW_FOR: Final = 1 / 15 - 0.005
# Seconds after which a face is read even in a frame that searched.
_READ_AGAIN_AFTER: Final = 0.25
# Seconds for which a face that is out of sight is remembered: the tracker's time and some more.
_REMEMBERED: Final = 2.0


@dataclass(frozen=True)
class LiveFace:
    """One face of one frame.

    Attributes:
        id: the same as long as the face is followed; see ``emotion_core.faces.tracking.Track``.
        raw: the newest scores as the classifier gave them, up to a quarter of a second old; with
            a slow one older by the time that it takes.
        smoothed: the scores to show.
        person: the same when they come back, see ``emotion_core.faces.persons.gallery``; None in
            the first half second, while it may be no face at all.
    """

    id: int
    raw: FaceReading
    smoothed: FaceReading
    person: int | None = None

    @property
    def box(self) -> Box:
        """Where the face is, in pixels of the frame."""
        return self.smoothed.box

    def moved_to(self, box: Box) -> LiveFace:
        """Return this face at ``box``."""
        smoothed = replace(self.smoothed, box=box)
        return replace(self, raw=replace(self.raw, box=box), smoothed=smoothed)


@dataclass
class _Memory:
    """What is remembered of a face from frame to frame."""

    seen_at: float
    scores: SteadyScores = field(default_factory=SteadyScores)


class LiveFaceReader:
    """Finds, follows and reads the faces of one video; not thread-safe.

    A new face is read at once. After that the faces take turns, and frames that searched for
    faces read none, so that no frame is slow. Every other reading of a face is of its mirror image,
    see ``BothViewsSmoother``. A slow classifier reads in a thread of its own, always the newest
    picture of a face: no frame waits for it, a new face is there from its first answer on, and the
    last answer holds until the next.

    Args:
        classifier: scores the crops of faces; a slow one says so, as `EmotionClassifier` does, by
            ``seconds_a_face``.
        tracker: follows the faces; one with Haar cascades when left out.
        certainty_threshold: confidence 0..1 below which a face's expression is "uncertain".
        clock: seconds from any fixed point; tells how long a face takes to read.
    """

    def __init__(
        self,
        classifier: FaceClassifier,
        tracker: FaceTracker | None = None,
        certainty_threshold: float = 0.0,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.tracker = tracker or FaceTracker()
        self._gallery = PersonGallery()
        self._wanted = self._used = Judge.of(classifier, certainty_threshold)
        self._memories: dict[int, _Memory] = {}
        self._clock = clock
        self._seconds_a_face = 0.0
        self._last_frame = 0.0

    @property
    def classifier(self) -> FaceClassifier:
        """What reads the faces, from the next frame on at the latest."""
        return self._wanted.classifier

    def use_classifier(self, classifier: FaceClassifier, certainty_threshold: float = 0.0) -> None:
        """Read with another classifier from the next frame on; may be called from any thread.

        Faces keep their numbers; their scores start anew, since those of two models do not mix.

        Args:
            classifier: warmed up, and used by this reader alone.
            certainty_threshold: see the class.
        """
        self._wanted = Judge.of(classifier, certainty_threshold)

    def use_finder(self, finder: FaceFinder) -> None:
        """Find faces another way from the next frame on; see `FaceTracker.use_finder`."""
        self.tracker.use_finder(finder)

    @classmethod
    def load(cls, model_dir: Path | None = None) -> LiveFaceReader:
        """Return a reader with the model in ``model_dir`` (the shipped one when left out), warm.

        YuNet finds the faces if the environment names its file, else the usual finder of
        `emotion_core.faces.finding.finders`.

        Raises:
            ModelError: the folder holds no usable model, or YuNet's file cannot be used.
        """
        tracker = FaceTracker(live_finder())
        classifier = live_classifier(model_dir)
        return cls(classifier, tracker, classifier.card.certainty_threshold)

    def reset(self) -> None:
        """Forget all faces, as when another video begins."""
        self.tracker.reset()
        self._gallery.forget()
        self._memories.clear()
        if (background := self._used.background) is not None:
            background.forget()

    def read(
        self,
        image: NDArray[np.uint8],
        now: float,
        smoothing: float,
        smallest_face: float,
        coloured: NDArray[np.uint8] | None = None,
    ) -> list[LiveFace]:
        """Return the faces of the next frame, the longest known first.

        Args:
            image: uint8 ``[H, W, 3]`` BGR or ``[H, W]`` grey; the size may change.
            now: time of the frame in seconds, never going back.
            smoothing: time constant of the scores in seconds; 0 for none.
            smallest_face: side of the smallest face, as a share of the picture's shorter side.
            coloured: the same picture, BGR, where ``image`` is grey: colours tell people apart.

        Raises:
            ModelError: a slow model failed, or took too long for a face.
        """
        if self._used is not self._wanted:
            if (background := self._used.background) is not None:
                background.close()
            self._used = self._wanted
            self._memories.clear()
            self._seconds_a_face = 0.0
        self.tracker.smallest_face = smallest_face
        gray = to_gray(image)
        tracks = self.tracker.update(gray, now)
        persons = self._gallery.update(image if coloured is None else coloured, tracks, now)
        if (background := self._used.background) is None:
            due = self._due(tracks, now)
            viewed = [self._next_view(track.id, now, smoothing) for track in due]
            for track, view, row in zip(due, viewed, self._scores(gray, due, viewed), strict=True):
                self._note(track.id, row, now, smoothing, view)
        else:
            self._read_in(background, gray, tracks, now, smoothing)
        self._last_frame = now
        tracks = [track for track in tracks if track.id in self._memories]
        for track in tracks:
            self._memories[track.id].seen_at = now
        self._memories = {
            number: memory
            for number, memory in self._memories.items()
            if now - memory.seen_at <= _REMEMBERED
        }
        return [self._face(track, persons.get(track.id)) for track in tracks]

    def forget_persons(self) -> None:
        """Forget what everybody looks like; may be called from any thread, unlike ``reset``."""
        # A frame that is being read goes on with the old one, which nobody has after that.
        self._gallery = PersonGallery(self._gallery.last_number)

    def hidden_places(self) -> list[Box]:
        """Return where, in the newest frame, a face is, may be, or has just been lost."""
        return self.tracker.places

    def _due(self, tracks: Sequence[Track], now: float) -> list[Track]:
        """Return the faces to read in this frame: new ones, and those read longest ago."""
        rested = self._rested(tracks, now)
        new = [track for track in rested if track.id not in self._memories]
        known = rested[len(new) :]
        if not self.tracker.searched:
            return [*new, *known[: max(0, self._affordable(now) - len(new))]]
        old = now - _READ_AGAIN_AFTER
        return [*new, *(track for track in known[:1] if self._read_at(track.id) <= old)]

    def _read_in(
        self,
        background: BackgroundReading,
        gray: NDArray[np.uint8],
        tracks: Sequence[Track],
        now: float,
        smoothing: float,
    ) -> None:
        """Note the answers that have come, and offer the faces of this frame, the oldest first."""
        here = {track.id for track in tracks}
        for answer in background.take():
            if answer.number in here or answer.number in self._memories:
                self._note(answer.number, answer.scores, answer.shown_at, smoothing, answer.view)
        due = [track for track in self._rested(tracks, now) if track.id != background.reading]
        # One to read next, and one in case that is done before the next frame.
        due = due[:_READ_PER_FRAME]
        viewed = [self._next_view(track.id, now, smoothing) for track in due]
        background.offer(
            [
                Crop(track.id, crop, now, view)
                for track, view, crop in zip(due, viewed, _crops(gray, due, viewed), strict=True)
            ]
        )

    def _rested(self, tracks: Sequence[Track], now: float) -> list[Track]:
        """Return the faces without a new reading: those without any, then the oldest first."""
        rested = [track for track in tracks if now - self._read_at(track.id) >= _NEW_FOR]
        return sorted(rested, key=lambda track: self._read_at(track.id))

    def _read_at(self, number: int) -> float:
        return self._memories[number].scores.read_at if number in self._memories else -np.inf

    def _next_view(self, number: int, now: float, smoothing: float) -> str:
        memory = self._memories.get(number)
        return SINGLE if memory is None else memory.scores.next_view(now, smoothing)

    def _affordable(self, now: float) -> int:
        """Return how many faces this frame has the time to read, one at least."""
        time_to_read = _READING_SHARE * (now - self._last_frame)
        return _READ_PER_FRAME if _READ_PER_FRAME * self._seconds_a_face <= time_to_read else 1

    def _scores(
        self, gray: NDArray[np.uint8], due: Sequence[Track], viewed: Sequence[str]
    ) -> list[tuple[float, ...]]:
        if not due:
            return []
        started = self._clock()
        scores = self._used.classifier.predict_scores(_crops(gray, due, viewed))
        seconds = (self._clock() - started) / len(due)
        weight = _NEWEST if self._seconds_a_face else 1.0
        self._seconds_a_face += weight * (seconds - self._seconds_a_face)
        return [tuple(row) for row in scores.tolist()]

    def _note(
        self, number: int, raw: tuple[float, ...], now: float, smoothing: float, view: str
    ) -> None:
        memory = self._memories.setdefault(number, _Memory(now))
        memory.scores.note(raw, now, smoothing, self._used.views, view)

    def _face(self, track: Track, person: int | None) -> LiveFace:
        scores = self._memories[track.id].scores
        smoothed = SteadyReading(
            track.box, scores.smoothed, scores.threshold, held=EMOTIONS[scores.held or 0]
        )
        raw = FaceReading(track.box, scores.raw, self._used.certainty_threshold)
        return LiveFace(track.id, raw, smoothed, person)


def _crops(
    gray: NDArray[np.uint8], due: Sequence[Track], viewed: Sequence[str]
) -> NDArray[np.uint8]:
    """Return the faces of these tracks, uint8 ``[N, 48, 48]``, each in the view of its turn."""
    crops = crop_faces(gray, [track.tilted_box for track in due])
    for index, view in enumerate(viewed):
        if view == MIRRORED:
            crops[index] = mirror(crops[index])
    return crops
