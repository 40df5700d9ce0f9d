"""From a training to the live page and back, as one user goes through it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from emotion_core.models.folder import default_model_dir
from tests.browser.live_view import labels, start
from tests.browser.support import camera_flags, running_server

SHIPPED = default_model_dir().name
TRAINED = "quick-vgg-1"
#: A busy machine with two cores starts TensorFlow in half a minute instead of four seconds.
PATIENCE = 150_000


def go_to(page: Page, name: str) -> None:
    """Follow the navigation, so that the page's session stays."""
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def keep_nothing(page: Page, name: str) -> None:
    """FER2013 is research data."""


def choose(page: Page, box: str, option: str) -> None:
    page.get_by_role("combobox", name=box).click()
    page.get_by_role("option", name=option).click()


@pytest.mark.parametrize(
    ("data", "learns_from"),
    [
        ("Demo", "588 images to learn from"),
        pytest.param("fer2013.csv", "28,709 images to learn from", marks=pytest.mark.fer2013),
    ],
)
def test_trained_judged_compared_put_to_use_and_back(
    tmp_path: Path, open_browser, one_face_clip, keep_picture, data, learns_from
):
    if data != "Demo" and "FER2013_CSV" not in os.environ:
        pytest.skip("FER2013_CSV names no dataset")
    if data != "Demo":
        keep_picture = keep_nothing
    environment = {
        f"EMOTION_{name}_DIR": str(tmp_path / name.lower())
        for name in ("CACHE", "DATA", "EXCLUSIONS", "MODELS", "RUNS")
    }
    (tmp_path / "models").mkdir()
    with running_server(tmp_path / "log.txt", environment=environment) as server:
        browser = open_browser(*camera_flags(one_face_clip))
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.goto(f"{server.url}/train")
        choose(page, "Dataset", data)
        expect(page.get_by_text(learns_from)).to_be_visible()
        page.get_by_role("spinbutton", name="Epochs").fill("1")
        page.get_by_role("spinbutton", name="Epochs").press("Enter")
        expect(page.get_by_text("Changed from the preset: epochs=1")).to_be_visible()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_text(re.compile("Done$")).first).to_be_visible(timeout=PATIENCE)

        keep_picture(page, "done")

        page.get_by_role("link", name="Evaluate it").click()
        expect(page.get_by_role("combobox", name="Model")).to_have_value(TRAINED)
        expect(page.get_by_text("accuracy (95%:")).to_be_visible(timeout=60_000)
        page.get_by_role("tab", name="Confusion").click()
        page.get_by_role("button", name=" read as ").first.click()
        expect(page.locator(".cell").first).to_be_visible()
        keep_picture(page, "confusion")
        page.get_by_role("tab", name="Compare").click()
        choose(page, "Compare with", SHIPPED)
        expect(page.get_by_text("McNemar").first).to_be_visible(timeout=60_000)
        keep_picture(page, "compare")

        # Only now: video takes half of what a small machine has, and training waits for it.
        live = browser.new_page(viewport={"width": 1280, "height": 1100})
        live.goto(server.url)
        start(live)
        expect(labels(live)).to_have_count(1)
        expect(live.get_by_text(f"Model: {SHIPPED}")).to_be_visible()

        go_to(page, "Models")
        for name in (TRAINED, SHIPPED):
            choose(page, "Model", name)
            expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
            page.get_by_role("button", name="Use this model").click()
            expect(live.get_by_text(f"Model: {name}")).to_be_visible()
            expect(labels(live)).to_have_count(1)
            keep_picture(live, f"live-{name}")
        assert "Traceback" not in server.log.read_text()
