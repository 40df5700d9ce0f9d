"""The switch for the Lab Streaming Layer, without a browser."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.live.lsl.library import LslMissingError
from emotion_core.sessions.edits.marks import read_marks
from pages.live import lsl, marks
from tests.live.streams.made import Viewer

TOGGLE = "Publish on the Lab Streaming Layer (LSL)"


class FakePublisher:
    """Stands in for `LslPublisher`."""

    def __init__(self, stream: object) -> None:
        self.stream = stream
        self.problem = ""
        self.closed = False
        self.marks: list[str] = []

    def mark(self, _: float, label: str) -> None:
        self.marks.append(label)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> Viewer:
    viewer = Viewer()
    monkeypatch.setattr(st, "tested_session", viewer.session, raising=False)
    monkeypatch.setattr(lsl, "server_is_offered", lambda: True)
    monkeypatch.setattr(lsl, "is_there", lambda: True)
    monkeypatch.setattr(lsl, "LslPublisher", FakePublisher)
    monkeypatch.setattr(lsl, "live_reader", lambda: SimpleNamespace(card="a card"))
    return viewer


@pytest.fixture
def page(viewer: Viewer) -> AppTest:  # noqa: ARG001
    def script() -> None:
        import streamlit as st

        from pages.live.lsl import choose_publishing

        choose_publishing(st.tested_session)

    return AppTest.from_function(script, default_timeout=60).run()


def test_it_is_off_until_somebody_switches_it_on(page: AppTest, viewer: Viewer) -> None:
    assert not page.exception
    assert viewer.session.publisher is None
    assert not page.toggle[0].value
    page.toggle[0].set_value(True).run()
    publisher = viewer.session.publisher
    assert isinstance(publisher, FakePublisher)
    assert publisher.stream is viewer.stream
    assert "such as “Expressions, person 1”" in page.caption[0].value
    page.run()
    assert viewer.session.publisher is publisher
    page.toggle[0].set_value(False).run()
    assert viewer.session.publisher is None
    assert publisher.closed
    assert not page.caption


def test_what_goes_wrong_is_shown(page: AppTest, viewer: Viewer) -> None:
    page.toggle[0].set_value(True).run()
    assert isinstance(viewer.session.publisher, FakePublisher)
    viewer.session.publisher.problem = "The Lab Streaming Layer takes nothing any more."
    page.run()
    assert page.error[0].value == (
        "The Lab Streaming Layer takes nothing any more. Switch it off and on to try again."
    )


def test_a_library_that_does_not_load_is_told(
    page: AppTest, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise LslMissingError("expected pylsl to load liblsl, found that it cannot")

    monkeypatch.setattr(lsl, "LslPublisher", fail)
    page.toggle[0].set_value(True).run()
    assert page.error[0].value == "expected pylsl to load liblsl, found that it cannot"
    assert viewer.session.publisher is None


def test_without_pylsl_one_line_says_how_to_get_it(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lsl, "is_there", lambda: False)
    page.run()
    assert not page.toggle
    assert [each.value for each in page.caption] == [
        "For the Lab Streaming Layer (LSL), “pip install -r requirements-lsl.txt”, then start the "
        "app again."
    ]


def test_a_viewer_elsewhere_publishes_nothing_here(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lsl, "server_is_offered", lambda: False)
    page.run()
    assert not page.toggle
    assert not page.caption


def test_a_mark_of_a_key_goes_out_as_well(
    viewer: Viewer, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path))
    publisher = viewer.session.publisher = FakePublisher(viewer.stream)
    viewer.film()
    viewer.stream.start_recording("lab")
    marks._mark(viewer.stream.recorder, viewer.session, "stimulus")
    assert publisher.marks == ["stimulus"]
    assert [each.label for each in read_marks(viewer.stream.recorder)] == ["stimulus"]
    marks._mark(viewer.stream.recorder, viewer.session, "")
    assert publisher.marks == ["stimulus"]  # what is refused marks nothing
    viewer.stream.stop_recording("lab")
