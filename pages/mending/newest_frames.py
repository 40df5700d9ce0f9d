"""Hands every viewer the newest frame there is, where streamlit-webrtc would queue them."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import av
from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import VIDEO_CLOCK_RATE, VIDEO_TIME_BASE, MediaStreamError
from streamlit_webrtc.process import VideoProcessTrack

_LOG: Final = logging.getLogger(__name__)
_NOT_NEWEST: Final = (
    "streamlit-webrtc or aiortc is not the version in requirements.txt: its queue of frames cannot "
    "be switched off, so the video may lag on a busy machine"
)


def library_relay() -> MediaRelay | None:
    """Return the relay through which streamlit-webrtc sends; its name may go with any version."""
    try:
        from streamlit_webrtc.relay import get_global_relay

        return get_global_relay()
    except (ImportError, AttributeError):
        warn_once(_NOT_NEWEST)
        return None


def keep_newest_frames_only(relay: MediaRelay | None) -> bool:
    """Make ``relay`` hand over the newest frame instead of queueing all of them.

    The library subscribes with an unbounded queue before the encoder: when encoding is slower than
    the camera, the video lags by seconds after seconds (streamlit-webrtc issue 1422). Its
    asynchronous processing sends, for every frame that comes in, the one that was finished before.
    Its relay also remembers tracks that were never played: a viewer who left before the first
    picture would cost 10 MB for ever. Where this can no longer be changed, the video goes on with
    that and the log says so.

    Returns:
        Whether ``relay`` does so from now on. Streamers that use it then need
        ``async_processing=False``: `ProcessedTrack` takes care of that.
    """
    if relay is None:
        return False
    if isinstance(relay.subscribe, _Subscribe):
        return True
    if "buffered" not in inspect.signature(relay.subscribe).parameters:
        warn_once(_NOT_NEWEST)
        return False
    relay.subscribe = _Subscribe()  # type: ignore[method-assign]
    return True


def check_that_newest_frames_are_kept(relay: MediaRelay | None) -> None:
    """Say so in the log when a video plays that was not sent through ``relay``."""
    if relay and isinstance(relay.subscribe, _Subscribe) and not relay.subscribe.used:
        warn_once(_NOT_NEWEST)


@functools.cache
def warn_once(message: str) -> None:
    """Log ``message``, but once in a process: pages run again and again."""
    _LOG.warning(message)


class _Subscribe:
    """Stands in for the relay's method of this name, and remembers no track."""

    def __init__(self) -> None:
        self.used = False

    def __call__(self, track: MediaStreamTrack, buffered: bool = False) -> MediaStreamTrack:
        del buffered  # never
        self.used = True
        if isinstance(track, VideoProcessTrack):
            track = ProcessedTrack(track)
        return NewestFrameTrack(track)


class NewestFrameTrack(MediaStreamTrack):
    """Hands over the newest frame of another track, whose older ones are lost.

    It is that track's only reader, from when it is first asked itself and then to its end: nobody
    else empties the queue of a camera whose video is not sent any more.
    """

    def __init__(self, source: MediaStreamTrack) -> None:
        super().__init__()
        self.kind = source.kind
        self._source = source
        self._frame: object = None
        self._news = asyncio.Event()
        self._reading: asyncio.Future[None] | None = None

    async def recv(self) -> object:
        """Return the newest frame that was not returned yet, as soon as there is one."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._read())
        await self._news.wait()
        self._news.clear()
        if self._frame is None:
            self.stop()
            raise MediaStreamError
        return self._frame

    async def _read(self) -> None:
        with suppress(MediaStreamError):
            while True:
                self._frame = await self._source.recv()
                self._news.set()
        self._frame = None
        self._news.set()


class ProcessedTrack(MediaStreamTrack):
    """Processes frame by frame in a thread of its own, and sends each as soon as it is finished.

    The frames that come in meanwhile are dropped, except the newest. `VideoProcessTrack` processes
    in the event loop, which would hold up every viewer, and the library's other one returns with
    every new frame the result for the one before, 33 ms old.
    """

    kind = "video"

    def __init__(self, inner: VideoProcessTrack) -> None:
        super().__init__()
        self._inner = inner
        self._began = time.monotonic()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="frames")
        inner.on("ended", self.stop)

    async def recv(self) -> av.VideoFrame:
        """Return the newest frame, processed."""
        if self.readyState != "live" or self._inner.readyState != "live":
            raise MediaStreamError
        frame = await self._inner.track.recv()
        loop = asyncio.get_running_loop()
        try:
            processing = loop.run_in_executor(self._thread, self._process, frame)
        except RuntimeError:  # stopped while it waited for the frame
            raise MediaStreamError from None
        processed = await processing
        # Not the camera's time of it: a browser keeps the distances of these times. What was late
        # once, because packets were lost, would be shown late for long.
        processed.pts = int((time.monotonic() - self._began) * VIDEO_CLOCK_RATE)
        processed.time_base = VIDEO_TIME_BASE
        return processed

    def _process(self, frame: av.VideoFrame) -> av.VideoFrame:
        processed = self._inner.processor.recv(frame)
        if self._inner.readyState != "live":  # ended meanwhile: what came of this frame goes too
            self._inner.processor.on_ended()
        return processed

    def stop(self) -> None:
        """Send no more frames; may be called from any thread, and waits for nothing."""
        super().stop()
        self._thread.shutdown(wait=False)
