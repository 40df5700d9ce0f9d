"""A video source's way through the app's process to the browser."""

from __future__ import annotations

import asyncio
import functools
import time
from contextlib import suppress
from typing import Final

import av
import streamlit as st
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from streamlit_webrtc import WebRtcMode, WebRtcStreamerContext, webrtc_streamer

from emotion_core.live.session import LiveSession
from emotion_core.video.reader import SourceReader, SourceState
from emotion_core.video.sources import VideoSource
from pages.live import streaming, waiting
from pages.live.connection import read_connection
from pages.mending.encoding import encode_quickly
from pages.mending.newest_frames import keep_newest_frames_only, library_relay
from pages.mending.streamer import end_connection, tell_whether_viewer_left
from pages.viewer.navigation import came_from_another_page

_STREAM: Final = "source_stream"
_STREAMS_SO_FAR: Final = "source_streams_so_far"

# While no frame comes, it takes so long until a stop is noticed.
_LOOK_UP_SECONDS: Final = 0.25


class SourceTrack(MediaStreamTrack):
    """Plays a source from when the first frame is asked for, and sends the newest frame each time.

    Who connects but never comes to watch leaves no thread behind.
    """

    kind = "video"

    def __init__(self, reader: SourceReader) -> None:
        super().__init__()
        self._reader = reader
        self._news: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def recv(self) -> av.VideoFrame:
        """Return the newest frame, as soon as there is one that was not sent yet."""
        if self._news is None:
            self._news, self._loop = asyncio.Event(), asyncio.get_running_loop()
            self._reader.notify = self._wake
            self._reader.start()
        while self.readyState == "live":
            self._news.clear()
            if (frame := self._reader.take()) is not None:
                return frame
            if self._reader.state.over:
                self.stop()
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _LOOK_UP_SECONDS)
        raise MediaStreamError

    def stop(self) -> None:
        """Let go of the source; may be called from any thread, and waits for nothing."""
        # And wakes nobody: while one thread of streamlit-webrtc is in here, another one that ends
        # the same connection may take the player away, over which the first one would stumble.
        super().stop()
        self._reader.request_stop()

    def _wake(self) -> None:
        if self._loop is not None and self._news is not None:
            with suppress(RuntimeError):  # the server is ending, and its loop is closed
                self._loop.call_soon_threadsafe(self._news.set)


class SourcePlayer:
    """What streamlit-webrtc calls a player: it makes one when it connects, and stops its tracks."""

    audio = None

    def __init__(self, source: VideoSource, *, loop: bool) -> None:
        self.reader = SourceReader(source, loop=loop)
        self.video = SourceTrack(self.reader)


class SourceStream:
    """One source on the page, from its choice until it has ended or another one is chosen.

    Args:
        name: What to call the source.
        identity: Tells it from others; a whole video in memory would be held too long.
        outcome: How it ended when it was played before.
    """

    def __init__(self, name: str, identity: object, outcome: SourceState) -> None:
        self.name = name
        self.identity = identity
        self.outcome = outcome
        # The browser's part of a connection that has ended keeps its offer: each gets its own.
        number = st.session_state.get(_STREAMS_SO_FAR, 0) + 1
        st.session_state[_STREAMS_SO_FAR] = number
        self.key = f"{_STREAM}_{number}"
        self._loop = False
        self._player: SourcePlayer | None = None

    @property
    def loop(self) -> bool:
        """Whether a video starts again at its end."""
        return self._loop

    @loop.setter
    def loop(self, loop: bool) -> None:
        self._loop = loop
        if self._player is not None:
            self._player.reader.loop = loop

    @property
    def state(self) -> SourceState:
        """How the source is doing, or was when it was stopped."""
        return SourceState() if self._player is None else self._player.reader.state

    def make_player(self, source: VideoSource) -> SourcePlayer:
        """Return what plays ``source``; called in a thread of streamlit-webrtc."""
        self.outcome = SourceState()
        self._player = SourcePlayer(source, loop=self._loop)
        return self._player


def current() -> SourceStream | None:
    """Return the viewer's stream, if a source is chosen."""
    return st.session_state.get(_STREAM)


def stream_of(name: str, identity: object) -> SourceStream:
    """Return the stream of a source: the one there is, or a new one when that has ended."""
    stream = current()
    same = stream is not None and stream.identity == identity
    if same and not stream.state.over and not came_from_another_page():
        return stream
    outcome = stream.state if same and stream.state.over else SourceState()
    forget()
    st.session_state[_STREAM] = SourceStream(name, identity, outcome)
    return st.session_state[_STREAM]


def is_connected() -> bool:
    """Tell whether the viewer's stream was on its way when the page was run last."""
    stream = current()
    context = None if stream is None else st.session_state.get(stream.key)
    return context is not None and any(context.state)


def forget() -> None:
    """End the viewer's stream, if there is one."""
    if (stream := st.session_state.pop(_STREAM, None)) is not None:
        end_connection(stream.key)


def connect(
    session: LiveSession, stream: SourceStream, source: VideoSource
) -> WebRtcStreamerContext:
    """Show the video of a source with its Start and Stop; must be called on every run of the page.

    Raises:
        SignallingTimeoutError: the connection could not be prepared on this side.
    """
    newest_only = keep_newest_frames_only(library_relay())
    encode_quickly()
    if context := st.session_state.get(stream.key):
        tell_whether_viewer_left(context, left=False)
    settings = read_connection().settings
    configuration = settings.rtc_configuration(time.time())
    context = webrtc_streamer(
        key=stream.key,
        mode=WebRtcMode.RECVONLY,
        rtc_configuration=configuration,
        media_stream_constraints={"video": True, "audio": False},
        player_factory=functools.partial(stream.make_player, source),
        video_frame_callback=session.on_frame,
        on_video_ended=session.on_ended,
        async_processing=not newest_only,
        video_html_attrs={
            "autoPlay": True,
            "playsInline": True,
            "muted": True,
            "style": {"width": "100%", "borderRadius": "0.625rem", "background": "#000"},
        },
    )
    waiting.start_if_called(starting=any(context.state))
    if not any(context.state):
        streaming.renew_credentials(settings, configuration)
    return context
