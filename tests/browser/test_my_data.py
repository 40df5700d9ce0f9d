"""Faces of one's own in a real browser: agreed, taken, ticked, relabelled, kept, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Page, expect

from emotion_core.datasets import open_dataset
from emotion_core.emotions import EMOTIONS
from tests.browser.support import (
    Server,
    camera_flags,
    on_wall,
    portrait,
    running_server,
    write_clip,
)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("own")
    environment = {
        "EMOTION_DATA_DIR": str(folder / "data"),
        "EMOTION_CACHE_DIR": str(folder / "cache"),
    }
    with running_server(folder / "log.txt", environment=environment) as server:
        yield server


def add(page: Page, label: str) -> None:
    button = page.get_by_role("button", name=label)
    expect(button).to_be_enabled()
    button.click()
    expect(page.get_by_text("added to")).to_be_visible()


def test_capture_tick_relabel_export_delete(own_server, open_browser, tmp_path, keep_picture):
    clip = write_clip(tmp_path / "face.y4m", [on_wall(portrait(400))] * 20)
    photo = tmp_path / "two.png"
    assert cv2.imwrite(str(photo), on_wall(portrait(300), portrait(300)[:, ::-1]))
    page = open_browser(*camera_flags(clip)).new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{own_server.url}/own_data")
    page.get_by_text("Everyone whose face I add here has agreed").click()
    page.get_by_label("Name of the new dataset").fill("me")
    page.get_by_label("Name of the new dataset").press("Enter")
    page.get_by_role("button", name="Create").click()

    page.get_by_text("happy · 0").click()
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
    page.wait_for_timeout(1000)  # for the first picture to be shown
    page.get_by_role("button", name="Take Photo").click()
    add(page, "Add 1 face as happy")

    page.get_by_text("Photos", exact=True).click()
    page.get_by_text("sad · 0").click()
    page.locator("input[type=file]").set_input_files(photo)
    faces = page.get_by_role("group", name="Faces found")
    expect(faces.get_by_role("button", pressed=True)).to_have_count(2)
    keep_picture(page, "found")
    page.get_by_role("button", name="none", exact=True).first.click()
    expect(page.get_by_role("button", name="Add 0 faces")).to_be_disabled()
    faces.get_by_role("button", name="face 2").click()
    add(page, "Add 1 face as sad")

    samples = page.get_by_role("group", name="Faces in this dataset")
    expect(samples.get_by_role("button")).to_have_count(2)
    samples.get_by_role("button", name="sad").click()
    page.get_by_role("button", name="Relabel 1").click()  # as the first class
    expect(samples.get_by_role("button", name="angry")).to_be_visible()
    expect(samples.get_by_role("button", pressed=True)).to_have_count(0)
    keep_picture(page, "relabelled")

    with page.expect_download() as download:
        page.get_by_role("button", name="ZIP").click()
    download.value.save_as(tmp_path / "me.zip")
    dataset = open_dataset(tmp_path / "me.zip", use_cache=False)
    assert [EMOTIONS[label] for label in dataset.labels] == ["angry", "happy"]

    page.get_by_role("button", name="Examine").click()
    expect(page.get_by_role("heading", name="Dataset explorer")).to_be_visible()
    expect(page.get_by_text("me, 2 images").or_(page.get_by_text("2 images")).first).to_be_visible()
    page.get_by_role("link", name="My data").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete this dataset").click()
    expect(page.get_by_label("Name of the new dataset")).to_be_visible()
    folder = Path(own_server.log).with_name("data") / "own_data"
    assert [path.name for path in folder.iterdir()] == [".format"]
