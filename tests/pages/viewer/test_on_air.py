from __future__ import annotations

from streamlit.testing.v1 import AppTest

#: A page of which `playing`, `seconds` and `page` are set from outside.
APP = """
import streamlit as st
from pages.viewer.on_air import OnAir, end_what_was_left, note_on_air, show_on_air

def end():
    was = st.session_state.seconds is not None
    st.session_state.seconds = None
    return was

page = st.session_state.page
end_what_was_left(page, is_live=page == "live_camera")
if page == "live_camera":
    note_on_air(
        OnAir(lambda: st.session_state.playing, lambda: st.session_state.seconds, end)
    )
show_on_air(page)
"""


def open_app() -> AppTest:
    app = AppTest.from_string(APP, default_timeout=60)
    for key, value in (("page", "live_camera"), ("playing", False), ("seconds", None)):
        app.session_state[key] = value
    return app


def shown(app: AppTest, **state: object) -> str:
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    return "\n".join(each.value for each in [*app.markdown, *app.info])


def test_the_sign_says_what_goes_on_on_every_page():
    app = open_app()
    assert shown(app) == ""
    assert "Video is on" in shown(app, playing=True)
    assert "Recording 1:05" in shown(app, seconds=65.9)
    assert "Video is on" in shown(app, page="photo")  # its end is noticed a little later
    assert "Video is on" in shown(app, page="sessions")
    assert shown(app, playing=False) == ""


def test_a_recording_that_leaving_ends_is_told_on_the_page_that_comes_next():
    app = open_app()
    shown(app, playing=True, seconds=3.0)
    told = shown(app, page="sessions")
    assert "You left **Live camera**, so the video ended and the recording with it." in told
    assert "Recording 0:0" not in told
    assert "You left" in shown(app)
    assert "You left" not in shown(app, page="photo")
    shown(app, page="live_camera")
    assert "You left" not in shown(app, page="sessions")


def test_a_viewer_who_never_was_on_the_live_page_sees_nothing():
    app = open_app()
    assert shown(app, page="photo") == ""
