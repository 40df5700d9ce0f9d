"""What is set on each page is there again after a reload, for this viewer alone, until reset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from emotion_core.datasets.own.storage import create_own_dataset
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import rename_session
from tests.browser.support import Server, running_server, wait_for_end_of_run


def pressed(page: Page, name: str) -> Locator:
    """Return the pill or segment of this name if it is chosen."""
    one = page.get_by_role("radio", name=name, checked=True, exact=True)
    return one.or_(page.get_by_role("button", name=name, pressed=True, exact=True))


def choose(page: Page, box: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(box)).click()
    page.get_by_role("option", name=re.compile(option)).click()


#: A page's address, what a viewer changes there, and where that is seen.
CHANGES: dict[str, tuple[Callable[[Page], object], Callable[[Page], Locator]]] = {
    "live_camera": (
        lambda page: page.get_by_role("button", name="Scores", exact=True).click(),
        lambda page: pressed(page, "Scores"),
    ),
    "photo": (
        lambda page: page.get_by_text("Samples").click(),
        lambda page: pressed(page, "Samples"),
    ),
    "sessions": (
        lambda page: choose(page, "Session", "anna"),
        lambda page: page.locator("input[role=combobox][value^=anna]"),
    ),
    "dataset?section=Browse": (
        lambda page: page.get_by_role("button", name="happy", exact=True).click(),
        lambda page: pressed(page, "happy"),
    ),
    "own_data": (
        lambda page: choose(page, "Dataset", "ben"),
        lambda page: page.locator("input[role=combobox][value=ben]"),
    ),
    "train": (
        lambda page: page.get_by_text("standard", exact=True).click(),
        lambda page: pressed(page, "standard"),
    ),
    "evaluate": (
        lambda page: page.get_by_role("tab", name="Calibration").click(),
        lambda page: page.get_by_role("tab", name="Calibration", selected=True),
    ),
    "models": (
        lambda page: page.get_by_role("tab", name="Network").click(),
        lambda page: page.get_by_role("tab", name="Network", selected=True),
    ),
}
#: Those whose changes stand in the viewer's settings; the others' are in the address.
SETTINGS = ("live_camera", "photo", "train")


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("kept")
    description = SessionDescription("agreed", "fer2013-vgg", "abc", (64, 48))
    for name in ("anna", "ben"):
        create_own_dataset(folder / "data" / "own_data", name, "agreed")
        recorder = SessionRecorder.start(folder / "data" / "sessions", description)
        rename_session(recorder.stop(), name=name, notes="")
    environment = {
        "EMOTION_DATA_DIR": str(folder / "data"),
        "EMOTION_SESSIONS_DIR": str(folder / "data" / "sessions"),
        "EMOTION_CACHE_DIR": str(folder / "cache"),
    }
    with running_server(folder / "log.txt", environment=environment) as server:
        yield server


@pytest.mark.parametrize("address", CHANGES)
def test_a_reload_keeps_what_was_changed(address, own_server, open_browser, keep_picture):
    change, changed = CHANGES[address]
    browser = open_browser()
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{own_server.url}/{address}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    wait_for_end_of_run(page)
    expect(changed(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Reset this page")).to_have_count(0)
    change(page)
    expect(changed(page)).to_be_visible()
    wait_for_end_of_run(page)
    page.reload()
    expect(changed(page)).to_be_visible()
    keep_picture(page, "reloaded")

    other = browser.new_context().new_page()
    other.goto(f"{own_server.url}/{address}")
    expect(other.get_by_role("heading", level=1)).to_be_visible()
    wait_for_end_of_run(other)
    expect(changed(other)).to_have_count(0)

    if address in SETTINGS:
        page.get_by_role("button", name="Reset this page").click()
        expect(changed(page)).to_have_count(0)
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        wait_for_end_of_run(page)
        expect(changed(page)).to_have_count(0)
        expect(page.get_by_role("button", name="Reset this page")).to_have_count(0)
    else:
        other.goto(page.url)  # a link
        expect(changed(other)).to_be_visible()


def test_a_restart_keeps_it_too(tmp_path, open_browser):
    environment = {"EMOTION_DATA_DIR": str(tmp_path / "data")}
    context = open_browser().new_context()
    for is_first in (True, False):
        with running_server(tmp_path / "log.txt", environment=environment) as server:
            page = context.new_page()
            page.goto(f"{server.url}/live_camera")
            expect(page.get_by_role("button", name="Scores")).to_be_visible()
            if is_first:
                page.get_by_role("button", name="Scores", exact=True).click()
            expect(pressed(page, "Scores")).to_be_visible()
            wait_for_end_of_run(page)
            page.close()
