"""Fixtures: the server, browsers, and what their camera shows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.install import MISSING, installed_browser
from tests.browser.support import (
    OpenBrowser,
    Server,
    artefacts_folder,
    on_wall,
    portrait,
    running_server,
    swaying,
    write_clip,
)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# A busy machine with two cores: what normally takes a second may take many.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server") / "log.txt") as server:
        yield server


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Not for the whole session: as long as it lives, no other test can run an event loop.
    with sync_playwright() as playwright:
        yield playwright


def find_chromium(playwright: Playwright) -> str:
    """Return the browser to use, or skip; in CI a missing browser is a failure."""
    if found := installed_browser(playwright):
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@pytest.fixture(scope="module")
def module_browsers(playwright: Playwright) -> Iterator[OpenBrowser]:
    """Start a browser for each choice of flags, once: that takes longer than many a test."""
    executable = find_chromium(playwright)
    browsers: dict[tuple[str, ...], Browser] = {}

    def open_one(*flags: str) -> Browser:
        if flags not in browsers or not browsers[flags].is_connected():
            browsers[flags] = playwright.chromium.launch(
                executable_path=executable, args=[*CHROMIUM_FLAGS, *flags]
            )
        return browsers[flags]

    yield open_one
    for browser in browsers.values():
        browser.close()


@pytest.fixture
def open_browser(module_browsers: OpenBrowser) -> Iterator[OpenBrowser]:
    """Return a browser with flags besides the usual ones; its pages are closed after the test.

    Each ``new_page`` of a browser has cookies and storage of its own.
    """
    used: list[Browser] = []

    def open_one(*flags: str) -> Browser:
        used.append(module_browsers(*flags))
        return used[-1]

    yield open_one
    for browser in used:
        for context in browser.contexts:
            context.close()


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("camera")


@pytest.fixture(scope="session")
def one_face_clip(clips: Path) -> Path:
    return write_clip(clips / "one.y4m", swaying(portrait(480)))


@pytest.fixture(scope="session")
def two_faces_clip(clips: Path) -> Path:
    # Large enough for the live settings, which look for faces of a fifth of the height and more.
    return write_clip(clips / "two.y4m", swaying(portrait(300), portrait(300)))


@pytest.fixture(scope="session")
def empty_clip(clips: Path) -> Path:
    return write_clip(clips / "empty.y4m", [on_wall()] * 20)


@pytest.fixture
def keep_picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keep a screenshot as an artefact of the run, for a person to look at."""

    def keep(page: Page, name: str) -> None:
        test = re.sub(r"\W+", "-", request.node.name).strip("-")
        page.screenshot(path=artefacts_folder() / f"{test}-{name}.png")

    return keep
