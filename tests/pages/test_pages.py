"""The pages without a browser: what stands on them in every state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest
import skimage.data
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit_webrtc.component import WebRtcStreamerState
from streamlit_webrtc.webrtc import SignallingTimeoutError

import emotion_core.artefacts
from emotion_core.analysis import EmotionDetector, FaceReading
from emotion_core.boxes import Box
from emotion_core.emotions import UNCERTAIN_COLOR
from emotion_core.errors import ModelError
from emotion_core.live import LiveSession
from emotion_core.live_faces import LiveFace, LiveFaceReader
from pages.shared import display, streaming

ROOT = Path(__file__).parents[2]
LIMITS = ["cannot tell what somebody feels", "nothing is stored unless you ask"]
HAPPY = (0.05, 0.01, 0.04, 0.72, 0.05, 0.03, 0.10)
ANGRY = (0.72, 0.01, 0.04, 0.05, 0.05, 0.03, 0.10)


class FixedDetector(EmotionDetector):
    """Finds what it was told, whatever the picture shows."""

    def __init__(self, faces: list[FaceReading]) -> None:
        card = SimpleNamespace(
            name="tiny",
            metrics={"accuracy": 0.6634},
            data={"selected_on": "FER2013 PublicTest"},
            certainty_threshold=0.0,
        )
        super().__init__(face_detector=None, classifier=SimpleNamespace(card=card))
        self.faces = faces

    def detect(self, _: np.ndarray) -> list[FaceReading]:
        return self.faces


class FixedReader(LiveFaceReader):
    """Finds what the detector finds, in every frame."""

    def __init__(self, detector: FixedDetector) -> None:
        super().__init__(detector.classifier)
        self.detector = detector

    def read(self, image: np.ndarray, *_: float) -> list[LiveFace]:
        faces = self.detector.detect(image)
        return [LiveFace(number, face, face) for number, face in enumerate(faces, start=1)]


@pytest.fixture(autouse=True)
def no_memory_between_tests() -> None:
    st.cache_resource.clear()


@pytest.fixture
def use_faces(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let every detector and live reader find the given faces."""

    def use(*faces: FaceReading) -> None:
        detector = FixedDetector(list(faces))
        monkeypatch.setattr(EmotionDetector, "load", lambda **_: detector)
        monkeypatch.setattr(LiveFaceReader, "load", lambda: FixedReader(detector))

    return use


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
            page = AppTest.from_file(str(ROOT / "pages/live_camera.py"), default_timeout=30)
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
        assert "Model: **tiny**, right on 66.3 % of FER2013 PublicTest" in text
        for sentence in LIMITS:
            assert text.count(sentence) == 1

    def test_a_face_is_named_with_all_scores_and_measurements(self, use_faces, open_page):
        use_faces(FaceReading(Box(10, 10, 50, 50), HAPPY))
        page = open_page(playing=True, frames=3)
        html = "\n".join(html_of(page))
        assert '<span class="emotion">happy</span>' in html
        assert f'<span class="confidence">{display.percent(0.72)}</span>' in html
        assert html.count('class="score"') == 7
        assert "frames per second" in html
        assert "160x120" in html
        assert "from the left" not in html

    def test_an_uncertain_face_is_said_to_be_one(self, use_faces, open_page):
        use_faces(FaceReading(Box(10, 10, 50, 50), HAPPY, certainty_threshold=0.8))
        html = "\n".join(html_of(open_page(playing=True, frames=3)))
        assert '<span class="emotion">uncertain</span>' in html
        assert f'<span class="confidence">happy {display.percent(0.72)}</span>' in html
        assert f'class="dot" style="background:{UNCERTAIN_COLOR}"' in html
        assert html.count('class="score"') == 7

    def test_several_faces_are_told_apart_and_bounded(self, use_faces, open_page):
        faces = [FaceReading(Box(x, 10, 20, 20), ANGRY) for x in range(0, 120, 20)]
        use_faces(*faces)
        page = open_page(playing=True, frames=1)
        html = "\n".join(html_of(page))
        assert html.count('class="face"') == 4
        assert "face 4 from the left" in html
        assert "and 2 more faces" in text_of(page)

    def test_no_face(self, use_faces, open_page):
        use_faces()
        assert "No face found." in text_of(open_page(playing=True, frames=1))

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
        assert "failed on 2 pictures; the video goes on" in text
        assert "RuntimeError: broken lens" in text

    def test_connecting(self, use_faces, open_page):
        use_faces()
        assert "Connecting …" in text_of(open_page(signalling=True))

    def test_a_connection_that_takes_too_long(self, use_faces, open_page, monkeypatch):
        use_faces()
        monkeypatch.setattr(streaming, "CONNECT_SECONDS", 0.0)
        text = text_of(open_page(signalling=True))
        assert "The video cannot connect." in text
        for reason in ("firewall", "remote server", "https"):
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
        def load() -> None:
            raise ModelError("expected a model folder, found none; train one")

        monkeypatch.setattr(LiveFaceReader, "load", load)
        text = text_of(open_page())
        assert "The model cannot be used. expected a model folder, found none; train one" in text
        for sentence in LIMITS:
            assert sentence in text

    def test_a_real_missing_model(self, open_page, monkeypatch, tmp_path):
        monkeypatch.setattr(emotion_core.artefacts, "MODELS_FOLDER", tmp_path)
        assert "The model cannot be used." in text_of(open_page())


def av_frame() -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((120, 160, 3), 128, np.uint8), format="bgr24")


class TestPhoto:
    @pytest.fixture
    def page(self) -> AppTest:
        return AppTest.from_file(str(ROOT / "pages/photo.py"), default_timeout=60)

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
            "face 1 from the left",
            '"emotion">happy',
            "face 2 from the left",
        ]
        places = [html.index(text) for text in order]
        assert places == sorted(places)
        assert html.count("data:image/png;base64,") == 2

    def test_uncertain_faces_keep_their_row(self, page, use_faces):
        use_faces(FaceReading(Box(200, 60, 100, 100), ANGRY, certainty_threshold=0.9))
        self.upload(page, "doubtful.png", portrait_png())
        html = "\n".join(html_of(page))
        assert '<span class="emotion">uncertain</span>' in html
        assert f'<span class="confidence">angry {display.percent(0.72)}</span>' in html

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

    def test_a_missing_model(self, page, monkeypatch):
        def load(**_: object) -> None:
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
            "coverage_cross_fitted": 0.704,
            "accuracy_answered_cross_fitted": 0.779,
        }
        text = text_of(page.run()).replace("\N{NO-BREAK SPACE}", " ")
        assert "Below a score of 50 % it answers “uncertain”: 70 % of these pictures then" in text
        assert "and 78 % of the answers are right" in text

    def test_without_a_threshold_uncertain_is_not_mentioned(self, page, use_faces):
        use_faces()
        assert "uncertain" not in text_of(page.run())

    def test_with_the_shipped_model(self, page):
        self.upload(page, "astronaut.png", portrait_png())
        assert "\n".join(html_of(page)).count('class="face"') == 1


def portrait_png() -> bytes:
    picture = cv2.cvtColor(skimage.data.astronaut()[:340, 55:395], cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", picture)[1].tobytes()
