"""One live video stream: annotated frames out, one immutable picture of its state beside them.

The streaming library calls `LiveSession.on_frame` in a thread of its own; pages read
`LiveSession.snapshot` from theirs. Nothing else is shared.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import av
import cv2
import numpy as np
import numpy.typing as npt

from emotion_core.faces.boxes import Box
from emotion_core.faces.drawing import draw_faces_on
from emotion_core.faces.readings import PersonReading
from emotion_core.live.history import LiveHistory
from emotion_core.live.overlay import blur, blur_all, draw_bars
from emotion_core.live.parts import (
    EventSender,
    FrameFeed,
    FrameReader,
    FrameRecorder,
    MarkPublisher,
)
from emotion_core.live.reader import LiveFace
from emotion_core.live.rules import Rule, RuleWatcher
from emotion_core.live.settings import LiveSettings
from emotion_core.live.snapshot import LiveSnapshot
from emotion_core.live.timing import ReadingPace, StreamTiming
from emotion_core.sessions.events import TriggerEvent
from emotion_core.video.frames import frame_of, pictures_of

_LOGGER = logging.getLogger(__name__)

# A stream without a frame for so long stands still.
_STILL_SECONDS: Final = 3.0

# Events that are kept to be shown.
_MOST_EVENTS: Final = 20


class LiveSession:
    """Finds and names the faces in every frame of one video stream.

    One session serves one viewer: its reader is used by the stream's thread alone. A session
    outlives the stream, so a viewer can stop and start again.

    Args:
        reader: Finds, follows and names faces; must not be shared with another thread.
        settings: What the viewer wants; may be exchanged at any time from any thread.
        clock: Seconds from any fixed point, never going back.
    """

    def __init__(
        self,
        reader: FrameReader,
        settings: LiveSettings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        #: Read once a frame, so that no frame sees half of a change.
        self.settings = settings or LiveSettings()
        self._reader = reader
        self._clock = clock
        #: The last minute, to draw.
        self.history = LiveHistory()
        #: Records every frame while it is set; asked to stop when the stream ends.
        self.recorder: FrameRecorder | None = None
        #: What makes events, of any stream; may be exchanged like the settings.
        self.rules: tuple[Rule, ...] = ()
        #: Gets the events while it is set.
        self.event_sender: EventSender | None = None
        #: Gets marks, and the events as such, while it is set: they go out beside the scores.
        self.publisher: MarkPublisher | None = None
        #: Gets every frame that could be read while it is set, for programs that follow.
        self.feed: FrameFeed | None = None
        self._watcher = RuleWatcher()
        self._events: deque[TriggerEvent] = deque(maxlen=_MOST_EVENTS)
        self._start_anew = False
        self._timing = StreamTiming()
        self._pace = ReadingPace()
        self._newest: list[LiveFace] = []
        self._newest_size = (0, 0)
        self._logged_errors: set[type[Exception]] = set()
        self._lock = threading.Lock()
        self._snapshot = LiveSnapshot()

    @property
    def snapshot(self) -> LiveSnapshot:
        """The state after the newest frame; safe to read from any thread."""
        with self._lock:
            # Summed up here: a page looks twice a second, frames come thirty times.
            return replace(
                self._snapshot, stream=self._timing.figures(), events=tuple(self._events)
            )

    @property
    def streaming(self) -> bool:
        """Whether frames come; cheap, unlike ``snapshot``."""
        latest = self._snapshot.last_frame_time
        return latest is not None and self._clock() - latest < _STILL_SECONDS

    @property
    def frames(self) -> int:
        """Frames up to now, of all its streams; cheap, unlike ``snapshot``."""
        return self._snapshot.frames

    @property
    def last_frame_time(self) -> float | None:
        """When the newest frame was ready, on the session's clock; None once its stream ended."""
        return self._snapshot.last_frame_time

    def on_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return ``frame`` with its faces drawn in.

        When anything goes wrong it comes back unchanged, or grey when faces are to be hidden.

        Never raises: the streaming library ends the video at the first uncaught exception.

        Args:
            frame: A decoded frame of any size and pixel format; the size may change at any time.
        """
        started = self._clock()
        spent = time.perf_counter(), time.thread_time()
        try:
            annotated, faces = self._annotate(frame, started)
        except Exception as error:  # noqa: BLE001 - see above
            # What failed half way may have left the reader in a state to fail in again.
            self._start_anew = True
            self._swap(frame, (), started, error)
            return _blank(frame) if self.settings.blur_faces else frame
        self._pace.note(time.perf_counter() - spent[0], time.thread_time() - spent[1])
        self._swap(frame, faces, started, None)
        # Last of all: whoever is woken by it takes no time of this frame.
        if (feed := self.feed) is not None:
            feed.publish(self._snapshot)
        return annotated

    def on_ended(self) -> None:
        """Forget the stream that ended; counts and the last error stay. May be called twice."""
        if (recorder := self.recorder) is not None:
            recorder.request_stop()
        if (feed := self.feed) is not None:
            feed.end()
        self.history.clear()
        self._reader.forget_persons()
        # A new one, as the old one may be in use by the stream's thread until that has ended.
        self._watcher = RuleWatcher()
        with self._lock:
            self._events.clear()
            # The reader belongs to the stream's thread: the next stream's first frame resets it.
            self._start_anew = True
            self._timing = StreamTiming()
            self._snapshot = LiveSnapshot(
                frames=self._snapshot.frames,
                errors=self._snapshot.errors,
                last_error=self._snapshot.last_error,
                last_error_time=self._snapshot.last_error_time,
            )

    def _annotate(
        self, frame: av.VideoFrame, now: float
    ) -> tuple[av.VideoFrame, tuple[LiveFace, ...]]:
        settings = self.settings
        image, gray = pictures_of(frame)
        if self._must_read(frame, settings) or self._pace.reads(
            now, self._timing.late(frame.time, now)
        ):
            faces, hidden = self._read(gray, image, now, settings)
            self._newest, self._newest_size = faces, (frame.width, frame.height)
        else:
            faces, hidden = self._newest, []
        if settings.blur_faces:
            image = blur(image, hidden) if settings.detect else blur_all(image)
        if settings.mirror:
            image = np.asarray(cv2.flip(image, 1), np.uint8)
            faces = [face.moved_to(_mirrored(face.box, frame.width)) for face in faces]
        faces = sorted(faces, key=lambda face: face.box.x)
        if (recorder := self.recorder) is not None:
            readings = [PersonReading(face.id, face.person, face.smoothed) for face in faces]
            # Without boxes: faces are cut out of it, and who was mistaken for whom is corrected.
            recorder.record(now, readings, image.copy() if recorder.with_video else image)
        _draw_on(image, faces, settings)
        self.history.add(now, faces)
        # Faces that are not looked for are not missing.
        if settings.detect and (rules := self.rules):
            self._apply(rules, now, faces)
        return frame_of(image, frame), tuple(faces)

    def _must_read(self, frame: av.VideoFrame, settings: LiveSettings) -> bool:
        """Tell whether a frame is read however late it is: it is recorded, or faces are hidden."""
        return (
            self.recorder is not None
            or (frame.width, frame.height) != self._newest_size
            or settings.blur_faces
            or not settings.detect
            or self._start_anew
        )

    def _apply(
        self,
        rules: tuple[Rule, ...],
        now: float,
        faces: Sequence[LiveFace],
    ) -> None:
        """Hand on what the rules make of a frame; what goes wrong there costs no frame."""
        # When the frame came, not when it was read.
        wall_clock = time.time() - (self._clock() - now)
        readings = [(face.person, face.smoothed) for face in faces]
        try:
            for event in self._watcher.observe(rules, now, wall_clock, readings):
                with self._lock:
                    self._events.append(event)
                if (recorder := self.recorder) is not None:
                    recorder.record_event(event)
                if (sender := self.event_sender) is not None:
                    sender.send(event)
                if (publisher := self.publisher) is not None:
                    publisher.mark(event.time, event.label)
        except Exception as error:  # noqa: BLE001 - it is logged, once
            self._log_once(error, "Rules could not be applied to a frame; the video goes on.")

    def _read(
        self,
        gray: npt.NDArray[np.uint8],
        image: npt.NDArray[np.uint8],
        now: float,
        settings: LiveSettings,
    ) -> tuple[list[LiveFace], list[Box]]:
        """Return the faces, and where a face is or may be."""
        start_anew, self._start_anew = self._start_anew, False
        if start_anew or not settings.detect:
            self._reader.reset()
        if not settings.detect:
            return [], []
        faces = self._reader.read(
            gray, now, settings.smoothing_seconds, settings.smallest_face, image
        )
        return faces, self._reader.hidden_places() if settings.blur_faces else []

    def _swap(
        self,
        frame: av.VideoFrame,
        faces: tuple[LiveFace, ...],
        started: float,
        error: Exception | None,
    ) -> None:
        """Replace the snapshot by one that includes ``frame``."""
        finished = self._clock()
        with self._lock:
            self._timing.note(frame.time, started, finished)
            self._snapshot = replace(
                self._snapshot,
                faces=tuple(face.smoothed for face in faces),
                tracks=faces,
                width=frame.width,
                height=frame.height,
                frames=self._snapshot.frames + 1,
                frame_time=started,
                last_frame_time=finished,
            )
            if error is not None:
                self._snapshot = replace(
                    self._snapshot,
                    errors=self._snapshot.errors + 1,
                    last_error=_one_line(error),
                    last_error_time=finished,
                )
        if error is not None:
            self._log_once(error, "A frame could not be analysed; the video goes on.")

    def _log_once(self, error: Exception, message: str) -> None:
        """Log the first error of its kind: at 30 frames a second, a log of all helps nobody."""
        if type(error) not in self._logged_errors:
            self._logged_errors.add(type(error))
            _LOGGER.error(message, exc_info=error)


def _blank(frame: av.VideoFrame) -> av.VideoFrame:
    return frame_of(np.full((frame.height, frame.width, 3), 128, np.uint8), frame)


def _mirrored(box: Box, width: int) -> Box:
    return replace(box, x=width - box.x - box.width, angle=-box.angle)


def _draw_on(
    image: npt.NDArray[np.uint8], faces: Sequence[LiveFace], settings: LiveSettings
) -> None:
    readings = [face.smoothed for face in faces]
    # One person needs no number to be told from the others.
    numbers = [face.person for face in faces] if len(faces) > 1 else None
    draw_faces_on(
        image, readings, boxes=settings.draw_boxes, labels=settings.draw_labels, numbers=numbers
    )
    if settings.draw_bars:
        draw_bars(image, readings)


def _one_line(error: Exception) -> str:
    """Return the error's kind and message on one line of bounded length."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    return text if len(text) <= 300 else text[:299] + "…"
