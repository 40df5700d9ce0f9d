"""The recording of a live session: written as it goes, and never in the way of the video.

The stream's thread hands every frame over; a thread of the recorder's own writes them twice a
second and makes sure that they are on the disk. A process that is killed loses what came since.
"""

from __future__ import annotations

import atexit
import errno
import logging
import os
import shutil
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.access.audit import note
from emotion_core.access.room import own_quota, refuse_beyond
from emotion_core.errors import NoRoomError, SessionError
from emotion_core.faces.readings import PersonReading
from emotion_core.quantities import byte_size
from emotion_core.sessions.events import TriggerEvent
from emotion_core.sessions.header import (
    EVENTS_FILE,
    FACES_FILE,
    FRAMES_FILE,
    VIDEO_FILE,
    SessionDescription,
    SessionHeader,
    app_version,
    write_header,
)
from emotion_core.sessions.lock import RecordingLock
from emotion_core.sessions.storage import Session, open_session
from emotion_core.sessions.tables import (
    EVENTS_COLUMNS,
    FACES_COLUMNS,
    FRAMES_COLUMNS,
    EventRecord,
    FrameRecord,
    event_line,
    face_lines,
    frame_line,
    header_line,
)
from emotion_core.sessions.video import VideoRecorder
from emotion_core.system.clock import iso_time
from emotion_core.system.storage.files import keep_private, make_folder, owner_only
from emotion_core.system.storage.persons import for_same_person

_LOGGER = logging.getLogger(__name__)

#: Seconds between two writes: with the time a write takes, less than a second can be lost.
WRITE_EVERY: Final = 0.5
#: Frames that may wait for the disk, a minute's worth; more are dropped and counted.
MOST_WAITING: Final = 1800

#: Seconds without a frame after which nobody is taken to stream any more. A camera in the network
#: that is lost for less is waited for.
GONE_AFTER: Final = 120.0

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SessionRecorder:
    """Records one session; made by `start`, ended by `stop`.

    `record` and `record_event` are called by one thread, the stream's; everything else may be
    called by any.

    Attributes:
        folder: the session's folder.
        stopped_by_others: whether it ended because somebody asked for it by `storage.stop_session`.
    """

    def __init__(
        self,
        folder: Path,
        header: SessionHeader,
        with_video: bool,
        started: tuple[float, float],
        clock: Callable[[], float],
    ) -> None:
        self.folder = folder
        self.stopped_by_others = False
        self._header = header
        # On the clock of the frames and since 1970: the second is never looked at again, so that
        # no two columns of times drift apart, whatever is done to the machine's clock.
        self._started, self._wall_clock_started = started
        self._clock = clock
        # Before there is a header: what has one and no lock was interrupted.
        self._lock = RecordingLock(folder)
        try:
            _begin_files(folder, header)
        except BaseException:
            self._lock.release()
            raise
        self._video = VideoRecorder(folder / VIDEO_FILE) if with_video else None
        # A deque needs no lock between one thread that appends and one that takes.
        self._waiting: deque[FrameRecord] = deque()
        self._events: deque[EventRecord] = deque(maxlen=MOST_WAITING)
        self._seen = 0
        self._dropped = 0
        self._written = 0
        self._seconds = 0.0
        self._persons: set[int] = set()
        self._problem: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=for_same_person(self._run), name="session-recorder", daemon=True
        )
        _running.add(self)
        self._thread.start()

    @classmethod
    def start(
        cls,
        folder: Path,
        description: SessionDescription,
        *,
        with_video: bool = False,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> SessionRecorder:
        """Make the folder of a new session and be ready to record.

        Args:
            folder: holds all sessions: `storage.sessions_dir()`.
            description: what the header states.
            with_video: whether to keep the pictures as well, as ``video.mp4``.
            clock: the one that times the frames; seconds, never going back.
            wall_clock: seconds since 1970; looked at once.

        Raises:
            SessionError: the folder cannot be written, or there is no room for a recording.
        """
        try:
            refuse_beyond(0, "a recording")
        except NoRoomError as error:
            raise SessionError(str(error)) from error
        started, now = clock(), wall_clock()
        header = SessionHeader(description, iso_time(now), app_version(), plain_video=with_video)
        own: Path | None = None
        try:
            own = _new_folder(folder, time.strftime("%Y%m%d-%H%M%S", time.gmtime(now)))
            recorder = cls(own, header, with_video, (started, now), clock)
        except OSError as error:
            if own is not None:
                shutil.rmtree(own, ignore_errors=True)
            raise SessionError(
                f"{folder}: expected a folder to record in, but it cannot be written "
                f"({error.strerror}); free up space, or name another with EMOTION_SESSIONS_DIR"
            ) from error
        note("recorded", "session", own.name)  # it records already, whatever becomes of the line
        return recorder

    @property
    def with_video(self) -> bool:
        """Whether the pictures are kept as well."""
        return self._video is not None

    @property
    def running(self) -> bool:
        """Whether frames are still taken."""
        return not self._stopping.is_set()

    @property
    def problem(self) -> str | None:
        """Why the recording or its video ended by itself, on one line to show; else None."""
        if self._problem is None and self._video is not None:
            return self._video.facts.problem
        return self._problem

    @property
    def frames(self) -> int:
        """Frames that are on the disk."""
        return self._written

    @property
    def dropped(self) -> int:
        """Frames lost because the disk could not keep up."""
        return self._dropped

    @property
    def seconds(self) -> float:
        """Time of the last frame on the disk since the start."""
        return self._seconds

    def seconds_at(self, moment: float) -> float:
        """Return the seconds since the start at a time of the clock; negative before the start."""
        return moment - self._started

    def record(
        self,
        frame_time: float,
        readings: Sequence[PersonReading],
        image: NDArray[np.uint8],
    ) -> None:
        """Hand one frame over; takes microseconds and never waits nor raises for the disk.

        Args:
            frame_time: when the frame came, in seconds of the recorder's clock.
            readings: one for each face; empty without a face.
            image: uint8 ``[H, W, 3]``, BGR, as it is shown but with nothing drawn on it. Only its
                size is kept, unless the session has a video; then it must not be changed
                afterwards.
        """
        seconds = frame_time - self._started
        if self._stopping.is_set() or seconds < 0:
            return
        self._seen += 1
        if len(self._waiting) < MOST_WAITING:
            height, width = image.shape[:2]
            size = width, height
            now = self._wall_clock_started + seconds
            frame = FrameRecord(self._seen, seconds, now, size, tuple(readings))
            self._waiting.append(frame)
        else:
            self._dropped += 1
        if self._video is not None:
            self._video.record(seconds, image)

    def record_event(self, event: TriggerEvent) -> None:
        """Hand an event over; as quick as `record`.

        Args:
            event: its time is in seconds of the recorder's clock.
        """
        seconds = event.time - self._started
        if not self._stopping.is_set() and seconds >= 0:
            now = self._wall_clock_started + seconds
            self._events.append(EventRecord(seconds, now, event.rule, event.person, event.score))

    def request_stop(self) -> None:
        """Take no more frames and let the threads finish; does not wait for them."""
        self._stopping.set()
        if self._video is not None:
            self._video.request_stop()

    def stop(self, timeout: float = 20.0) -> Session:
        """End the recording and return it; waits ``timeout`` seconds at most.

        Raises:
            SessionError: the disk does not respond, or what was recorded is gone.
        """
        self.request_stop()
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise SessionError(
                f"{self.folder}: expected the disk to take the recording within {timeout:g} s, "
                "but it does not respond; look for the session in the list later"
            )
        return open_session(self.folder)

    def _run(self) -> None:
        """Write until stopped, then finish the header."""
        try:
            self._write_until_stopped()
        except Exception as error:
            self._problem = _explained(error, self._seconds)
            self.request_stop()
            if not isinstance(error, _StreamGoneError | _NoRoomLeftError):
                _LOGGER.error("The recording of a session ended early.", exc_info=error)
        finally:
            self._finish()
            _running.discard(self)

    def _write_until_stopped(self) -> None:
        frames_path, faces_path = self.folder / FRAMES_FILE, self.folder / FACES_FILE
        with FileIO(frames_path, "a") as frames_file, FileIO(faces_path, "a") as faces_file:
            stopping = False
            seen, seen_at = 0, time.monotonic()
            while not stopping:
                stopping = self._stopping.wait(WRITE_EVERY)
                self._write_waiting(frames_file, faces_file)
                if self._seen != seen:
                    seen, seen_at = self._seen, time.monotonic()
                elif time.monotonic() - seen_at >= GONE_AFTER:
                    raise _StreamGoneError
                if own_quota().left == 0:
                    raise _NoRoomLeftError(own_quota().most or 0)
                if self._lock.asked_to_stop and self.running:
                    self.stopped_by_others = True
                    self.request_stop()

    def _write_waiting(self, frames_file: FileIO, faces_file: FileIO) -> None:
        self._write_events()
        frames = [self._waiting.popleft() for _ in range(len(self._waiting))]
        # The faces first: see `emotion_core.sessions.tables`.
        _append(faces_file, map(face_lines, frames))
        _append(frames_file, map(frame_line, frames))
        self._lock.touch()
        if frames:
            self._written += len(frames)
            self._seconds = frames[-1].seconds
            faces = (face for frame in frames for face in frame.readings)
            self._persons.update(face.person for face in faces if face.person is not None)

    def _write_events(self) -> None:
        lines = [event_line(self._events.popleft()) for _ in range(len(self._events))]
        if not lines:
            return
        with FileIO(self.folder / EVENTS_FILE, "a", opener=owner_only) as file:
            if file.tell() == 0:
                lines.insert(0, header_line(EVENTS_COLUMNS))
            _append(file, lines)

    def _finish(self) -> None:
        try:
            self._finish_header()
        finally:
            self._lock.release()

    def _finish_header(self) -> None:
        video = None if self._video is None else self._video.stop()
        if not self.folder.is_dir():
            return  # deleted meanwhile; the header must not bring it back
        header = replace(
            self._header,
            ended=iso_time(time.time()),
            frames=self._written,
            dropped=self._dropped,
            seconds=round(self._seconds, 3),
            persons=len(self._persons),
            problem=self._problem,
            video=video,
        )
        self._lock.make_room()
        try:
            write_header(self.folder, header)
        except OSError as error:
            # The session stays marked as interrupted, which it is.
            self._problem = self._problem or _explained(error, self._seconds)


class _StreamGoneError(Exception):
    """No frames come any more."""


class _NoRoomLeftError(Exception):
    """Whose recording it is has as much as they may have.

    Attributes:
        most: bytes.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most


# Their threads are daemons, so that a forgotten recording never keeps a process from ending; what
# still waits is written when it does.
_running: weakref.WeakSet[SessionRecorder] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    recorders = list(_running)
    for recorder in recorders:
        recorder.request_stop()
    for recorder in recorders:
        recorder._thread.join(5.0)


def _new_folder(parent: Path, name: str) -> Path:
    """Make a folder that only its owner can look into, with a number when ``name`` is taken."""
    make_folder(parent)
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
        else:
            return folder


def _begin_files(folder: Path, header: SessionHeader) -> None:
    write_header(folder, header)
    for name, columns in ((FRAMES_FILE, FRAMES_COLUMNS), (FACES_FILE, FACES_COLUMNS)):
        with FileIO(folder / name, "x", opener=owner_only) as file:
            _append(file, [header_line(columns)])
    keep_private(folder)


def _append(file: FileIO, lines: Iterable[str]) -> None:
    """Write ``lines`` and make sure that they are on the disk.

    Unbuffered: what a full disk did not take must not be tried again when the file is closed.
    """
    rest = memoryview("".join(lines).encode())
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def _explained(error: Exception, seconds: float) -> str:
    """Return one line for the user."""
    if isinstance(error, FileNotFoundError):
        return f"The session's folder is gone: recording ended after {seconds:.0f} s."
    kept = f"recording ended after {seconds:.0f} s; what was recorded until then is kept"
    if isinstance(error, _StreamGoneError):
        return f"No picture came for {GONE_AFTER:.0f} s: {kept}."
    if isinstance(error, _NoRoomLeftError):
        return (
            f"Your {byte_size(error.most)} are used up: {kept}. Delete what you no longer need, "
            "then record again."
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"The disk is full: {kept}. Free up space, then record again."
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return f"The session cannot be written ({reason}): {kept}."
