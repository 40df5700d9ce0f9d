"""Live camera: the viewer's video with faces, expressions and their scores."""

import time

import streamlit as st
from streamlit_webrtc.webrtc import SignallingTimeoutError

from emotion_core.errors import EmotionCoreError
from emotion_core.live import LiveSession, LiveSnapshot
from pages.shared import display, streaming
from pages.shared.detectors import live_reader, live_session
from pages.shared.navigation import ensure_navigation

REFRESH_SECONDS = 0.5
MOST_FACES = 4

IDLE = """
Press **Start** and allow the camera. Each picture goes to the machine that runs this app, comes
back with the faces framed and named, and is forgotten.
"""
NO_FACE = """
**No face found.** Look straight at the camera, come closer, and let light fall on your face rather
than from behind it.
"""
NO_PICTURE = """
**Connected; waiting for the camera's picture.** If none comes, look whether the camera is covered,
switched off, or in use by another program.
"""


def show_panel(
    session: LiveSession, watch: streaming.ConnectionWatch, playing: bool, signalling: bool
) -> None:
    """Show readings, or what to do when there are none."""
    now = time.monotonic()
    phase = watch.observe(playing=playing, signalling=signalling, now=now)
    body = st.container()
    problem = streaming.camera_problem("camera_problem")
    with body:
        if phase == "playing":
            show_readings(session.snapshot, now)
        elif phase in ("slow", "failed"):
            st.warning(streaming.CANNOT_CONNECT)
            offer_photo()
        elif problem:
            st.error(streaming.explain_camera_problem(problem))
            offer_photo()
        elif phase == "connecting":
            st.info("Connecting …")
        else:
            st.info(IDLE)


def show_readings(snapshot: LiveSnapshot, now: float) -> None:
    """Show every face's scores and how fast the stream is read."""
    if snapshot.last_error_time is not None and now - snapshot.last_error_time < 10:
        st.warning(
            f"Reading the faces failed on {snapshot.errors} pictures; the video goes on without. "
            f"Last error: {snapshot.last_error}"
        )
    if snapshot.last_frame_time is None or now - snapshot.last_frame_time > 3:
        st.info(NO_PICTURE)
        return
    if not snapshot.faces:
        st.info(NO_FACE)
    several = len(snapshot.faces) > 1
    for number, face in enumerate(snapshot.faces[:MOST_FACES], start=1):
        title = f"face {number} from the left" if several else ""
        st.html(display.face_scores(face, title))
    if len(snapshot.faces) > MOST_FACES:
        st.caption(f"and {len(snapshot.faces) - MOST_FACES} more faces")
    st.html(
        display.numbers(
            {
                "frames per second": f"{snapshot.frames_per_second:.1f}",
                "per frame, median": f"{snapshot.processing_ms_p50:.1f} ms",
                "95 % of frames within": f"{snapshot.processing_ms_p95:.1f} ms",
                "picture size": f"{snapshot.width}x{snapshot.height}",
            }
        )
    )


def offer_photo() -> None:
    """Link to the page that works without a video connection."""
    st.page_link("pages/photo.py", label="Use a photo instead", icon=":material/image:")


ensure_navigation()
display.use_style()
st.title("Live camera")
try:
    reader, session = live_reader(), live_session()
except EmotionCoreError as error:
    st.error(f"The model cannot be used. {error}")
    display.show_limits()
    st.stop()

watch = st.session_state.setdefault("live_connection", streaming.ConnectionWatch())
video, panel = st.columns([3, 2], gap="medium")
with video:
    playing = signalling = False
    try:
        playing, signalling = streaming.camera_stream(session).state
    except SignallingTimeoutError:
        watch.fail()
with panel:
    refresh = REFRESH_SECONDS if playing or signalling else None
    st.fragment(show_panel, run_every=refresh)(session, watch, playing, signalling)
display.show_model(reader.classifier.card)
display.show_limits()
