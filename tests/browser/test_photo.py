"""The photo page in a real browser."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.readings import EmotionDetector
from tests.browser.support import camera_flags, portrait


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "eileen collins.png"
    assert cv2.imwrite(str(path), portrait(400, color=True))
    return path


def upload(page: Page, path: Path) -> None:
    page.locator("input[type=file]").set_input_files(path)


def download(page: Page, label: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_an_uploaded_photo_is_read_and_its_result_downloaded(
    server, open_browser, photo, keep_picture
):
    page = open_browser().new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/photo")
    expect(page.get_by_text("cannot tell what somebody feels")).to_be_visible()
    expect(page.get_by_text("nothing is stored unless")).to_be_visible()
    upload(page, photo)
    expect(page.locator(".face")).to_have_count(1)
    shown = page.locator(".face .emotion").text_content()
    keep_picture(page, "result")

    image = cv2.imread(str(photo))
    (face,) = EmotionDetector.load().detect(image)
    assert shown == face.answer

    name, content = download(page, "CSV")
    assert name == "eileen collins-faces.csv"
    table = pd.read_csv(io.BytesIO(content))
    assert list(table.columns[:7]) == ["face", "x", "y", "width", "height", "emotion", "confidence"]
    (row,) = table.to_dict("records")
    assert (row["x"], row["y"], row["width"], row["height"]) == (
        face.box.x,
        face.box.y,
        face.box.width,
        face.box.height,
    )
    assert (row["emotion"], row["answer"]) == (face.emotion, face.answer)
    assert [row[emotion] for emotion in EMOTIONS] == pytest.approx(face.scores, abs=1e-6)

    name, content = download(page, "JSON")
    assert name == "eileen collins-faces.json"
    (entry,) = json.loads(content)["faces"]
    assert (entry["emotion"], entry["answer"]) == (face.emotion, face.answer)
    assert [entry[emotion] for emotion in EMOTIONS] == pytest.approx(face.scores, abs=1e-6)

    name, content = download(page, "Picture")
    assert name == "eileen collins-faces.png"
    annotated = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert annotated.shape == image.shape
    assert (annotated != image).any()


def test_a_bad_file_is_refused_and_the_page_goes_on(
    server, open_browser, photo, tmp_path, keep_picture
):
    bad = tmp_path / "letter.jpg"
    bad.write_text("Dear camera, ...")
    page = open_browser().new_page()
    page.goto(f"{server.url}/photo")
    upload(page, bad)
    expect(page.get_by_text("This file cannot be read. letter.jpg")).to_be_visible()
    keep_picture(page, "refused")

    upload(page, photo)
    expect(page.locator(".face")).to_have_count(1)
    expect(page.get_by_text("This file cannot be read")).to_have_count(0)


def test_pictures_by_any_name_are_let_in(server, open_browser, tmp_path, keep_picture):
    page = open_browser().new_page()
    page.goto(f"{server.url}/photo")
    expect(page.get_by_text("A photo with one or more faces")).to_be_visible()
    keep_picture(page, "empty")
    for name, extension in (("saved.jfif", ".jpg"), ("phone.AVIF", ".avif")):
        path = tmp_path / name
        path.write_bytes(cv2.imencode(extension, portrait(400, color=True))[1].tobytes())
        upload(page, path)
        expect(page.get_by_text(name)).to_be_visible()
        expect(page.locator(".face")).to_have_count(1)
    page.get_by_test_id("stTooltipIcon").first.hover()
    expect(page.get_by_text("HEIC is not read here; save it as JPEG")).to_be_visible()


def test_a_picture_without_a_face_says_what_helps(server, open_browser, tmp_path):
    path = tmp_path / "wall.png"
    assert cv2.imwrite(str(path), np.full((300, 400, 3), 128, np.uint8))
    page = open_browser().new_page()
    page.goto(f"{server.url}/photo")
    upload(page, path)
    expect(page.get_by_text("No face found.")).to_be_visible()
    expect(page.get_by_role("button", name="CSV")).to_have_count(0)


def test_a_picture_is_taken_with_the_camera(server, open_browser, one_face_clip, keep_picture):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    page.goto(f"{server.url}/photo")
    page.get_by_role("radio", name="Take a picture").click()
    # The button is there before the camera's first picture, and does nothing then.
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Take Photo").click()
    expect(page.locator(".face")).to_have_count(1)
    keep_picture(page, "taken")
