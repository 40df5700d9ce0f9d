"""Other video than the viewer's own camera: choosing it, and what to say about it."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import streamlit as st
from streamlit_webrtc.component import WebRtcStreamerState

from emotion_core.errors import SourceError
from emotion_core.live.session import LiveSession
from emotion_core.video.reader import SourceState
from emotion_core.video.sources import NetworkCamera, PluggedCamera, VideoFile, VideoSource
from pages.live import source_stream, streaming, waiting
from pages.live.source_stream import SourceStream
from pages.mending.streamer import end_connection
from pages.mending.uploads import content_of
from pages.viewer.access import addresses_are_offered, rule_of_addresses, server_is_offered
from pages.viewer.kept import kept, within
from pages.viewer.uploads import LARGEST_VIDEO
from pages.widgets.text import plain

MY_CAMERA: Final = "My camera"
VIDEO_FILE: Final = "Video file"
NETWORK_CAMERA: Final = "Network camera"
SERVER_CAMERA: Final = "Server camera"

FILE_TYPES: Final = ["mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "ts", "ogv", "flv", "wmv"]

_KIND: Final = "live_source"
_UPLOAD: Final = "live_source_upload"
_PATH: Final = "live_source_path"
_LOOP: Final = "live_source_loop"
_ADDRESS: Final = "live_source_address"
_CAMERA_NUMBER: Final = "live_source_camera"
_WHOLE_ADDRESS: Final = "live_source_whole_address"

_WHICH: Final = {
    VIDEO_FILE: "Which video",
    NETWORK_CAMERA: "Which camera",
    SERVER_CAMERA: "Which camera",
}
NOTHING_YET: Final = {
    VIDEO_FILE: "**Choose a video file**, then press Start.",
    NETWORK_CAMERA: "**Enter the address of a camera**, then press Start. RTSP and HTTP work.",
}


def show_video(session: LiveSession) -> WebRtcStreamerState:
    """Show the choice of sources and the video of the chosen one; call it on every run.

    Raises:
        SignallingTimeoutError: the connection could not be prepared on this side.
    """
    kind = _choose_kind()
    if kind == MY_CAMERA:
        source_stream.forget()
        if not waiting.may_start(session, starting=streaming.is_starting()):
            end_connection(streaming.STREAMER_KEY)
            return WebRtcStreamerState(playing=False, signalling=False)
        return streaming.camera_stream(session).state
    end_connection(streaming.STREAMER_KEY)
    chosen = None
    # Out of the video's way while it plays.
    with st.expander(_WHICH[kind], expanded=not source_stream.is_connected()):
        try:
            chosen = _CHOICES[kind]()
        except SourceError as error:
            st.error(f"This address cannot be used: {plain(str(error))}.")
    has_place = waiting.may_start(session, starting=source_stream.is_connected())
    if chosen is None or not has_place:
        source_stream.forget()
        return WebRtcStreamerState(playing=False, signalling=False)
    stream = source_stream.stream_of(chosen.source.name, chosen.identity)
    stream.loop = kind == VIDEO_FILE and st.session_state[_LOOP]
    return source_stream.connect(session, stream, chosen.source).state


def show_source(*, playing: bool) -> bool:
    """Show what there is to say about a source instead of readings; return whether there was."""
    kind = st.session_state.get(_KIND, MY_CAMERA)
    if kind == MY_CAMERA:
        return False
    stream = source_stream.current()
    if stream is None:
        st.info(NOTHING_YET[kind])
        return True
    if not playing:
        _show_outcome(stream)
        return True
    state = stream.state
    if state.over:
        st.rerun()  # so that Start is offered again
    if state.phase == "opening":
        st.info(f"Opening {plain(stream.name)} …")
    elif state.phase == "lost":
        problem = plain(state.problem)
        st.warning(f"**No video at the moment:** {problem}.\n\n{_next_try(state)}")
    return state.phase != "playing"


def is_camera() -> bool:
    """Tell whether people may be in front of what is chosen: a file's were filmed before."""
    return st.session_state.get(_KIND, MY_CAMERA) != VIDEO_FILE


def _next_try(state: SourceState) -> str:
    seconds = math.ceil((state.next_try or 0.0) - time.monotonic())
    return f"Next try in {seconds} s." if seconds > 0 else "Trying again …"


def _show_outcome(stream: SourceStream) -> None:
    """Say how the last playing went, and what Start does."""
    outcome, name = stream.outcome, plain(stream.name)
    if outcome.phase == "failed":
        st.error(f"**{name} cannot be played:** {plain(outcome.problem)}.")
    elif outcome.problem:
        st.warning(f"**{name} has ended:** {plain(outcome.problem)}.")
    elif outcome.phase == "ended":
        st.info(f"**{name} has ended.** Press Start to play it again.")
    else:
        st.info(
            f"Press **Start** to play **{name}**. Each frame is processed on the machine that runs "
            "this app, shown here with a box and an expression on each face, and then discarded."
        )


# --- which source ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Chosen:
    """A source, and what tells it from others without holding a whole video."""

    source: VideoSource
    identity: object


def _choose_kind() -> str:
    kinds = [MY_CAMERA, VIDEO_FILE]
    if addresses_are_offered():
        kinds.append(NETWORK_CAMERA)
    if server_is_offered():
        kinds.append(SERVER_CAMERA)
    if st.session_state.get(_KIND) not in kinds:  # they might when they chose it
        st.session_state.pop(_KIND, None)
    return st.pills(
        "Video from",
        kinds,
        default=kept(_KIND, MY_CAMERA, kinds),
        required=True,
        key=_KIND,
        persist_state="session",
        label_visibility="collapsed",
        wrap=True,
    )


def _choose_file() -> _Chosen | None:
    upload = st.file_uploader(
        "A video with one or more faces",
        type=FILE_TYPES,
        max_upload_size=LARGEST_VIDEO,
        key=_UPLOAD,
    )
    path = ""
    if server_is_offered():
        path = st.text_input(
            "Or its path on the machine that runs this app",
            kept(_PATH, ""),
            placeholder="/home/me/video.mp4",
            key=_PATH,
            persist_state="session",
        ).strip()
    st.toggle("Loop", kept(_LOOP, usual=False), key=_LOOP, persist_state="session")
    if upload is not None:
        return _Chosen(VideoFile(upload.name, content_of(upload)), upload.file_id)
    return _whole(VideoFile.at(path)) if path else None


def _choose_address() -> _Chosen | None:
    typed = st.text_input(
        "Address",
        placeholder="rtsp://name:password@192.168.1.20/stream",
        help="Forgotten when you reload the page: it may contain a password.",
        key=_ADDRESS,
        persist_state="session",
        on_change=_hide_secrets,
    ).strip()
    whole = st.session_state.get(_WHOLE_ADDRESS, "")
    rule = rule_of_addresses()
    if whole and NetworkCamera(whole).name == typed:
        st.caption("User name, password and everything after “?” are used, but not shown.")
        return _whole(NetworkCamera(whole, rule))
    st.session_state.pop(_WHOLE_ADDRESS, None)
    return _whole(NetworkCamera(typed, rule)) if typed else None


def _hide_secrets() -> None:
    """Take user name, password and query out of the address on the page, and keep them."""
    typed = st.session_state[_ADDRESS].strip()
    with suppress(SourceError):
        camera = NetworkCamera(typed)
        if camera.name != typed:
            st.session_state[_WHOLE_ADDRESS] = typed
            st.session_state[_ADDRESS] = camera.name


def _choose_camera() -> _Chosen:
    number = st.number_input(
        "Camera number",
        0,
        63,
        kept(_CAMERA_NUMBER, 0, within(0, 63)),
        key=_CAMERA_NUMBER,
        persist_state="session",
        width=200,
    )
    return _whole(PluggedCamera(number))


def _whole(source: VideoSource) -> _Chosen:
    return _Chosen(source, source)


_CHOICES: Final = {
    VIDEO_FILE: _choose_file,
    NETWORK_CAMERA: _choose_address,
    SERVER_CAMERA: _choose_camera,
}
