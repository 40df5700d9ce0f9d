"""Training as a new user does it, in a real browser, with what can go wrong meanwhile."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from emotion_core.models.folder import load_card
from emotion_core.training.runs.run import read_status
from emotion_core.training.runs.storage import list_runs
from tests.browser.support import Server, running_server

#: A busy machine with two cores starts TensorFlow in half a minute instead of four seconds.
PATIENCE = 150_000


@pytest.fixture(scope="module")
def training_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("training")
    environment = {
        "EMOTION_DATA_DIR": str(folder / "data"),
        "EMOTION_RUNS_DIR": str(folder / "runs"),
        "EMOTION_MODELS_DIR": str(folder / "models"),
    }
    (folder / "models").mkdir()
    with running_server(folder / "log.txt", environment=environment) as server:
        yield server


def curves(page: Page):
    return page.locator(".js-plotly-plot .main-svg").first


def state(page: Page, name: str):
    """Return what says how a run is; an icon's name stands before it."""
    return page.get_by_text(re.compile(f"{name}$")).first


def test_start_watch_kill_resume_finish(training_server, open_browser, keep_picture):
    runs = Path(training_server.log).with_name("runs")
    page = open_browser().new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{training_server.url}/train")
    expect(page.get_by_text("588 images to learn from")).to_be_visible()
    page.get_by_role("spinbutton", name="Epochs").fill("12")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    expect(page.get_by_text("Changed from the preset: epochs=12")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()

    expect(curves(page)).to_be_visible(timeout=PATIENCE)
    expect(state(page, "Running")).to_be_visible()
    keep_picture(page, "running")
    page.context.browser.close()

    (run,) = list_runs(runs).runs
    os.kill(read_status(run.folder).pid, signal.SIGKILL)
    page = open_browser().new_page(viewport={"width": 1280, "height": 1400})
    page.goto(f"{training_server.url}/train?training=Runs")
    expect(state(page, "Interrupted")).to_be_visible()
    expect(page.get_by_text("to the same result as if nothing had happened")).to_be_visible()
    expect(curves(page)).to_be_visible()
    keep_picture(page, "interrupted")

    page.get_by_role("button", name="Resume").click()
    expect(state(page, "Done")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("12 of 12").filter(visible=True).first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    keep_picture(page, "done")
    (run,) = list_runs(runs).runs
    assert [epoch.epoch for epoch in run.epochs] == list(range(1, 13))
    assert load_card(run.model).name == "quick-vgg-1"
    assert "Traceback" not in training_server.log.read_text()
