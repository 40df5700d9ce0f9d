"""The camera's way to this process and back, and whether it is open."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer
from streamlit_webrtc import WebRtcMode, WebRtcStreamerContext, webrtc_streamer

from emotion_core.live.connection.servers import IceSettings
from emotion_core.live.session import LiveSession
from pages.live import waiting
from pages.live.connection import read_connection
from pages.live.viewers import MANY_FRAMES, camera_rate
from pages.mending.encoding import encode_quickly
from pages.mending.lost_packets import go_on_after_losses
from pages.mending.newest_frames import (
    check_that_newest_frames_are_kept,
    keep_newest_frames_only,
    library_relay,
)
from pages.mending.streamer import tell_whether_viewer_left
from pages.viewer.navigation import came_from_another_page
from pages.widgets.text import plain

#: After this long without a picture, connecting counts as failed and the page says why.
CONNECT_SECONDS: Final = 15.0

STREAMER_KEY: Final = "live_camera"
_CAMERA_RATE: Final = "live_camera_rate"

#: More pixels or frames cost bandwidth and time and gain nothing: a face is read at 48x48.
CAMERA: Final[dict[str, Any]] = {
    "video": {
        "width": {"ideal": 640, "max": 1280},
        "height": {"ideal": 480, "max": 720},
        "frameRate": {"ideal": MANY_FRAMES, "max": 30},
    },
    "audio": False,
}


def camera_stream(session: LiveSession) -> WebRtcStreamerContext:
    """Show the video with its controls; must be called on every run of the page.

    Raises:
        SignallingTimeoutError: the connection could not be prepared on this side.
    """
    go_on_after_losses()
    relay = library_relay()
    newest_only = keep_newest_frames_only(relay)
    encode_quickly()
    if context := st.session_state.get(STREAMER_KEY):
        tell_whether_viewer_left(context, left=came_from_another_page())
    settings = read_connection().settings
    configuration = settings.rtc_configuration(time.time())
    context = webrtc_streamer(
        key=STREAMER_KEY,
        mode=WebRtcMode.SENDRECV,
        rtc_configuration=configuration,
        media_stream_constraints=_camera(session),
        video_frame_callback=session.on_frame,
        on_video_ended=session.on_ended,
        async_processing=not newest_only,
        sendback_audio=False,
        # iOS shows a video inside the page only with all three of these.
        video_html_attrs={
            "autoPlay": True,
            "playsInline": True,
            "muted": True,
            "style": {"width": "100%", "borderRadius": "0.625rem", "background": "#000"},
        },
        translations={
            "select_device": "Choose camera",
            "device_ask_permission": "Please let this page use the camera",
            "device_not_available": "No camera is available",
            "device_access_denied": "The browser does not let this page use the camera; allow it "
            "with the camera icon beside the address",
            "media_api_not_available": "Browsers allow the camera only on localhost or over https",
        },
    )
    waiting.start_if_called(starting=any(context.state))
    if not any(context.state):
        renew_credentials(settings, configuration)
    elif context.state.playing:
        check_that_newest_frames_are_kept(relay)
    return context


def _camera(session: LiveSession) -> dict[str, Any]:
    """Return what to ask the browser's camera for; the same as long as a stream goes on."""
    if not is_starting() or _CAMERA_RATE not in st.session_state:
        st.session_state[_CAMERA_RATE] = camera_rate(session)
    rate = {"ideal": st.session_state[_CAMERA_RATE], "max": 30}
    return {**CAMERA, "video": {**CAMERA["video"], "frameRate": rate}}


def is_starting() -> bool:
    """Tell whether the viewer has pressed Start, or streams."""
    context = st.session_state.get(STREAMER_KEY)
    return context is not None and any(context.state)


def renew_credentials(settings: IceSettings, shown: dict[str, Any]) -> None:
    """Run the page again before the credentials in the configuration ``shown`` run out.

    The browser uses what it was given last, and a page may stay open for hours before Start.
    """
    if settings.turn_shared_secret:
        renew = st.fragment(_rerun_if_outdated, run_every=settings.turn_lifetime_seconds / 4)
        renew(settings, shown)


def _rerun_if_outdated(settings: IceSettings, shown: dict[str, Any]) -> None:
    if settings.rtc_configuration(time.time()) != shown:
        st.rerun()


Phase = Literal["idle", "connecting", "slow", "playing", "failed"]


@dataclass
class ConnectionWatch:
    """Tells a slow or failed connection from one that is only starting.

    The browser reports nothing when its packets get lost, so time has to tell.
    """

    connecting_since: float | None = None
    last_observed: float = 0.0
    failed: bool = False
    attempts: int = 0
    """How often connecting was tried."""

    def observe(self, *, playing: bool, signalling: bool, now: float) -> Phase:
        """Return the phase of the connection, given the streamer's state at ``now`` (seconds)."""
        pause, self.last_observed = now - self.last_observed, now
        if playing:
            self.connecting_since, self.failed = None, False
            return "playing"
        if signalling:
            if self.connecting_since is None:
                self.connecting_since, self.failed = now, False
                self.attempts += 1
            return "slow" if now - self.connecting_since >= CONNECT_SECONDS else "connecting"
        if self.connecting_since is not None:
            # Browsers give up after about 15 s; a viewer who presses Stop does so earlier, and one
            # who went to another page meanwhile has not been looked at for a while.
            long = now - self.connecting_since >= CONNECT_SECONDS / 2
            self.failed = long and pause < CONNECT_SECONDS / 3
            self.connecting_since = None
        return "failed" if self.failed else "idle"

    def fail(self) -> None:
        """Note that this side gave up."""
        self.connecting_since, self.failed = None, True
        self.attempts += 1


def camera_problem(key: str) -> str:
    """Return the error the browser met when it opened the camera, or ""; shows nothing itself."""
    result = _problem_watcher()(
        key=key, default={"problem": ""}, on_problem_change=lambda: None, height=1
    )
    return result.problem or ""


@functools.cache
def _problem_watcher() -> ComponentRenderer:
    script = Path(__file__).parent / "camera_problem.js"
    return st.components.v2.component("camera_problem", js=script.read_text("utf-8"))


def explain_camera_problem(problem: str) -> str:
    """Return what to do about an error such as "NotAllowedError: Permission denied".

    Args:
        problem: name and message of what ``getUserMedia`` threw, a ``DOMException`` as a rule
            (W3C Media Capture and Streams, 10.2.1), in the words of any browser.
    """
    for signs, explanation in _EXPLANATIONS.items():
        if any(sign in problem for sign in signs):
            return explanation
    return f"The camera could not be started. {_TRY_AGAIN} The browser says: {plain(problem)}"


_TRY_AGAIN: Final = "Reload the page and press Start again, or try another browser."
#: By what the browser's error says; the first that fits counts.
_EXPLANATIONS: Final = {
    ("denied by system",): (
        "Your computer or phone does not let this browser use the camera. Allow it in the system's "
        "privacy settings, under Camera, then press Start again."
    ),
    ("dismissed",): (
        "The browser's question about the camera was dismissed. Press Start again and choose Allow."
    ),
    ("NotAllowedError", "PermissionDeniedError", "SecurityError"): (
        "The browser did not let this page use the camera. Allow it with the camera icon beside "
        "the address, or in the settings of the browser and the system, then press Start again."
    ),
    ("NotFoundError", "DevicesNotFoundError"): (
        "No camera was found. Plug one in or switch it on, then press Start again."
    ),
    ("NotReadableError", "TrackStartError", "AbortError", "No video track acquired"): (
        "The camera cannot be opened; another program is probably using it. Close that program, "
        "then press Start again."
    ),
    ("OverconstrainedError", "ConstraintNotSatisfiedError"): (
        "This camera offers no picture of 1280x720 or smaller. Choose another camera, then press "
        "Start again."
    ),
    ("mediaDevices is undefined", "TypeError"): (
        "Browsers allow the camera only on localhost or over https. Open this app at "
        "http://localhost, or serve it over https."
    ),
    ("getUserMedia is not implemented",): (
        "This browser cannot use a camera. Try a current Chrome, Edge, Firefox or Safari."
    ),
    ("InvalidStateError",): (
        "The page was in the background when it asked for the camera. Return to it and press Start "
        "again."
    ),
}
