"""Decodes a little ahead of whoever takes the pictures, in a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

import av

from emotion_core.video.container import ContainerVideo

#: So many pictures of a file wait to be taken; it is not read any further until one is.
AHEAD: Final = 2


class ReadAhead:
    """The frames of a file, each of them; of a camera the newest, so that none is ever late.

    A camera does not wait: who takes its pictures too slowly would see them later and later.

    Args:
        video: used by this object alone from now on.
    """

    def __init__(self, video: ContainerVideo) -> None:
        self.paced = video.paced
        self._video = video
        self._frames: deque[av.VideoFrame] = deque(maxlen=None if video.paced else 1)
        self._changed = threading.Condition()
        self._over = False
        self._closing = False
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="video-ahead", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether all has been taken and nothing more will come."""
        with self._changed:
            return self._over and not self._frames

    @property
    def complaint(self) -> str:
        """What was wrong with a video that was read to its end all the same, or ""."""
        return self._video.complaint

    def take(self, seconds: float) -> av.VideoFrame | None:
        """Return the next frame; None when none came within so many seconds, or it is over.

        Raises:
            SourceError: nothing more can be read, see ``ContainerVideo.frames``.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._over, seconds)
            if self._frames:
                frame = self._frames.popleft()
                self._changed.notify_all()
                return frame
            if self._problem is not None:
                raise self._problem
            return None

    def close(self) -> None:
        """Let go of the source; a camera that is waited for holds this up until it answers."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._video.close()

    def _run(self) -> None:
        problem: BaseException | None = None
        try:
            for frame in self._video.frames():
                if not self._put(frame):
                    break
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            problem = error
        with self._changed:
            self._over, self._problem = True, problem
            self._changed.notify_all()

    def _put(self, frame: av.VideoFrame | None) -> bool:
        """Let a frame wait to be taken; False when nobody will."""
        with self._changed:
            if frame is not None:
                if self.paced:
                    self._changed.wait_for(lambda: len(self._frames) < AHEAD or self._closing)
                self._frames.append(frame)
                self._changed.notify_all()
            return not self._closing
