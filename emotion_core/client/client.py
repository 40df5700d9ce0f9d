"""The app, as another program uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from emotion_core.client.answers import ClockOffset, LiveStream, Picture, PlacedMark
from emotion_core.client.clocks import Clocks
from emotion_core.client.connection import Connection
from emotion_core.client.sessions import SessionCalls
from emotion_core.client.streaming import frames, one_stream, running_streams
from emotion_core.client.videos import VideoCalls
from emotion_core.live.streams.messages import FrameMessage
from emotion_core.system.storage.files import open_regular


@dataclass(frozen=True)
class _Recording:
    session: str


class Client:
    """The app at an address, with a token; may be used from several threads.

    Every call raises `UnreachableError` where nobody answers, `RefusedError` where the app will
    not, and `ClientError`, of which these are kinds, for whatever else is wrong.

    Args:
        url: of the app, as a browser shows it.
        token: made on the page Connect, or by ``python -m emotion_core tokens add``; None: what
            the environment variable EMOTION_TOKEN holds.
        timeout: seconds that the app may take to answer; its first answer of all takes longest.
        transport: what carries the requests; the network when left out.

    Attributes:
        sessions: recorded sessions and their files.
        videos: videos that the app reads.
    """

    def __init__(
        self,
        url: str = "http://localhost:8501",
        token: str | None = None,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = Connection(url, token, timeout=timeout, transport=transport)
        self._clocks = Clocks(self._connection)
        self._timeout = timeout
        self.sessions = SessionCalls(self._connection)
        self.videos = VideoCalls(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    def streams(self) -> tuple[LiveStream, ...]:
        """Return the live streams that run. Right: live."""
        return running_streams(self._connection)

    def live(
        self,
        stream: LiveStream | str | None = None,
        *,
        rate: float | None = None,
        patience: float = 30.0,
    ) -> Iterator[FrameMessage]:
        """Yield the frames of a live stream as they come, until it ends. Right: live.

        A connection that breaks is made again; the frames of that time are lost.

        Args:
            stream: which one; None: the only one that runs.
            rate: frames a second at most; None: all. Frames left out because of it are not counted
                as dropped.
            patience: seconds to wait for a stream to begin, and to be found again.
        """
        return frames(self._connection, stream, rate, patience)

    def compare_clocks(self) -> ClockOffset:
        """Return how this machine's ``time.monotonic`` lies to the app's clock. Right: live."""
        return self._clocks.offset()

    def mark(
        self,
        label: str,
        *,
        stream: LiveStream | str | None = None,
        seconds: float = 0.0,
        person: int | None = None,
        at: float | None = None,
    ) -> PlacedMark:
        """Mark a moment, or a range, of the recording that goes on. Right: live.

        It is at its time whatever the way to the app takes: the two clocks are compared now and
        then, and the answer says how exactly.

        Args:
            label: what happened, such as "stimulus".
            stream: whose recording; None: that of the only one that runs.
            seconds: how long it lasts; 0 for a moment.
            person: number of the person whom it is about; None: all of them.
            at: when it began, by this machine's ``time.monotonic``; None: now.
        """
        moment = self._clocks.now() if at is None else at
        mark = {
            "label": label, "seconds": seconds, "person": person,
            "time": moment, "clock": "own", "exchanges": self._clocks.to_json(),
        }  # fmt: skip
        path = f"/live/{one_stream(self._connection, stream)}/marks"
        return self._connection.ask("POST", path, PlacedMark, json=mark)

    def start_recording(
        self,
        stream: LiveStream | str | None = None,
        *,
        consent: bool,
        purpose: str = "",
        video: bool = False,
    ) -> str:
        """Record a stream, as the page's button does, and return the session's id. Right: record.

        Args:
            stream: which one; None: the only one that runs.
            consent: True says that everyone in view has agreed to be recorded.
            purpose: what it is recorded for.
            video: whether to keep the pictures, too.
        """
        content = {"consent": consent, "purpose": purpose, "video": video}
        path = f"/live/{one_stream(self._connection, stream)}/recording"
        return self._connection.ask("POST", path, _Recording, json=content).session

    def stop_recording(self, stream: LiveStream | str | None = None) -> str:
        """End a recording, whoever began it, and return the session's id. Right: record.

        Args:
            stream: of which; None: the only one that runs.
        """
        path = f"/live/{one_stream(self._connection, stream)}/recording"
        return self._connection.ask("DELETE", path, _Recording, seconds=60.0).session

    @contextmanager
    def recording(
        self,
        stream: LiveStream | str | None = None,
        *,
        consent: bool,
        purpose: str = "",
        video: bool = False,
    ) -> Iterator[str]:
        """Record as long as the block runs, and yield the session's id. Right: record.

        Args:
            stream: which one; None: the only one that runs.
            consent: True says that everyone in view has agreed to be recorded.
            purpose: what it is recorded for.
            video: whether to keep the pictures, too.
        """
        id_ = one_stream(self._connection, stream)
        session = self.start_recording(id_, consent=consent, purpose=purpose, video=video)
        try:
            yield session
        finally:
            self.stop_recording(id_)

    def analyze(
        self,
        *pictures: str | Path | bytes,
        careful: bool = True,
        quick: bool = False,
        finder: str | None = None,
    ) -> tuple[Picture, ...]:
        """Return the faces in pictures, an answer for each in their order. Right: analyze.

        Args:
            pictures: paths, or the content of files; 50 at most.
            careful: read each face in the mirror as well, and average the scores.
            quick: look for faces once, in a fraction of the time; small and tilted ones are missed.
            finder: what looks for faces; None: the usual one.

        Raises:
            ClientError: one of them is no picture, too; none is answered then.
            OSError: a file cannot be read.
        """
        files = [("pictures", _named(each)) for each in pictures]
        params: dict[str, str | bool] = {
            "careful": careful, "search": "quick" if quick else "thorough"
        }  # fmt: skip
        if finder is not None:
            params["finder"] = finder
        # Each may have 100 megapixels, and waits for those of others.
        seconds = self._timeout + 10.0 * len(pictures)
        return self._connection.ask(
            "POST", "/analyze", tuple[Picture, ...], seconds=seconds, files=files, params=params
        )


def _named(picture: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(picture, bytes):
        return "picture", picture
    path = Path(picture)
    with open_regular(path) as file:
        return path.name, file.read()
