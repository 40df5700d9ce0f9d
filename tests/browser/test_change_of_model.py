"""The page of all models in a real browser, beside tabs in which video runs."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from emotion_core.models.folder import LITERT_FILE, default_model_dir, load_card
from emotion_core.models.readme.card import write_card
from tests.browser.live_view import labels, start, streamer
from tests.browser.support import Server, artefacts_folder, camera_flags, running_server
from tests.model_files import OTHERS, keras_with_layer

SHIPPED = default_model_dir()

#: Notes when each picture of the video is shown, in milliseconds.
NOTE_PICTURES = """video => {
    window.shown = [];
    const note = now => { window.shown.push(now); video.requestVideoFrameCallback(note); };
    video.requestVideoFrameCallback(note);
}"""
NEXT_PICTURE = "video => new Promise(shown => video.requestVideoFrameCallback(shown))"
LONGEST_GAP = """() => {
    const shown = window.shown;
    return Math.max(...shown.slice(1).map((now, place) => now - shown[place]));
}"""


@pytest.fixture(scope="module")
def models_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with a second model, the shipped network under another name."""
    folder = tmp_path_factory.mktemp("models")
    other = folder / "models" / "other"
    other.mkdir(parents=True)
    shutil.copy(SHIPPED / LITERT_FILE, other)
    card = load_card(SHIPPED)
    files = {LITERT_FILE: card.files[LITERT_FILE]}
    write_card(other, replace(card, name="other", files=files))
    environment = {
        "EMOTION_MODELS_DIR": str(folder / "models"),
        "EMOTION_DATA_DIR": str(folder / "data"),
    }
    with running_server(folder / "log.txt", environment=environment) as server:
        yield server


def model_named(page: Page, name: str) -> None:
    expect(page.get_by_text(f"Model: {name}")).to_be_visible()


def put_to_use(page: Page, name: str) -> None:
    """Choose a model on the page of all models and put it to use."""
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    page.get_by_role("button", name="Use this model").click()


def test_every_open_tab_changes_over_and_its_video_goes_on(
    models_server, open_browser, one_face_clip, keep_picture
):
    browser = open_browser(*camera_flags(one_face_clip))
    size = {"width": 1280, "height": 1100}
    tabs = [browser.new_page(viewport=size) for _ in range(2)]
    for tab in tabs:
        tab.goto(models_server.url)
        start(tab)
        expect(labels(tab)).to_have_count(1)
        model_named(tab, SHIPPED.name)
    idle = browser.new_page(viewport=size)
    idle.goto(models_server.url)
    model_named(idle, SHIPPED.name)
    models = browser.new_page(viewport=size)
    models.goto(f"{models_server.url}/models")
    sockets = models_server.udp_sockets()

    measured = {}
    for name in ("other", SHIPPED.name):
        for tab in tabs:
            streamer(tab).locator("video").evaluate(NOTE_PICTURES)
        put_to_use(models, name)
        pressed = time.monotonic()
        for tab in (*tabs, idle):
            model_named(tab, name)
        measured[f"seconds until all tabs read with {name}"] = time.monotonic() - pressed
        tabs[0].wait_for_timeout(2000)
        for tab in tabs:
            gap = streamer(tab).locator("video").evaluate(LONGEST_GAP)
            measured.setdefault(f"longest gap with {name}, ms", []).append(gap)
            expect(labels(tab)).to_have_count(1)
            streamer(tab).locator("video").evaluate(NEXT_PICTURE)
        expect(models.get_by_role("button", name="In use")).to_be_visible()
    tabs[0].get_by_text("Adjust", exact=True).click()
    expect(tabs[0].get_by_role("combobox", name="Model")).to_have_value(SHIPPED.name)
    assert models_server.udp_sockets() >= sockets  # none of the videos began anew
    (artefacts_folder() / "models.json").write_text(json.dumps(measured, indent=2))
    keep_picture(models, "models")
    keep_picture(tabs[0], "live")
    assert "Traceback" not in models_server.log.read_text()


def test_a_model_is_imported_tried_used_and_deleted(
    models_server, open_browser, tmp_path, keep_picture
):
    context = open_browser().new_context(viewport={"width": 1280, "height": 1400})
    page = context.new_page()
    page.goto(f"{models_server.url}/models")
    page.get_by_text("Import a model").click()
    layer = {"class_name": "Lambda", "config": {"name": "evil"}}
    hostile = tmp_path / "evil.keras"
    hostile.write_bytes(keras_with_layer(layer))
    files = page.locator("input[type=file]").first
    files.set_input_files(hostile)
    expect(page.get_by_text("Not imported.")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("carries code (a Lambda layer)")).to_be_visible()
    keep_picture(page, "refused")
    page.get_by_role("button", name="Remove evil.keras").click()
    expect(page.get_by_text("Not imported.")).to_have_count(0)

    files.set_input_files(OTHERS / "grey64.tflite")
    expect(page.get_by_text("grey images of 64x64 pixels, 7 classes")).to_be_visible(timeout=90_000)
    expect(page.locator(".tried .one")).to_have_count(7)
    keep_picture(page, "questions")
    page.get_by_role("button", name="Keep and use").click()
    expect(page.get_by_text("grey64 was added.")).to_be_visible()
    expect(page.get_by_role("heading", name="grey64", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="In use")).to_be_visible()
    page.get_by_role("tab", name="Network").click()
    expect(page.locator(".network .stage").first).to_be_visible()
    keep_picture(page, "network")

    live = context.new_page()
    live.goto(models_server.url)
    model_named(live, "grey64")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete this model").click()
    expect(page.get_by_role("heading", name=SHIPPED.name, exact=True)).to_be_visible()
    model_named(live, SHIPPED.name)
    assert "Traceback" not in models_server.log.read_text()


def test_on_a_phone(models_server, open_browser, keep_picture):
    page = open_browser().new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{models_server.url}/models")
    expect(page.get_by_role("button", name="In use")).to_be_visible()
    page.get_by_role("tab", name="Network").click()
    expect(page.locator(".network .stage").last).to_be_visible()
    wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wider
    keep_picture(page, "narrow")
