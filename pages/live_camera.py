"""Live camera: the viewer's video with faces, expressions and their scores."""

import time

import streamlit as st
from streamlit_webrtc.webrtc import SignallingTimeoutError

from emotion_core.errors import EmotionCoreError
from emotion_core.live.figures import timelines_figure
from emotion_core.live.session import LiveSession
from emotion_core.live.settings import LiveSettings
from emotion_core.live.snapshot import LiveSnapshot
from emotion_core.quantities import counted, decimal
from pages.live import connection, sources, streaming, waiting
from pages.live.lsl import choose_publishing
from pages.live.notice import offer_notice
from pages.live.reader import (
    FOLLOW_SECONDS,
    card_shown,
    choose_finder,
    choose_model,
    follow_model_in_use,
    live_reader,
    live_session,
    show_model_in_use,
)
from pages.live.recording import show_recording, viewers_recording
from pages.live.rules import show_events, show_rules
from pages.live.viewers import is_outdated, refresh_seconds
from pages.mending.legacy_pages import ensure_navigation
from pages.viewer.clicks import once
from pages.viewer.kept import kept, offer_reset, within
from pages.widgets import display
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.text import plain

REFRESH_SECONDS = 0.5
TIMELINE_SECONDS = 2.0
MOST_FACES = 4

_SHOWN = ["Boxes", "Labels", "Scores", "Mirrored", "Faces blurred"]

IDLE = """
Press **Start** and allow the camera. Each frame goes to the machine that runs this app, comes back
with a box and an expression on each face, and is then discarded.
"""
NO_FACE = """
**No face found.** Look straight at the camera, come closer, and make sure the light is on your
face, not behind you.
"""
NO_PICTURE = """
**Connected; waiting for the camera's picture.** If none appears, check that the camera is
uncovered, switched on, and not in use by another program.
"""
FIRST_STEPS = """
**First time here?**
1. Press **Start**; your browser then asks about the camera.
2. Look at the camera: your expression appears on the video, with its scores beside it.
3. To keep the scores, press **Record** below. Otherwise nothing is stored.
"""

_FIRST_STEPS_READ = "live_first_steps_read"


def show_panel(
    session: LiveSession,
    watch: streaming.ConnectionWatch,
    playing: bool,
    signalling: bool,
    refresh: float | None,
    recordings: int,
) -> None:
    """Show readings, or what to do when there are none.

    Args:
        session: the viewer's.
        watch: of the connection.
        playing: whether there is video.
        signalling: whether it is about to come.
        refresh: seconds between two runs of this; None as long as there is no video.
        recordings: how many had been begun when the page ran.
    """
    if refresh is not None:
        if is_outdated(refresh, REFRESH_SECONDS, session):  # others have come, or left
            st.rerun()
        # Show at once what a program has begun to record, or has begun and ended since.
        if playing and viewers_recording().begun != recordings:
            st.rerun()
        follow_model_in_use(session)
        waiting.look_around()
    now = time.monotonic()
    phase = watch.observe(playing=playing, signalling=signalling, now=now)
    body = st.container()
    problem = streaming.camera_problem("camera_problem")
    with body:
        if waiting.is_waiting():
            offer_photo()
            return
        if phase in ("playing", "idle") and sources.show_source(playing=playing):
            return
        if phase == "playing":
            show_readings(session, now)
            show_model_in_use(session)
        elif phase in ("slow", "failed"):
            connection.show_why_it_failed(watch.attempts)
            offer_photo()
        elif problem:
            st.error(streaming.explain_camera_problem(problem))
            offer_photo()
        elif phase == "connecting":
            st.info("Connecting …")
        else:
            st.info(IDLE)


def show_readings(session: LiveSession, now: float) -> None:
    """Show every face's scores and, on demand, how fast the stream is read."""
    snapshot = session.snapshot
    if snapshot.last_error_time is not None and now - snapshot.last_error_time < 10:
        st.warning(
            f"Faces could not be read in {counted(snapshot.errors, 'frame')}; "
            "the video continues without them. "
            f"Last error: {snapshot.last_error}"
        )
    if snapshot.last_frame_time is None or now - snapshot.last_frame_time > 3:
        st.info(NO_PICTURE)
        return
    if not session.settings.detect:
        st.info("**Finding faces is switched off** (under Adjust).")
    elif not snapshot.faces:
        st.info(NO_FACE)
    card = card_shown(session)
    # A face of less than half a second may be none: it has a box on the video, and no bars yet.
    persons = [face for face in snapshot.tracks if face.person is not None]
    for face in persons[:MOST_FACES]:
        st.html(display.face_scores(face.smoothed, f"person {face.person}", card=card))
    if len(persons) > MOST_FACES:
        st.caption(f"and {counted(len(persons) - MOST_FACES, 'more face')}")
    show_events(session)
    details = st.toggle(
        "Details",
        kept("live_details", False),
        help="Technical figures: frame rate, frame size and delay.",
        key="live_details",
        persist_state="session",
    )
    if details:
        show_details(snapshot)


def show_details(snapshot: LiveSnapshot) -> None:
    """Show how fast the stream is read."""
    stream = snapshot.stream
    st.html(
        display.numbers(
            {
                "frames per second": decimal(stream.frames_per_second),
                "frame size": f"{snapshot.width}x{snapshot.height}",
                "time per frame, median": f"{decimal(stream.processing_ms_p50)} ms",
                "95% of frames take at most": f"{decimal(stream.processing_ms_p95)} ms",
                "delay added by this app": f"{stream.delay_ms:.0f} ms",
                "frames skipped": f"{stream.skipped}",
            }
        )
    )


def show_timelines(session: LiveSession) -> None:
    """Show everyone's scores over the last minute."""
    timelines = session.history.timelines(time.monotonic(), MOST_FACES)
    if timelines:
        st.plotly_chart(timelines_figure(timelines), key="timelines", config=NO_TOOLBAR)


def show_controls(session: LiveSession, playing: bool) -> None:
    """Show what can be changed while the video runs; a change counts from the next frame on."""
    usual = LiveSettings()
    below_video = st.empty()
    shown = st.pills(
        "On the video",
        _SHOWN,
        selection_mode="multi",
        default=kept("live_shown", ["Boxes", "Labels"], _SHOWN),
        key="live_shown",
        persist_state="session",
    )
    # Below the video and as wide, not over it: what is changed here is seen there. Run when it is
    # opened: the model in use may be another one by then.
    with st.expander("Adjust", key="live_adjust", on_change="rerun"):
        choose_model(disabled=session.recorder is not None)
        choose_finder()
        detect = st.toggle(
            "Find and read faces",
            kept("live_detect", True),
            key="live_detect",
            persist_state="session",
        )
        smoothing = st.slider(
            "Smoothing",
            0.0,
            3.0,
            kept("live_smoothing", usual.smoothing_seconds, within(0, 3)),
            0.1,
            format="%.1f s",
            help="Averages scores over about this long, of the face and of its mirror image in "
            "turn; 0 shows every reading as it is.",
            key="live_smoothing",
            persist_state="session",
        )
        smallest = st.slider(
            "Smallest face",
            5,
            60,
            kept("live_smallest", round(100 * usual.smallest_face), within(5, 60)),
            format="%d%%",
            help="The smallest face to look for, as a share of the frame's shorter side. A larger "
            "value is faster.",
            key="live_smallest",
            persist_state="session",
        )
        choose_publishing(session)
        offer_notice(below_video, needed=playing and sources.is_camera())
    session.settings = LiveSettings(
        detect=detect,
        smoothing_seconds=smoothing,
        smallest_face=smallest / 100,
        mirror="Mirrored" in shown,
        draw_boxes="Boxes" in shown,
        draw_labels="Labels" in shown,
        draw_bars="Scores" in shown,
        blur_faces="Faces blurred" in shown,
    )
    show_rules(session)
    offer_reset()


def show_first_steps() -> None:
    """Tell who is here for the first time what to do, until they have read it."""
    st.session_state.setdefault(_FIRST_STEPS_READ, kept(_FIRST_STEPS_READ, False, resets=False))
    if st.session_state[_FIRST_STEPS_READ]:
        return
    with st.container(
        border=True, horizontal=True, horizontal_alignment="distribute", key="first_steps"
    ):
        st.markdown(FIRST_STEPS)
        st.button(
            "Got it", icon=":material/check:", key="got_it", on_click=once(first_steps_are_read)
        )


def first_steps_are_read() -> None:
    """Show the first steps no more."""
    st.session_state[_FIRST_STEPS_READ] = True


def show_idle_model(session: LiveSession) -> None:
    """Name the model in use, whichever that is by now, while there is no video."""
    follow_model_in_use(session)
    show_model_in_use(session)


def offer_photo() -> None:
    """Link to the page that works without a video connection."""
    st.page_link("pages/photo.py", label="Use a photo instead", icon=":material/image:")


ensure_navigation()
display.use_style()
st.title("Live camera")
connection.show_connection_problem()
try:
    session = live_session()
except EmotionCoreError as error:
    st.error(f"The model cannot be used. {plain(str(error))}")
    display.show_limits()
    st.stop()

show_first_steps()
watch = st.session_state.setdefault("live_connection", streaming.ConnectionWatch())
video, panel = st.columns([3, 2], gap="medium")
with video:
    playing = signalling = False
    try:
        playing, signalling = sources.show_video(session)
    except SignallingTimeoutError:
        watch.fail()
    st.fragment(show_controls)(session, playing)
with panel:
    live = playing or signalling
    refresh = refresh_seconds(REFRESH_SECONDS, session) if live else None
    st.fragment(show_panel, run_every=refresh)(
        session, watch, playing, signalling, refresh, viewers_recording().begun
    )
if playing:
    st.fragment(show_timelines, run_every=refresh_seconds(TIMELINE_SECONDS, session))(session)
st.subheader("Record")
viewers_reader = live_reader()  # here: a program that records has no page to ask
show_recording(session, lambda: viewers_reader.card, playing)
if not live:
    st.fragment(show_idle_model, run_every=FOLLOW_SECONDS)(session)
display.show_limits()
