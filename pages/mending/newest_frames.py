"""Hands every viewer the newest frame there is, where streamlit-webrtc would queue them."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import av
from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError
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
    Where this can no longer be changed, the video goes on with that and the log says so.

    Returns:
        Whether ``relay`` does so from now on. Streamers that use it then need
        ``async_processing=False``: `ProcessedTrack` takes care of that.
    """
    if relay is None:
        return False
    if isinstance(relay.subscribe, _NewestOnly):
        return True
    if "buffered" not in inspect.signature(relay.subscribe).parameters:
        warn_once(_NOT_NEWEST)
        return False
    relay.subscribe = _NewestOnly(relay.subscribe)  # type: ignore[method-assign]
    return True


def check_that_newest_frames_are_kept(relay: MediaRelay | None) -> None:
    """Say so in the log when a video plays that was not sent through ``relay``."""
    if relay and isinstance(relay.subscribe, _NewestOnly) and not relay.subscribe.used:
        warn_once(_NOT_NEWEST)


@functools.cache
def warn_once(message: str) -> None:
    """Log ``message``, but once in a process: pages run again and again."""
    _LOG.warning(message)


class _NewestOnly:
    """`MediaRelay.subscribe` without the queue."""

    def __init__(self, subscribe: Callable[..., MediaStreamTrack]) -> None:
        self._subscribe = subscribe
        self.used = False

    def __call__(
        self, track: MediaStreamTrack, buffered: bool = False, **options: object
    ) -> MediaStreamTrack:
        del buffered
        self.used = True
        if isinstance(track, VideoProcessTrack):
            track = ProcessedTrack(track)
        return self._subscribe(track, buffered=False, **options)


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
        processed.pts, processed.time_base = frame.pts, frame.time_base
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
