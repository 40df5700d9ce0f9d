"""The photo page in a real browser."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.readings import EmotionDetector
from tests.browser.support import camera_flags, on_wall, portrait


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


def photo_model() -> str:
    return EmotionDetector.load().classifier.card.name


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
    (face,) = EmotionDetector.load().detect(image, careful=True)
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
    assert (row["file"], row["model"]) == ("eileen collins.png", photo_model())
    assert row["view"] == "mirrored"

    name, content = download(page, "JSON")
    assert name == "eileen collins-faces.json"
    photo_read = json.loads(content)
    assert photo_read["file"] == "eileen collins.png"
    (entry,) = photo_read["faces"]
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
    expect(page.get_by_text("This file cannot be read. letter.jpg")).to_be_visible()
    page.get_by_role("button", name="Remove letter.jpg").click()
    expect(page.get_by_text("This file cannot be read")).to_have_count(0)
    expect(page.locator(".face")).to_have_count(1)


def test_several_photos_are_read_and_taken_home_together(
    server, open_browser, photo, tmp_path, keep_picture
):
    group, wall = tmp_path / "group.png", tmp_path / "wall.png"
    assert cv2.imwrite(str(group), on_wall(portrait(300), portrait(300)[:, ::-1]))
    assert cv2.imwrite(str(wall), np.full((300, 400, 3), 128, np.uint8))
    page = open_browser().new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/photo")
    page.locator("input[type=file]").set_input_files([group, wall, photo])
    expect(page.get_by_role("button", name="CSV of all")).to_be_visible()
    expect(page.locator(".face .number")).to_have_text(["face 1", "face 2", ""])
    expect(page.get_by_text("No face found.")).to_have_count(1)
    keep_picture(page, "several")

    name, content = download(page, "CSV of all")
    assert name == "photos-faces.csv"
    table = pd.read_csv(io.BytesIO(content))
    assert table["file"].tolist() == ["group.png", "group.png", "eileen collins.png"]
    assert table["face"].tolist() == [1, 2, 1]
    assert set(table["model"]) == {photo_model()}
    _, content = download(page, "JSON of all")
    assert [(entry["file"], len(entry["faces"])) for entry in json.loads(content)] == [
        ("group.png", 2),
        ("wall.png", 0),
        ("eileen collins.png", 1),
    ]
    name, content = download(page, "Pictures of all")
    assert name == "photos-faces.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [
            "group-faces.png",
            "wall-faces.png",
            "eileen collins-faces.png",
        ]


def test_samples_for_those_without_a_photo(server, open_browser, keep_picture):
    page = open_browser().new_page()
    page.goto(f"{server.url}/photo")
    page.get_by_role("radio", name="Samples").click()
    expect(page.get_by_text("Drawn by this app, not real people.")).to_be_visible()
    expect(page.locator(".face")).to_have_count(4)
    keep_picture(page, "samples")


def test_pictures_by_any_name_are_let_in(server, open_browser, tmp_path, keep_picture):
    page = open_browser().new_page()
    page.goto(f"{server.url}/photo")
    expect(page.get_by_text("Photos with one or more faces")).to_be_visible()
    keep_picture(page, "empty")
    files = [("saved.jfif", ".jpg"), ("phone.AVIF", ".avif")]
    for count, (name, extension) in enumerate(files, start=1):
        path = tmp_path / name
        path.write_bytes(cv2.imencode(extension, portrait(400, color=True))[1].tobytes())
        upload(page, path)
        expect(page.get_by_text(name).first).to_be_visible()
        expect(page.locator(".face")).to_have_count(count)
    page.get_by_test_id("stTooltipIcon").first.hover()
    expect(page.get_by_text("HEIC is not supported; save it as JPEG")).to_be_visible()


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
