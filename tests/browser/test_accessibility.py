"""What axe-core finds on every page, in the light and the dark theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

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
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found += [
                    f"{address}: {violation['id']}: {node['html'][:200]} {node['any'][:1]}"
                    for node in violation["nodes"]
                ]
    assert not found, "\n".join(found)
