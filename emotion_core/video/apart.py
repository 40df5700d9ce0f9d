"""Has foreign video decoded by another process, which comes to harm in place of the app.

That is a file, or what a network camera sends; what the process does is in ``worker``. A picture is
asked for when it is wanted, so that process is two pictures of a file ahead (see ``ahead``), and
what its decoder holds. Pictures come over its pipe as planes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, TypedDict
from urllib.parse import urlsplit

import av
import numpy as np

from emotion_core.access.reach.relay import Relay, Target
from emotion_core.access.reach.rules import Rule
from emotion_core.errors import SourceError, SourceLostError, UnknownNameError
from emotion_core.system.processes.children import (
    Child,
    ChildEndedError,
    ChildError,
    ChildTooSlowError,
)
from emotion_core.system.processes.serving import CONTENT
from emotion_core.system.storage.json_reading import checked
from emotion_core.video.fitting import LARGEST_FRAME, PIXEL_FORMAT
from emotion_core.video.problems import unreachable
from emotion_core.video.sources import FileFacts, NetworkCamera, VideoFile

#: Seconds that opening a source, or one picture, may take; the process then hangs. What takes long
#: but goes on is told sooner, and in better words, by ``container``.
TIME_LIMIT: Final = 40.0

#: Seconds that closing a file may take.
LET_GO_LIMIT: Final = 1.0
#: A process that has opened so many files ends: with each, FFmpeg's threads keep some megabytes.
MOST_OPENINGS: Final = 8

_WORKER: Final = "emotion_core.video.worker"
_NO_FACTS: Final = FileFacts()
# FFmpeg goes through the proxy that is named in these.
_PROXIES: Final = ("http_proxy", "no_proxy")


class _Picture(TypedDict):
    width: int
    height: int
    pts: int | None
    time_base: tuple[int, int] | None
    color_range: int
    colorspace: int


class _Answer(TypedDict, total=False):
    refused: str
    lost: str
    paced: bool
    complaint: str
    origin: float
    seconds: float
    rate: float
    filmed: str
    indexed: bool


class Decoder:
    """A process that decodes one source, again and again if need be; leaving the context ends it.

    It starts with the first opening, and again when it has crashed.

    Args:
        heed: called in the thread that opens or takes frames, every ``children.PAUSE`` or sooner
            while that waits. What it raises comes out there, and ends the process.
    """

    def __init__(self, heed: Callable[[], None] = lambda: None) -> None:
        self._heed = heed
        self._child: Child | None = None
        self._openings = 0
        self._relay: Relay | None = None

    @contextmanager
    def open(
        self, source: VideoFile | NetworkCamera, start: float | None = None
    ) -> Iterator[DecodedVideo]:
        """Open a source: leaving the context closes it.

        Args:
            source: what to open.
            start: of a file, seconds after its start from which on frames are wanted; it then has
                `DecodedVideo.facts`, and leaving it leaves the process running: there will be more.

        Raises:
            SourceLostError: a camera does not answer.
            SourceError: there is no video, or what opens it crashed or hangs.
        """
        request, content = _request(source)
        if start is not None:
            request["start"] = start
        if isinstance(source, NetworkCamera) and source.rule is not None:
            opened = self._open_through_relay(source, source.rule, request)
        else:
            opened = self.ask(source, request, content)
        self._openings += 1
        names = FileFacts.__dataclass_fields__
        facts = FileFacts(**{name: opened[name] for name in names if name in opened})
        video = DecodedVideo(self, source, paced=bool(opened.get("paced")), facts=facts)
        try:
            yield video
        finally:
            # The live page repeats a video; of recorded ones there are many, each read in parts.
            if start is None:
                keeps = video.over
            else:
                keeps = self._openings < MOST_OPENINGS and (video.over or self._let_go())
            if not keeps:
                self.close()

    def _open_through_relay(
        self, camera: NetworkCamera, rule: Rule, request: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the answer of the process, which reaches nothing but what the rule allows.

        Raises:
            SourceLostError, SourceError: see ``open``; the latter also where the rule refuses.
        """
        if self._relay is None or self._relay.rule != rule:
            self.close()  # what the process may reach, is fixed when it begins
            self._relay = Relay(rule)
        parts, started = urlsplit(camera.address), time.monotonic()
        encrypted = parts.scheme == "rtsps"
        self._relay.prepare(Target(parts.hostname or "", camera.port, encrypted))
        try:
            opened = self.ask(camera, {**request, "relay": self._relay.port})
        except SourceError as error:
            problem = None if self._relay is None else self._relay.problem
            if problem is None:
                raise
            if isinstance(problem, OSError | UnknownNameError):
                raise unreachable(camera, problem, time.monotonic() - started) from error
            raise SourceError(str(problem)) from error
        self._relay.opened()
        return opened

    def _let_go(self) -> bool:
        """Have a file closed that was not read to its end; False when that takes long or fails.

        Another process would take half a second to start.
        """
        if self._child is None or not self._child.running:
            return False
        try:
            self._child.ask({"close": True}, time_limit=LET_GO_LIMIT)
        except (ChildError, OSError):
            return False
        return True

    def ask(
        self, source: VideoFile | NetworkCamera, request: Mapping[str, Any], content: bytes = b""
    ) -> dict[str, Any]:
        """Return what the process answers, as its ``Worker`` says, but for what it raises.

        Raises:
            SourceLostError: a camera is lost, or made the process crash or hang.
            SourceError: so did a file, or it holds no video.
        """
        is_camera = isinstance(source, NetworkCamera)
        kind = SourceLostError if is_camera else SourceError
        advice = (
            "restart the camera if this goes on" if is_camera else "convert it to MP4 with H.264"
        )
        try:
            # Only the process that opened the source has its next picture. Another one would have
            # nothing to give, which looks like the end of the video.
            child = self._child if not request else None
            answer = (
                child or self._running(with_proxies=is_camera and "relay" not in request)
            ).ask(request, content=content, progress=lambda _: self._heed(), time_limit=TIME_LIMIT)
            told = checked({**answer, CONTENT: None}, _Answer)
        except ChildTooSlowError as error:
            raise kind(
                f"expected {source.name} to open, or its next picture, within {TIME_LIMIT:.0f} s, "
                f"found that the video decoder hangs; {advice}"
            ) from error
        except ChildEndedError as error:
            raise kind(
                f"expected pictures from {source.name}, found that they crashed the video "
                f"decoder or used too much memory (exit code {error.code}); {advice}"
            ) from error
        except (ChildError, ValueError) as error:
            raise kind(
                f"expected pictures from {source.name}, found that the video decoder failed "
                f"({error}); {advice}"
            ) from error
        except OSError as error:
            raise kind(
                f"expected to start the video decoder for {source.name}, found that it does not "
                f"start ({error.strerror or error}); close other programs and try again"
            ) from error
        if "lost" in told:
            raise SourceLostError(told["lost"])
        if "refused" in told:
            raise SourceError(told["refused"])
        return answer

    def _running(self, *, with_proxies: bool) -> Child:
        if self._child is None or not self._child.running:
            if self._child is not None:
                self._child.close()
            self._openings = 0
            proxies = {name: os.environ[name] for name in _PROXIES if name in os.environ}
            self._child = Child(_WORKER, environment=proxies if with_proxies else {}, bare=True)
        return self._child

    def close(self) -> None:
        """End the process; may be called again."""
        if self._child is not None:
            self._child.close()
            self._child = None
        if self._relay is not None:
            self._relay.close()
            self._relay = None
        self._openings = 0

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class DecodedVideo:
    """A source while another process reads it: see `emotion_core.video.opening.OpenVideo`.

    Attributes:
        over: Whether it was read to its end, or cannot be read any further: it is closed there.
        facts: What its header says, where that was asked for.
    """

    def __init__(
        self,
        decoder: Decoder,
        source: VideoFile | NetworkCamera,
        *,
        paced: bool,
        facts: FileFacts = _NO_FACTS,
    ) -> None:
        self.paced = paced
        self.facts = facts
        self.complaint = ""
        self.over = False
        self._decoder = decoder
        self._source = source

    def frames(self) -> Iterator[av.VideoFrame | None]:
        """Yield frames as `emotion_core.video.fitting.fit_frame` gives them.

        Raises:
            SourceLostError, SourceError: see `Decoder.ask`.
        """
        while True:
            try:
                answer = self._decoder.ask(self._source, {})
            except SourceError:
                self.over = True
                raise
            if "complaint" in answer:
                self.complaint, self.over = answer["complaint"], True
                return
            yield self._frame(answer) if answer else None

    def _frame(self, answer: dict[str, Any]) -> av.VideoFrame:
        """Return an answer's picture. The process may be in a stranger's hands by now."""
        try:
            return _frame_of(checked(answer, _Picture), answer[CONTENT])
        except (LookupError, ValueError, ArithmeticError) as error:
            raise SourceError(
                f"expected pictures from {self._source.name}, found that the video decoder gives "
                f"something else ({error}); convert it to MP4 with H.264"
            ) from error


def _request(source: VideoFile | NetworkCamera) -> tuple[dict[str, Any], bytes]:
    if isinstance(source, NetworkCamera):
        return {"address": source.address}, b""
    if isinstance(source.content, bytes):
        return {"name": source.name}, source.content
    return {"name": source.name, "path": str(Path(source.content).absolute())}, b""


def _frame_of(picture: _Picture, content: bytearray) -> av.VideoFrame:
    """Return a frame.

    Raises:
        ValueError, ArithmeticError: there is no such frame.
    """
    width, height = picture["width"], picture["height"]
    if not (0 < width <= max(LARGEST_FRAME) and 0 < height <= max(LARGEST_FRAME)):
        raise ValueError(f"{width} x {height} pixels")
    planes = np.frombuffer(content, np.uint8).reshape(height * 3 // 2, width)
    frame = av.VideoFrame.from_ndarray(planes, format=PIXEL_FORMAT)
    frame.color_range = picture["color_range"]
    frame.colorspace = picture["colorspace"]
    frame.pts = picture["pts"]
    if picture["time_base"] is not None:
        frame.time_base = Fraction(*picture["time_base"])
    return frame
