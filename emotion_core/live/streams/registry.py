"""The live streams of this process, by an id that programs name them with."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
import weakref
from collections.abc import Callable
from typing import Final

from emotion_core.errors import NoStreamError, SessionError, StreamError
from emotion_core.live.session import LiveSession
from emotion_core.live.snapshot import LiveSnapshot
from emotion_core.live.streams.feed import FrameFeed
from emotion_core.live.streams.frames import SharedFrame
from emotion_core.live.streams.readers import MOST_WAITING, AsyncReader, Reader
from emotion_core.live.streams.recording import ViewersRecording, description_of
from emotion_core.models.folder import ModelCard
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.system.processes.siblings import ALONE, own_place
from emotion_core.system.storage.persons import whose

ENDED: Final = "The video has ended."
#: A stream without a frame for so many seconds does not count as running; one whose camera in the
#: network is lost may come back, and its readers stay.
GONE_AFTER: Final = 10.0

_PLACE: Final = own_place()
# Those of several processes take turns, so that no two viewers have the same.
_numbers: Final = itertools.count(_PLACE.number, len(_PLACE.addresses))


_PREFIX: Final = "" if _PLACE == ALONE else f"{_PLACE.number}-"


class LiveStream:
    """The live video of one viewer, as programs see it; made by `StreamRegistry.add`.

    It keeps its id while the viewer stops and starts again. The viewer's session keeps it alive.

    Attributes:
        id: names it; cannot be guessed. It begins with the number of its process, where there are
            several: deploy/Caddyfile leads to that one.
        person: whose video it is, by id; None: without accounts.
        viewer: a number to call it by, from 1; never used again while the app runs.
        recording: what the viewer records; the page puts its own here.
    """

    def __init__(self, session: LiveSession, card: Callable[[], ModelCard]) -> None:
        self.id = f"{_PREFIX}{secrets.token_hex(8)}"
        self.person = whose()
        self.viewer = next(_numbers)
        self.recording = ViewersRecording()
        self._card = card
        self._session = weakref.ref(session)
        self._feed = FrameFeed()
        self._started: float | None = None
        self._newest: float | None = None
        # Where a viewer's connection breaks, a session may go without having been told of its end.
        weakref.finalize(session, self._feed.end, ENDED).atexit = False

    @property
    def session(self) -> LiveSession:
        """The viewer's session.

        Raises:
            NoStreamError: the viewer has left.
        """
        if (session := self._session()) is None:
            raise _no_stream(self.id)
        return session

    @property
    def started(self) -> float | None:
        """When its first frame came, in seconds since 1970; None while none comes."""
        return self._started if self.running else None

    @property
    def running(self) -> bool:
        """Whether frames come."""
        newest = self._newest
        return newest is not None and time.monotonic() - newest < GONE_AFTER

    @property
    def readers(self) -> int:
        """How many programs read it."""
        return self._feed.readers

    @property
    def card(self) -> ModelCard:
        """That of the model that reads the video now."""
        return self._card()

    @property
    def recorded(self) -> str | None:
        """The id of the session that is being recorded; None while nothing is."""
        recorder = self.recording.recorder
        return recorder.folder.name if recorder is not None and recorder.running else None

    def start_recording(self, by: str, *, purpose: str = "", with_video: bool = False) -> str:
        """Record, once everyone in view has agreed, and return the new session's id.

        Args:
            by: the program that wants it, and says that they have.
            purpose: what it is recorded for; may be empty.
            with_video: whether to keep the pictures as well.

        Raises:
            StreamError: it is being recorded already.
            SessionError: the recording cannot be written.
            NoStreamError: the viewer has left.
        """
        session = self.session
        self.recording.follow(session)  # one that ended by itself is none any more
        description = description_of(session, self.card, by=by, purpose=purpose)
        recorder = self.recording.start(session, description, with_video=with_video, by=by)
        if recorder is not None:
            return recorder.folder.name
        if problem := self.recording.problem:
            raise SessionError(problem)
        raise StreamError(
            f"{self.id}: expected a stream that is not recorded, but it is already; stop that "
            "recording first, or go on with it"
        )

    def stop_recording(self, by: str) -> str:
        """End the recording, whoever began it, and return its session's id.

        Args:
            by: the program that wants it.

        Raises:
            StreamError: nothing is being recorded.
            SessionError: the disk does not respond.
            NoStreamError: the viewer has left.
        """
        recorder = self.recorder
        if not self.recording.stop(self.session, by=by):  # ended in this moment
            raise self._not_recorded()
        return recorder.folder.name

    @property
    def recorder(self) -> SessionRecorder:
        """What records the stream.

        Raises:
            StreamError: nothing does.
        """
        recorder = self.recording.recorder
        if recorder is None or not recorder.running:
            raise self._not_recorded()
        return recorder

    def _not_recorded(self) -> StreamError:
        return StreamError(
            f"{self.id}: expected a stream that is being recorded, but it is not; start a "
            "recording first"
        )

    def publish(self, snapshot: LiveSnapshot) -> None:
        """Take the state after a frame; called by the stream's thread, which it costs nothing."""
        if snapshot.frame_time is None:  # it has been ended at this moment
            return
        self._newest = time.monotonic()
        if self._started is None:
            self._started = time.time()
        if self._feed.wanted:
            self._feed.put(SharedFrame(snapshot, _wall_clock(snapshot)))

    def end(self) -> None:
        """Tell all readers that the video has ended; may be called twice."""
        self._started = self._newest = None
        self.send_away(ENDED)

    def send_away(self, reason: str) -> None:
        """Tell all readers that no more comes.

        Args:
            reason: why, in a sentence to show.
        """
        self._feed.end(reason)

    def read(self, rate: float | None = None, most_waiting: int = MOST_WAITING) -> Reader:
        """Return a reader for a thread, to be closed by the caller.

        Args:
            rate: frames a second at most; None for all of them.
            most_waiting: frames that wait for it at most, 1 or more.
        """
        return self._feed.join(Reader(rate, self._feed.leave, most_waiting))

    def read_here(self, rate: float | None = None, most_waiting: int = MOST_WAITING) -> AsyncReader:
        """Return a reader for the running event loop; else as `read`."""
        return self._feed.join(AsyncReader(rate, self._feed.leave, most_waiting))


class StreamRegistry:
    """Finds streams; all of it may be called from any thread."""

    def __init__(self) -> None:
        self._streams: weakref.WeakValueDictionary[str, LiveStream] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def add(self, session: LiveSession, card: Callable[[], ModelCard]) -> LiveStream:
        """Let programs see the video of ``session`` whenever there is some, and return its stream.

        Args:
            session: a viewer's; the stream is forgotten with it.
            card: returns that of the model that reads the video at the moment.
        """
        with self._lock:
            if isinstance(session.feed, LiveStream):
                return session.feed
            stream = LiveStream(session, card)
            self._streams[stream.id] = stream
            session.feed = stream
            return stream

    def running(self) -> list[LiveStream]:
        """Return the streams that run of whoever this runs for, in the order of their viewers."""
        person = whose()
        return [each for each in self.running_of_all() if each.person == person]

    def running_of_all(self) -> list[LiveStream]:
        """Return the streams that run, whosever they are, in the order of their viewers."""
        with self._lock:
            streams = list(self._streams.values())
        return sorted((each for each in streams if each.running), key=lambda each: each.viewer)

    def readers(self) -> int:
        """Return how many read any stream."""
        with self._lock:
            return sum(stream.readers for stream in self._streams.values())

    def end(self, reason: str) -> None:
        """Tell all readers of all streams that no more comes, as when the app ends."""
        with self._lock:
            streams = list(self._streams.values())
        for stream in streams:
            stream.send_away(reason)

    def find(self, id_: str) -> LiveStream:
        """Return a stream of whoever this runs for.

        Raises:
            NoStreamError: they have none of this id, or its video does not run.
        """
        with self._lock:
            stream = self._streams.get(id_)
        if stream is None or not stream.running or stream.person != whose():
            raise _no_stream(id_)
        return stream


#: Those of this process.
STREAMS: Final = StreamRegistry()


def _wall_clock(snapshot: LiveSnapshot) -> float:
    assert snapshot.frame_time is not None
    assert snapshot.last_frame_time is not None
    return time.time() - (snapshot.last_frame_time - snapshot.frame_time)


def _no_stream(id_: str) -> NoStreamError:
    number, dash, _ = id_.partition("-")
    if _PREFIX and dash and number.isdigit() and int(number) in _PLACE.others:
        return NoStreamError(
            f"expected the id of a live stream that runs in process {_PLACE.number}, found one of "
            f"process {number}, which did not get this request: it has ended, or the request did "
            "not come through deploy/Caddyfile; ask for the list of streams"
        )
    return NoStreamError(
        f"expected the id of a live stream that runs, found {id_!r:.40}; press Start on the page "
        "Live camera, and ask for the list of streams"
    )
