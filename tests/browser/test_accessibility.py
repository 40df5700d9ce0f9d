"""What axe-core finds on every page, in the light and the dark theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.support import Server, running_server, wait_for_end_of_run

PAGES = {
    "live_camera": "Live camera",
    "photo": "Photo",
    "sessions": "Sessions",
    "dataset": "Dataset explorer",
    "own_data": "My data",
    "train": "Train",
    "evaluate": "Evaluate",
    "models": "Models",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    names = ("CACHE", "DATA", "EXCLUSIONS")
    environment = {f"EMOTION_{name}_DIR": str(folder / name.lower()) for name in names}
    with running_server(folder / "log.txt", environment=environment) as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found(server, open_browser, scheme):
    page = open_browser().new_page(color_scheme=scheme)
    found = []
    for address, heading in PAGES.items():
        page.goto(f"{server.url}/{address}")
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        wait_for_end_of_run(page)
        found += serious_problems(page, address)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_is_found_in_what_opens(server, open_browser, scheme):
    page = open_browser().new_page(color_scheme=scheme)
    page.goto(f"{server.url}/live_camera")
    for label in ("Adjust", "Rules"):
        page.get_by_text(label, exact=True).click()
    expect(page.get_by_role("slider", name="Smallest face")).to_be_visible()
    expect(page.get_by_role("button", name="Send a test")).to_be_visible()
    page.wait_for_timeout(500)  # it opens slowly
    found = serious_problems(page, "live_camera, opened")
    page.goto(f"{server.url}/photo")
    page.get_by_role("radio", name="Samples").click()
    expect(page.locator(".face")).to_have_count(4)
    wait_for_end_of_run(page)
    found += serious_problems(page, "photo, samples")
    page.goto(f"{server.url}/models")
    page.get_by_role("tab", name="Full card").click()
    page.get_by_text("How it was made", exact=True).click()
    expect(page.get_by_text("Fingerprint of the data")).to_be_visible()
    page.wait_for_timeout(500)
    found += serious_problems(page, "models, its card's code")
    page.get_by_role("tab", name="Network").click()
    expect(page.locator(".network")).to_be_visible()
    found += serious_problems(page, "models, a path in a caption")
    assert not found, "\n".join(found)


def serious_problems(page: Page, place: str) -> list[str]:
    """Return what axe-core finds on the page as it is."""
    return [
        f"{place}: {violation['id']}: {node['html'][:200]} {node['any'][:1]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
