"""The pages without a browser: what stands on them in every state."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pyarrow as pa
import pytest
import skimage.data
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit_webrtc.component import WebRtcStreamerState
from streamlit_webrtc.webrtc import SignallingTimeoutError

import emotion_core.models.folder
from emotion_core.emotions import UNCERTAIN_COLOR
from emotion_core.errors import ModelError
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import EmotionDetector, FaceReading, PersonReading
from emotion_core.live.reader import LiveFace, LiveFaceReader
from emotion_core.live.session import LiveSession
from emotion_core.live.settings import LiveSettings
from emotion_core.live.streams.registry import STREAMS
from emotion_core.models.folder import CARD_FILE, LITERT_FILE, default_model_dir
from emotion_core.models.in_use import model_in_use, put_to_use
from emotion_core.quantities import percent
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import (
    Session,
    find_session,
    list_sessions,
    rename_session,
)
from emotion_core.system.storage.folders import PROJECT
from pages.live import streaming
from tests.sessions.photos.sets import photo_session

LIMITS = ["cannot tell what somebody feels", "nothing is stored unless you ask"]
HAPPY = (0.05, 0.01, 0.04, 0.72, 0.05, 0.03, 0.10)
ANGRY = (0.72, 0.01, 0.04, 0.05, 0.05, 0.03, 0.10)


class FixedDetector(EmotionDetector):
    """Finds what it was told, whatever the picture shows."""

    def __init__(self, faces: list[FaceReading]) -> None:
        card = SimpleNamespace(
            name="tiny",
            metrics={"accuracy": 0.6634},
            measured_on="FER2013 PublicTest",
            certainty_threshold=0.0,
            files={"model.tflite": "0" * 64},
        )
        card.mirrored = card
        super().__init__(face_detector=None, classifier=SimpleNamespace(card=card))
        self.faces = faces
        self.careful: list[bool] = []

    def detect(self, _: np.ndarray, *, careful: bool = False) -> list[FaceReading]:
        self.careful.append(careful)
        return self.faces


class FixedReader(LiveFaceReader):
    """Finds what the detector finds, in every frame."""

    seconds_a_face = 0.0

    def __init__(self, detector: FixedDetector) -> None:
        super().__init__(detector.classifier)
        if self.seconds_a_face:
            detector.classifier.seconds_a_face = self.seconds_a_face
        self.detector = detector

    def read(self, image: np.ndarray, *_: float) -> list[LiveFace]:
        faces = self.detector.detect(image)
        return [LiveFace(n, face, face, person=n) for n, face in enumerate(faces, start=1)]


@pytest.fixture(autouse=True)
def no_memory_between_tests() -> None:
    st.cache_resource.clear()


@pytest.fixture
def use_faces(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let every detector and live reader find the given faces."""

    def use(*faces: FaceReading) -> None:
        detector = FixedDetector(list(faces))
        monkeypatch.setattr(EmotionDetector, "load", lambda *_: detector)
        monkeypatch.setattr(LiveFaceReader, "load", lambda _: FixedReader(detector))

    return use


@pytest.fixture
def sessions_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where sessions go in a test."""
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    return tmp_path / "sessions"


@pytest.fixture
def model_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A library with two models beside the usual one, none of which is in use."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    shipped = default_model_dir()
    for name in ("other", "broken"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        shutil.copy(shipped / LITERT_FILE, folder)
        card = json.loads((shipped / CARD_FILE).read_text("utf-8"))
        (folder / CARD_FILE).write_text(json.dumps({**card, "name": name}), "utf-8")
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


def text_of(page: AppTest) -> str:
    """Return everything a reader sees."""
    elements = [*page.title, *page.caption, *page.markdown, *page.info, *page.warning, *page.error]
    return "\n".join([element.value for element in elements] + html_of(page))


def html_of(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html")]


class TestLiveCamera:
    @pytest.fixture
    def open_page(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
        """Run the page with a streamer in the given state and frames that have arrived."""

        def run(
            *,
            playing: bool = False,
            signalling: bool = False,
            frames: int = 0,
            problem: str = "",
            detect: Callable[[LiveSession], None] = lambda _: None,
        ) -> AppTest:
            def camera_stream(session: LiveSession) -> SimpleNamespace:
                detect(session)
                for _ in range(frames):
                    session.on_frame(av_frame())
                return SimpleNamespace(state=WebRtcStreamerState(playing, signalling))

            monkeypatch.setattr(streaming, "camera_stream", camera_stream)
            monkeypatch.setattr(streaming, "camera_problem", lambda _: problem)
            page = AppTest.from_file(str(PROJECT / "pages/live_camera.py"), default_timeout=30)
            # Without app.py around it, the page knows no other page to link to.
            monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))
            page.run()
            assert not page.exception
            return page

        return run

    def test_before_the_start_it_says_what_will_happen(self, use_faces, open_page):
        use_faces()
        text = text_of(open_page())
        assert "Press **Start** and allow the camera." in text
        assert "Model: **tiny**, right on 66.3% of FER2013 PublicTest" in text
        for sentence in LIMITS:
            assert text.count(sentence) == 1

    def test_figures_are_of_the_views_that_are_read(self, monkeypatch, open_page):
        detector = FixedDetector([])
        card = detector.classifier.card
        both = {"accuracy": 0.6889, "view": "mirrored"}
        card.mirrored = SimpleNamespace(**vars(card) | {"metrics": both})
        monkeypatch.setattr(LiveFaceReader, "load", lambda _: FixedReader(detector))
        page = open_page()
        careful = "right on 68.9% of FER2013 PublicTest (each with its mirror image)"
        assert careful in text_of(page)
        page.slider(key="live_smoothing").set_value(0.0)
        page.run()
        page.run()  # what names the model runs by itself, after the change
        text = text_of(page)
        assert "right on 66.3% of FER2013 PublicTest" in text
        assert careful not in text

    def test_a_face_is_named_with_all_scores_and_measurements(self, use_faces, open_page):
        use_faces(FaceReading(Box(10, 10, 50, 50), HAPPY))
        page = open_page(playing=True, frames=3)
        html = "\n".join(html_of(page))
        assert '<span class="emotion">happy</span>' in html
        assert f'<span class="confidence">{percent(0.72)}</span>' in html
        assert html.count('class="score"') == 7
        assert "frames per second" not in html
        page.toggle(key="live_details").set_value(v=True).run()
        html = "\n".join(html_of(page))
        assert "frames per second" in html
        assert "160x120" in html
        assert "frames skipped" in html
        assert "delay added by this app" in html

    def test_an_uncertain_face_is_said_to_be_one(self, use_faces, open_page):
        use_faces(FaceReading(Box(10, 10, 50, 50), HAPPY, certainty_threshold=0.8))
        html = "\n".join(html_of(open_page(playing=True, frames=3)))
        assert '<span class="emotion">uncertain</span>' in html
        assert f'<span class="confidence">happy {percent(0.72)}</span>' in html
        assert f'class="dot" style="background:{UNCERTAIN_COLOR}"' in html
        assert html.count('class="score"') == 7

    def test_several_faces_are_told_apart_and_bounded(self, use_faces, open_page):
        faces = [FaceReading(Box(x, 10, 20, 20), ANGRY) for x in range(0, 120, 20)]
        use_faces(*faces)
        page = open_page(playing=True, frames=1)
        html = "\n".join(html_of(page))
        assert html.count('class="face"') == 4
        assert "person 4" in html
        assert "and 2 more faces" in text_of(page)

    def test_no_face(self, use_faces, open_page):
        use_faces()
        assert "No face found." in text_of(open_page(playing=True, frames=1))

    def test_what_the_controls_say_counts_for_the_next_frame(self, use_faces, open_page):
        use_faces(FaceReading(Box(10, 10, 50, 50), HAPPY))
        seen = []
        page = open_page(detect=lambda session: seen.append(session))
        assert seen[-1].settings == LiveSettings(smallest_face=0.12)
        page.button_group(key="live_shown").set_value(["Mirrored", "Faces blurred", "Scores"])
        page.slider(key="live_smoothing").set_value(0.0)
        page.slider(key="live_smallest").set_value(30)
        page.toggle(key="live_detect").set_value(v=False)
        page.run()
        assert seen[-1].settings == LiveSettings(
            detect=False,
            smoothing_seconds=0.0,
            smallest_face=0.3,
            mirror=True,
            draw_boxes=False,
            draw_labels=False,
            draw_bars=True,
            blur_faces=True,
        )

    def test_the_finder_that_is_chosen_counts_for_the_next_frame(self, use_faces, open_page):
        use_faces()
        seen = []
        page = open_page(detect=lambda session: seen.append(session))
        tracker = seen[-1]._reader.tracker
        assert page.selectbox(key="live_finder").value == "haar+blazeface"
        for chosen, kind in (
            ("blazeface", "BlazeFaceFinder"),
            ("haar", "HaarFaceFinder"),
            ("haar+blazeface", "TwoFinders"),
        ):
            page.selectbox(key="live_finder").select(chosen).run()
            assert not page.exception
            assert type(tracker._finder).__name__ == kind

    def test_another_model_is_put_to_work(self, use_faces, open_page, model_library):
        use_faces()
        readers = []
        page = open_page(detect=lambda session: readers.append(session._reader))
        page.selectbox(key="model_in_use").set_value("other").run()
        assert not page.exception
        assert "Model: **other**" in text_of(page)
        assert readers[-1].classifier.card.name == "other"
        assert model_in_use().folder == model_library / "other"
        (model_library / "broken" / LITERT_FILE).write_bytes(b"nothing")
        page.selectbox(key="model_in_use").set_value("broken").run()
        assert "This model cannot be used." in text_of(page)
        assert page.selectbox(key="model_in_use").value == "other"
        assert readers[-1].classifier.card.name == "other"

    def test_it_follows_what_is_put_to_use_elsewhere(self, use_faces, open_page, model_library):
        use_faces()
        readers = []
        page = open_page(playing=True, frames=1, detect=lambda s: readers.append(s._reader))
        assert "Model: **tiny**" in text_of(page)
        put_to_use(model_library / "other")
        page.run()
        assert "Model: **other**" in text_of(page)
        assert page.selectbox(key="model_in_use").value == "other"
        assert readers[-1].classifier.card.name == "other"
        assert readers[-1] is readers[0]  # the video goes on with the same reader

        shutil.rmtree(model_library / "other")
        page.run()
        text = text_of(page).replace("\\", "")
        assert "Model: **fer2013-vgg**" in text
        assert "other cannot be used, so fer2013-vgg reads the faces." in text

    def test_a_slow_model_is_warned_of(self, use_faces, open_page, monkeypatch):
        use_faces()
        warning = "It takes 225 ms for a face on this machine. Live video goes on at its own rate"
        assert warning not in text_of(open_page(playing=True, frames=1))
        monkeypatch.setattr(FixedReader, "seconds_a_face", 0.225)
        st.cache_resource.clear()
        for playing in (True, False):
            assert warning in text_of(open_page(playing=playing, frames=int(playing)))

    def test_a_recording_keeps_its_model(
        self, use_faces, open_page, model_library, sessions_folder
    ):
        use_faces(FaceReading(Box(10, 10, 50, 50), HAPPY))
        page = open_page(playing=True, frames=3)
        page.checkbox(key="record_consent 0").check().run()
        page.button(key="start_recording 0").click().run()
        put_to_use(model_library / "other")
        page.run()
        assert "**other** is now in use. It takes over when the recording ends." in text_of(page)
        assert "Model: **tiny**" in text_of(page)
        assert page.selectbox(key="model_in_use").disabled
        page.button(key="stop_recording").click().run()
        page.run()
        assert "Model: **other**" in text_of(page)
        (session,) = list_sessions(sessions_folder).sessions
        assert session.header.description.model_name == "tiny"
        assert session.header.description.settings["view"] == "mirrored"

    def test_the_first_steps_are_told_until_they_are_read(self, use_faces, open_page):
        use_faces()
        page = open_page()
        assert "First time here?" in text_of(page)
        page.button(key="got_it").click().run()
        assert not page.exception
        assert "First time here?" not in text_of(page)
        page.run()
        assert "First time here?" not in text_of(page)

    def test_switched_off_is_no_missing_face(self, use_faces, open_page):
        use_faces()
        page = open_page(playing=True, frames=1)
        page.toggle(key="live_detect").set_value(v=False).run()
        assert "Finding faces is switched off" in text_of(page)
        assert "No face found." not in text_of(page)

    def test_the_last_minute_is_drawn(self, use_faces, open_page):
        use_faces(FaceReading(Box(10, 10, 50, 50), HAPPY))
        (chart,) = open_page(playing=True, frames=2).get("plotly_chart")
        assert "person 1" in chart.proto.spec

    def test_nothing_is_recorded_without_consent_and_a_camera(self, use_faces, open_page):
        use_faces()
        page = open_page(playing=True, frames=1)
        assert page.button(key="start_recording 0").disabled
        page.checkbox(key="record_consent 0").check().run()
        assert not page.button(key="start_recording 0").disabled
        idle = open_page()
        idle.checkbox(key="record_consent 0").check().run()
        assert idle.button(key="start_recording 0").disabled

    def test_each_recording_is_agreed_to_by_itself(self, use_faces, open_page):
        """A browser shows a box that comes back unticked, whatever the server remembers of it."""
        use_faces()
        page = open_page(playing=True, frames=1)
        page.checkbox(key="record_consent 0").check().run()
        page.toggle(key="record_video 0").set_value(True).run()
        page.button(key="start_recording 0").click().run()
        page.button(key="stop_recording").click().run()
        page.run()
        assert not page.checkbox(key="record_consent 1").value
        assert not page.toggle(key="record_video 1").value
        assert page.button(key="start_recording 1").disabled

    def test_a_late_click_belongs_to_a_button_that_is_gone(self, use_faces, open_page):
        """Of several, a busy machine served one after Stop: another recording began by itself."""
        use_faces()
        page = open_page(playing=True, frames=1)
        page.checkbox(key="record_consent 0").check().run()
        clicked = page.button(key="start_recording 0")
        clicked.click().run()
        page.button(key="stop_recording").click().run()
        assert clicked.proto.id not in [button.proto.id for button in page.button]

    def test_a_session_is_recorded_and_summed_up(self, use_faces, open_page, sessions_folder):
        use_faces(FaceReading(Box(10, 10, 50, 50), HAPPY))
        page = open_page(playing=True, frames=3)
        page.checkbox(key="record_consent 0").check().run()
        page.button(key="start_recording 0").click().run()
        assert "Recording" in text_of(page)
        page.run()  # three more frames
        for key in ("mark 1", "mark 2", "mark 1", "undo_mark", "mark rest"):
            page.button(key=key).click().run()
        assert re.search(
            r"bookmark: rest \d+:\d\d\.\d · response \d+:\d\d\.\d · stimulus", text_of(page)
        )
        page.button(key="stop_recording").click().run()
        page.run()
        assert not page.exception
        text = text_of(page)
        assert "The session just recorded" in "".join(each.value for each in page.subheader)
        (session,) = list_sessions(sessions_folder).sessions
        assert session.state == "complete"
        assert session.frames >= 3
        marks = [(mark.label, mark.seconds) for mark in read_marks(session)]
        assert marks == [("stimulus", 0), ("response", 0), ("rest", 5)]
        assert session.header.description.model_name == "tiny"
        assert "agreed to be recorded" in session.header.description.consent
        assert f"<b>{session.frames}</b><span>frames</span>" in text
        page.session_state["part"] = "Files"
        page.run()
        assert {"CSV", "Parquet", "ZIP"} <= {each.label for each in page.get("download_button")}

    def test_a_recording_of_a_program_is_shown_and_can_be_stopped(
        self, use_faces, open_page, sessions_folder
    ):
        use_faces()
        page = open_page(playing=True, frames=1)
        page.run()  # one more frame, now that programs may follow
        stream = STREAMS.running()[-1]
        session = stream.start_recording("lab")
        page.run()
        assert "Recording" in text_of(page)
        assert "Started by the program lab, not on this page." in text_of(page)
        page.button(key="stop_recording").click().run()
        assert stream.recorded is None
        assert [each.id for each in list_sessions(sessions_folder).sessions] == [session]

    def test_a_program_stops_what_the_page_records(self, use_faces, open_page, sessions_folder):
        use_faces()
        page = open_page(playing=True, frames=1)
        page.checkbox(key="record_consent 0").check().run()
        page.button(key="start_recording 0").click().run()
        assert "Started by the program" not in text_of(page)
        session = STREAMS.running()[-1].stop_recording("lab")
        page.run()
        assert not page.exception
        assert "The program lab stopped the recording." in text_of(page)
        assert [each.id for each in list_sessions(sessions_folder).sessions] == [session]

    def test_where_nothing_can_be_written_nothing_is_recorded(
        self, use_faces, open_page, monkeypatch, tmp_path
    ):
        use_faces()
        (tmp_path / "file").touch()
        monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "file" / "sessions"))
        page = open_page(playing=True, frames=1)
        page.checkbox(key="record_consent 0").check().run()
        page.button(key="start_recording 0").click().run()
        assert "expected a folder to record in" in text_of(page)

    def test_no_picture_yet(self, use_faces, open_page):
        use_faces()
        assert "waiting for the camera's picture" in text_of(open_page(playing=True))

    def test_an_exception_in_the_callback_is_shown(self, use_faces, open_page):
        use_faces()

        def fail(session: LiveSession) -> None:
            def detect(_: np.ndarray) -> list[FaceReading]:
                raise RuntimeError("broken lens")

            session._reader.detector = SimpleNamespace(detect=detect)

        text = text_of(open_page(playing=True, frames=2, detect=fail))
        assert "Faces could not be read in 2 frames; the video continues" in text
        assert "RuntimeError: broken lens" in text

    def test_connecting(self, use_faces, open_page):
        use_faces()
        assert "Connecting …" in text_of(open_page(signalling=True))

    def test_a_connection_that_takes_too_long(self, use_faces, open_page, monkeypatch):
        use_faces()
        monkeypatch.setattr(streaming, "CONNECT_SECONDS", 0.0)
        text = text_of(open_page(signalling=True))
        assert "The video cannot connect." in text
        for reason in ("on the same machine", "firewall", "VPN"):
            assert reason in text
        assert "Use a photo instead" in text

    def test_signalling_that_fails_on_this_side(self, use_faces, open_page):
        use_faces()

        def fail(_: LiveSession) -> None:
            raise SignallingTimeoutError

        assert "The video cannot connect." in text_of(open_page(detect=fail))

    def test_a_problem_with_the_camera(self, use_faces, open_page):
        use_faces()
        text = text_of(open_page(problem="NotAllowedError: Permission denied"))
        assert "did not let this page use the camera" in text
        assert "Use a photo instead" in text

    def test_a_missing_model(self, open_page, monkeypatch):
        def load(_: Path) -> None:
            raise ModelError("expected a model folder, found none; train one")

        monkeypatch.setattr(LiveFaceReader, "load", load)
        text = text_of(open_page())
        assert "The model cannot be used. expected a model folder, found none; train one" in text
        for sentence in LIMITS:
            assert sentence in text

    def test_a_real_missing_model(self, open_page, monkeypatch, tmp_path):
        monkeypatch.setattr(emotion_core.models.folder, "MODELS_FOLDER", tmp_path)
        assert "The model cannot be used." in text_of(open_page())


class TestSessions:
    @pytest.fixture
    def open_page(self, monkeypatch, sessions_folder) -> Callable[..., AppTest]:  # noqa: ARG002
        monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))
        page = AppTest.from_file(str(PROJECT / "pages/sessions.py"), default_timeout=30)

        def run(part: str = "Numbers") -> AppTest:
            page.session_state["part"] = part
            page.run()
            assert not page.exception
            return page

        return run

    def test_before_the_first_one(self, open_page, sessions_folder):
        text = text_of(open_page())
        assert "No sessions yet." in text
        assert str(sessions_folder) in text

    def test_a_session_is_shown_renamed_and_deleted(self, open_page, sessions_folder):
        recorded = record(sessions_folder)
        page = open_page()
        assert page.selectbox(key="chosen_session").value == recorded.id
        charts = [each.key for each in page.get("plotly_chart")]
        assert f"shares {recorded.id}" in charts
        assert not [key for key in charts if key.startswith("transitions")]  # nothing changed
        assert len(page.get("bidi_component")) == 1  # the player
        page.text_input(key=f"name {recorded.id}").set_value("pilot")
        page.button(key=f"save {recorded.id}").click().run()
        assert find_session(sessions_folder, recorded.id).header.name == "pilot"
        page.button(key=f"delete {recorded.id}").click().run()
        assert not page.exception
        assert "No sessions yet." in text_of(page)
        assert list_sessions(sessions_folder).sessions == ()

    def test_photos_are_shown_as_photos(self, open_page, sessions_folder):
        recorded = record(sessions_folder)
        photos = photo_session(sessions_folder)
        page = open_page()
        listed = page.dataframe[0]
        shown = pa.ipc.open_stream(listed.proto.arrow_data.styler.display_values).read_pandas()
        rows = set(zip(shown["name"], shown["length"], shown["persons"], strict=True))
        assert rows == {("holiday", "3 photos", ""), ("", "1.9 s", "1")}
        page.query_params["session"] = photos.id
        open_page()
        options = page.selectbox(key="chosen_session").options
        assert any(each.startswith("holiday: ") and each.endswith(", 3 photos") for each in options)
        text = text_of(page)
        assert "<b>3</b><span>photos</span>" in text
        assert "<b>1</b><span>not read</span>" in text
        assert "nobody is recognised" in text
        table = page.dataframe[1].value
        assert table["photo"].tolist() == ["a.jpg", "=1+1.jpg", "c.jpg"]
        assert table["expressions"].tolist() == ["happy 70%", "", ""]
        assert table["problem"].tolist()[2] == "no photo"
        assert "taken" not in table  # none says when
        (photos.folder / "photos.csv").write_text("frame\n1\n")
        assert "photos.csv cannot be read" in text_of(open_page()).replace("\\", "")
        page.session_state["photo_part"] = "Files"
        assert "- `file`: " in text_of(open_page())
        page.button(key=f"delete {photos.id}").click().run()
        assert [each.id for each in list_sessions(sessions_folder).sessions] == [recorded.id]

    def test_one_that_is_being_recorded_can_be_stopped_and_deleted(
        self, open_page, sessions_folder
    ):
        """As when its page is gone, or another viewer's."""
        recorder = SessionRecorder.start(
            sessions_folder, SessionDescription("I agree", "tiny", "0" * 64, (160, 120))
        )
        recorder.record(time.monotonic(), [], np.zeros((120, 160, 3), np.uint8))
        name = recorder.folder.name
        page = open_page()
        assert "This session is being recorded." in text_of(page)
        page.button(key=f"delete {name}").click().run()
        assert "is being recorded; stop the recording first" in text_of(page)
        page.button(key=f"stop {name}").click().run()
        assert not page.exception
        assert not recorder.running
        assert "being recorded" not in text_of(page)
        page.button(key=f"delete {name}").click().run()
        assert "No sessions yet." in text_of(page)
        assert list_sessions(sessions_folder).sessions == ()

    def test_a_damaged_one_is_told_and_the_others_shown(self, open_page, sessions_folder):
        recorded = record(sessions_folder)
        damaged = sessions_folder / "20260101-000000"
        damaged.mkdir()
        (damaged / "session.json").write_text("{")
        page = open_page()
        told = "".join(each.value for each in page.warning).replace("\\", "")
        assert "20260101-000000" in told
        assert page.selectbox(key="chosen_session").value == recorded.id

    def test_all_are_listed_and_several_deleted(self, open_page, sessions_folder):
        recorded = [record(sessions_folder) for _ in range(3)]
        recorded[0] = rename_session(recorded[0], name="pilot", notes="")
        page = open_page()
        listed, *_ = page.dataframe
        assert list(listed.value) == [
            "name", "started", "length", "persons", "tags", "video", "size", "state",
        ]  # fmt: skip
        assert listed.value["name"].tolist() == ["", "", "pilot"]  # the newest first
        assert listed.value["length"].tolist() == [1.95] * 3  # what is sorted by
        shown = pa.ipc.open_stream(listed.proto.arrow_data.styler.display_values).read_pandas()
        assert shown["length"].tolist() == ["1.9 s"] * 3
        assert ", 1.9 s, 1 person" in page.selectbox(key="chosen_session").options[0]
        assert listed.value["state"].tolist() == ["complete"] * 3
        assert not [each for each in page.button if each.key == "delete_ticked"]
        page.session_state["ticked_sessions"] = [each.id for each in recorded[1:]]
        page.run()
        assert "2 sessions and all their files will be deleted." in text_of(page)
        page.button(key="delete_ticked").click().run()
        assert not page.exception
        assert [each.id for each in list_sessions(sessions_folder).sessions] == [recorded[0].id]
        assert page.selectbox(key="chosen_session").value == recorded[0].id

    def test_what_was_deleted_is_brought_back(self, open_page, sessions_folder):
        recorded = [record(sessions_folder) for _ in range(2)]
        page = open_page()
        page.session_state["ticked_sessions"] = [each.id for each in recorded]
        page.run()
        page.button(key="delete_ticked").click().run()
        assert "No sessions yet." in text_of(page)
        assert "2 sessions deleted" in text_of(page)
        page.button(key="take back sessions").click().run()
        assert not page.exception
        assert {each.id for each in list_sessions(sessions_folder).sessions} == {
            each.id for each in recorded
        }
        assert "sessions deleted" not in text_of(page)
        chosen = page.selectbox(key="chosen_session").value
        page.button(key=f"delete {chosen}").click().run()
        (sessions_folder / chosen).mkdir()
        page.button(key="take back sessions").click().run()
        told = text_of(page).replace("\\", "")
        assert f"expected a new name, found '{chosen}', which is taken; choose another" in told

    def test_one_that_cannot_be_deleted_with_others_is_told(self, open_page, sessions_folder):
        recorded = [record(sessions_folder) for _ in range(3)]
        (recorded[0].folder / "mine.txt").touch()
        page = open_page()
        page.session_state["ticked_sessions"] = [each.id for each in recorded[:2]]
        page.run()
        page.button(key="delete_ticked").click().run()
        assert "mine.txt" in text_of(page).replace("\\", "")
        left = {each.id for each in list_sessions(sessions_folder).sessions}
        assert left == {recorded[0].id, recorded[2].id}

    def test_what_the_columns_of_the_files_mean_is_a_click_away(self, open_page, sessions_folder):
        record(sessions_folder)
        text = text_of(open_page("Files"))
        for column in ("person", "track", "confidence", "answer", "wall_clock"):
            assert f"- `{column}`: " in text
        assert "`rule`" not in text

    def test_a_face_of_less_than_half_a_second_is_left_out_and_told(
        self, open_page, sessions_folder
    ):
        face = FaceReading(Box(10, 10, 50, 50), HAPPY)
        record(sessions_folder, faces=(face, face), nobodys=1)
        text = text_of(open_page("People"))
        assert "Left out: 1 face seen for less than half a second." in text
        assert "person 2" not in text

    def test_a_session_with_no_face_for_long_enough(self, open_page, sessions_folder):
        record(sessions_folder, faces=(FaceReading(Box(10, 10, 50, 50), HAPPY),), nobodys=1)
        assert "No face was seen for half a second or longer." in text_of(open_page())

    def test_a_session_without_a_face(self, open_page, sessions_folder):
        record(sessions_folder, faces=())
        assert "No face was seen in this session." in text_of(open_page())


def record(folder: Path, faces: tuple[FaceReading, ...] | None = None, nobodys: int = 0) -> Session:
    """Record two seconds of one face, or of what is given; the last ``nobodys`` are no persons."""
    clock = iter([0.0])
    recorder = SessionRecorder.start(
        folder,
        SessionDescription("agreed", "tiny", "0" * 64, (160, 120)),
        clock=lambda: next(clock),
    )
    image = np.full((120, 160, 3), 128, np.uint8)
    readings = (FaceReading(Box(10, 10, 50, 50), HAPPY),) if faces is None else faces
    for frame in range(40):
        numbered = [
            PersonReading(n, None if n > len(readings) - nobodys else n, each)
            for n, each in enumerate(readings, start=1)
        ]
        recorder.record(frame / 20, numbered, image)
    return recorder.stop()


def av_frame() -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((120, 160, 3), 128, np.uint8), format="bgr24")


class TestPhoto:
    @pytest.fixture
    def page(self) -> AppTest:
        return AppTest.from_file(str(PROJECT / "pages/photo.py"), default_timeout=60)

    def upload(self, page: AppTest, name: str, content: bytes) -> AppTest:
        page.run()
        page.file_uploader[0].set_value((name, content, "image/png")).run()
        assert not page.exception
        return page

    def test_before_a_picture(self, page, use_faces):
        use_faces()
        text = text_of(page.run())
        assert not page.exception
        assert "Model: **tiny**" in text
        for sentence in LIMITS:
            assert text.count(sentence) == 1

    def test_every_face_has_its_row(self, page, use_faces):
        use_faces(
            FaceReading(Box(200, 60, 100, 100), HAPPY), FaceReading(Box(20, 60, 80, 80), ANGRY)
        )
        self.upload(page, "two.png", portrait_png())
        html = "\n".join(html_of(page))
        assert html.count('class="score"') == 14
        order = [
            '"emotion">angry',
            "face 1<",
            '"emotion">happy',
            "face 2<",
        ]
        places = [html.index(text) for text in order]
        assert places == sorted(places)
        assert html.count("data:image/png;base64,") == 2

    def test_uncertain_faces_keep_their_row(self, page, use_faces):
        use_faces(FaceReading(Box(200, 60, 100, 100), ANGRY, certainty_threshold=0.9))
        self.upload(page, "doubtful.png", portrait_png())
        html = "\n".join(html_of(page))
        assert '<span class="emotion">uncertain</span>' in html
        assert f'<span class="confidence">angry {percent(0.72)}</span>' in html

    def test_no_face(self, page, use_faces):
        use_faces()
        self.upload(page, "wall.png", portrait_png())
        assert "No face found." in text_of(page)
        assert not page.get("download_button")

    @pytest.mark.parametrize("content", [b"", b"Dear camera, ...", b"\x89PNG\r\n\x1a\n"])
    def test_a_bad_file_gets_a_message_and_the_page_goes_on(self, page, use_faces, content):
        use_faces(FaceReading(Box(200, 60, 100, 100), HAPPY))
        self.upload(page, "bad.png", content)
        assert "This file cannot be read. bad.png" in text_of(page)

        page.file_uploader[0].set_value(("good.png", portrait_png(), "image/png")).run()
        assert "cannot be read" not in text_of(page)
        assert '<span class="emotion">happy</span>' in "\n".join(html_of(page))

    def test_the_viewer_chooses_what_finds_the_faces(self, page, monkeypatch):
        detector, used = FixedDetector([FaceReading(Box(200, 60, 100, 100), HAPPY)]), []

        def load(_: Path, finder: object) -> EmotionDetector:
            used.append(type(finder).__name__)
            return detector

        monkeypatch.setattr(EmotionDetector, "load", load)
        self.upload(page, "one.png", portrait_png())
        assert used[-1] == "BlazeFaceDetector"
        page.selectbox(key="photo_finder").select("haar").run()
        assert not page.exception
        assert used[-1] == "HaarFaceDetector"
        assert "Haar cascades" in page.selectbox[0].options
        assert "**Haar cascades**: 44% of small faces, 0.7 s a photo" in page.selectbox[0].help

    def test_faces_are_read_carefully_unless_the_viewer_is_in_a_hurry(self, page, monkeypatch):
        detector = FixedDetector([FaceReading(Box(200, 60, 100, 100), HAPPY)])
        card = detector.classifier.card
        both = {"accuracy": 0.6889, "view": "mirrored"}
        card.mirrored = SimpleNamespace(**vars(card) | {"metrics": both})
        monkeypatch.setattr(EmotionDetector, "load", lambda *_: detector)
        self.upload(page, "one.png", portrait_png())
        assert detector.careful == [True]
        text = text_of(page)
        assert "right on 68.9% of FER2013 PublicTest (each with its mirror image)" in text
        page.toggle(key="photo_careful").set_value(False).run()
        assert not page.exception
        assert detector.careful == [True, False]
        text = text_of(page)
        assert "right on 66.3% of FER2013 PublicTest" in text
        assert "mirror image)" not in text

    def test_yunet_leaves_no_choice(self, page, use_faces, monkeypatch):
        monkeypatch.setenv("EMOTION_YUNET", "yunet.onnx")
        use_faces()
        page.run()
        assert not page.exception
        assert not page.selectbox

    def test_several_photos_are_shown_and_a_bad_one_is_told(self, page, use_faces):
        use_faces(FaceReading(Box(200, 60, 100, 100), HAPPY))
        page.run()
        files = [
            ("first.png", portrait_png(), "image/png"),
            ("bad.png", b"Dear camera, ...", "image/png"),
            ("last.png", portrait_png(), "image/png"),
        ]
        page.file_uploader[0].set_value(files).run()
        assert not page.exception
        assert [each.value.replace("\\", "") for each in page.subheader] == [
            "first.png",
            "bad.png",
            "last.png",
        ]
        assert "This file cannot be read. bad.png" in text_of(page)
        assert "\n".join(html_of(page)).count('class="face"') == 2
        labels = [each.label for each in page.get("download_button")]
        assert labels[:3] == ["Pictures of all", "CSV of all", "JSON of all"]
        assert labels[3:] == ["Picture", "CSV", "JSON"] * 2

    def test_a_photo_that_is_there_still_is_not_read_again(self, page, use_faces, monkeypatch):
        use_faces(FaceReading(Box(200, 60, 100, 100), HAPPY))
        self.upload(page, "first.png", portrait_png())

        def detect(*_: object) -> list[FaceReading]:
            raise AssertionError

        monkeypatch.setattr(FixedDetector, "detect", detect)
        page.run()
        assert not page.exception
        assert '<span class="emotion">happy</span>' in "\n".join(html_of(page))

    def test_more_photos_than_are_read_at_once(self, page, use_faces):
        use_faces()
        page.run()
        content = cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1].tobytes()
        files = [(f"{number}.png", content, "image/png") for number in range(52)]
        page.file_uploader[0].set_value(files).run()
        assert len(page.subheader) == 50
        assert "Up to 50 photos are read at once; the last 2 were left out" in text_of(page)

    def test_drawn_samples(self, page):
        page.run()
        page.button_group(key="photo_source").set_value("Samples").run()
        assert not page.exception
        assert "Drawn by this app, not real people." in text_of(page)
        assert "\n".join(html_of(page)).count('class="face"') == 4

    def test_a_missing_model(self, page, monkeypatch):
        def load(*_: object) -> None:
            raise ModelError("expected a model folder, found none; train one")

        monkeypatch.setattr(EmotionDetector, "load", load)
        text = text_of(page.run())
        assert not page.exception
        assert "The model cannot be used. expected a model folder" in text

    def test_the_models_trade_off_is_told(self, page, use_faces):
        use_faces()
        card = EmotionDetector.load().classifier.card
        card.certainty_threshold = 0.5
        card.metrics["selective"] = {
            "coverage": 0.704,
            "accuracy_answered": 0.779,
            # The README and Evaluate give those above.
            "coverage_cross_fitted": 0.5,
            "accuracy_answered_cross_fitted": 0.6,
        }
        text = text_of(page.run()).replace("\N{NO-BREAK SPACE}", " ")
        assert "Below a score of 50% it answers “uncertain”: 70% of these images then" in text
        assert "and 78% of the answers are right" in text

    def test_how_often_such_answers_are_right_is_told(self, page, use_faces):
        use_faces(FaceReading(Box(200, 60, 100, 100), ANGRY))
        card = EmotionDetector.load().classifier.card
        card.metrics["per_class"] = {"angry": {"precision": 0.634}}
        card.metrics["confusion"] = [[25, 0, 0, 0, 0, 0, 0]]
        self.upload(page, "face.png", portrait_png())
        html = "\n".join(html_of(page))
        assert "on test images, angry is right in 6 of 10 cases" in html
        assert "Of 25 images of FER2013 PublicTest that this model called angry, 63" in html

    def test_nothing_is_told_where_nothing_is_known(self, page, use_faces):
        use_faces(FaceReading(Box(200, 60, 100, 100), ANGRY))
        self.upload(page, "face.png", portrait_png())
        assert "cases" not in "\n".join(html_of(page))

    def test_without_a_threshold_uncertain_is_not_mentioned(self, page, use_faces):
        use_faces()
        assert "uncertain" not in text_of(page.run())

    def test_with_the_shipped_model(self, page):
        self.upload(page, "astronaut.png", portrait_png())
        assert "\n".join(html_of(page)).count('class="face"') == 1


def portrait_png() -> bytes:
    picture = cv2.cvtColor(skimage.data.astronaut()[:340, 55:395], cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", picture)[1].tobytes()
