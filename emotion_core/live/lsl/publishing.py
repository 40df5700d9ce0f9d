"""Feeds the streams of one viewer's video from a thread of its own: the video never waits.

An outlet takes milliseconds to open and a tenth of a second to close, which no frame has.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from typing import Any, Final

from emotion_core.errors import NoStreamError
from emotion_core.live.lsl.library import pylsl
from emotion_core.live.lsl.outlets import Origin, marks_outlet, push, scores_outlet
from emotion_core.live.streams.messages import FrameMessage
from emotion_core.live.streams.registry import LiveStream
from emotion_core.models.folder import LITERT_FILE

_LOGGER = logging.getLogger(__name__)

#: People with a stream at a time. Numbers go up with everybody who walks past, and each stream
#: takes threads and ports: who was seen longest ago makes room.
MOST_PERSONS: Final = 16
#: Marks that may wait; when there are more, the oldest is dropped.
MOST_WAITING: Final = 256

# Seconds without a frame after which the thread looks whether there are marks, or an end.
_LOOK_EVERY: Final = 0.1
# Seconds after which it looks whether a video that has ended has begun again.
_LOOK_AGAIN: Final = 0.5


class LslPublisher:
    """Publishes the scores of everybody in a viewer's video, and its marks, until it is closed.

    It does so whenever the video runs, and ends by itself once the viewer is gone. The streams of
    the marks and of person 1 are there from the start of the video, so that a recorder can be
    started before anybody is in view; those of others come with them.

    Args:
        stream: of the viewer.

    Attributes:
        problem: why nothing is published any more; empty as long as all is well.

    Raises:
        LslMissingError: pylsl is not there.
    """

    def __init__(self, stream: LiveStream) -> None:
        pylsl()
        self._stream = stream
        self._marks: deque[tuple[float, str]] = deque(maxlen=MOST_WAITING)
        self._closing = threading.Event()
        self.problem = ""
        self._thread = threading.Thread(target=self._run, name="lsl", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it publishes when there is video."""
        return self._thread.is_alive() and not self._closing.is_set()

    def mark(self, moment: float, label: str) -> None:
        """Take a mark; never waits.

        Args:
            moment: what it marks, in seconds of the session's clock.
            label: what happened.
        """
        self._marks.append((moment, label))

    def close(self) -> None:
        """Let the streams end; does not wait for that, and may be called twice."""
        self._closing.set()

    def join(self, timeout: float) -> bool:
        """Wait ``timeout`` seconds at most for the streams to end; return whether they have."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._closing.is_set() and self._has_viewer():
                if self._stream.running:
                    self._publish_video()
                self._closing.wait(_LOOK_AGAIN)
        except Exception as error:
            self.problem = f"The Lab Streaming Layer takes nothing any more ({error})."
            _LOGGER.error("Live values are no longer published.", exc_info=error)

    def _has_viewer(self) -> bool:
        try:
            return self._stream.session is not None
        except NoStreamError:
            return False

    def _publish_video(self) -> None:
        """Publish from the first frame of a video to its last."""
        outlets = _Outlets(_origin_of(self._stream))
        with self._stream.read() as reader:
            ended = False
            while not ended:
                # Closed or over, but not before what is known by then has been published.
                ended = self._closing.is_set()
                delivery = reader.next(_LOOK_EVERY)
                if delivery is not None:
                    outlets.take(delivery.message)
                else:
                    ended = ended or reader.ended is not None
                while self._marks:
                    outlets.mark(*self._marks.popleft())


class _Outlets:
    """The outlets of one video; they end with this object."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._clock = pylsl().local_clock
        self._marks = marks_outlet(origin)
        #: Whoever was seen last stands last.
        self._persons: OrderedDict[int, Any] = OrderedDict({1: scores_outlet(origin, 1)})

    def take(self, frame: FrameMessage) -> None:
        """Publish what everybody in a frame shows; a face that nobody knows yet waits."""
        moment = frame.monotonic + self._offset
        for face in frame.faces:
            if face.person is not None:
                push(self._outlet_of(face.person), list(face.scores.values()), moment)

    def mark(self, moment: float, label: str) -> None:
        """Publish a mark."""
        push(self._marks, [label], moment + self._offset)

    @property
    def _offset(self) -> float:
        """From the session's clock to that of LSL; the same clock on most systems."""
        offset: float = self._clock() - time.monotonic()
        return offset

    def _outlet_of(self, person: int) -> Any:
        if person not in self._persons:
            while len(self._persons) >= MOST_PERSONS:
                self._persons.popitem(last=False)
            self._persons[person] = scores_outlet(self._origin, person)
        self._persons.move_to_end(person)
        return self._persons[person]


def _origin_of(stream: LiveStream) -> Origin:
    card = stream.card
    return Origin(stream.id, card.name, card.files.get(LITERT_FILE, ""))
