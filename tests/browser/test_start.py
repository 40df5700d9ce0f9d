"""The very first visit to a fresh server, at every address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.support import running_server

PAGES = [
    "Live camera",
    "Photo",
    "Video",
    "Sessions",
    "Dataset explorer",
    "My data",
    "Train",
    "Evaluate",
    "Models",
    "Connect",
    "About",
]


@pytest.mark.parametrize(
    ("address", "heading", "lands_at"),
    [
        ("/", "Live camera", "/live_camera"),
        ("/live_camera", "Live camera", "/live_camera"),
        ("/photo", "Photo", "/photo"),
        ("/video", "Video", "/video"),
        ("/sessions", "Sessions", "/sessions"),
        ("/dataset", "Dataset explorer", "/dataset"),
        ("/own_data", "My data", "/own_data"),
        ("/train", "Train", "/train"),
        ("/evaluate", "Evaluate", "/evaluate"),
        ("/models", "Models", "/models"),
        ("/connect", "Connect", "/connect"),
        ("/about", "About", "/about"),
    ],
)
def test_the_first_visit_gets_the_whole_app(open_browser, tmp_path, address, heading, lands_at):
    with running_server(tmp_path / "log.txt") as server:
        page = open_browser().new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.url + address)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        names = page.get_by_role("navigation", name="App pages").locator("a p")
        expect(names).to_have_text(PAGES)
        expect(page).to_have_url(server.url + lands_at)
        expect(page).to_have_title(f"{heading} · Emotion dashboard")
        expect(page.get_by_text("Page not found")).to_have_count(0)
        health = [each for each in asked if each.endswith("_stcore/health")]
        assert health == [f"{server.url}/_stcore/health"]  # and nowhere else first
        assert "Traceback" not in server.log.read_text()


def test_the_navigation_is_whole_and_a_phones_menu_closes(server, open_browser):
    page = open_browser().new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/about")
    expect(page.get_by_role("heading", name="About", exact=True)).to_be_visible()
    bar = page.get_by_role("navigation", name="App pages")
    last = bar.get_by_role("link", name="About")
    expect(last).to_have_attribute("aria-current", "page")
    expect(bar.get_by_role("button")).to_have_count(0)  # none that would hold the rest of them
    edges = [each.bounding_box() for each in (last, bar)]
    assert edges[0]["x"] + edges[0]["width"] <= edges[1]["x"] + edges[1]["width"]

    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stSidebarContent")).not_to_be_in_viewport()


def test_an_unknown_address_is_told_so(open_browser, tmp_path):
    with running_server(tmp_path / "log.txt") as server:
        page = open_browser().new_page()
        page.goto(server.url)
        expect(page.get_by_role("heading", name="Live camera", exact=True)).to_be_visible()
        page.goto(f"{server.url}/nonsense")
        expect(page.get_by_role("heading", name="No such page", exact=True)).to_be_visible()
        expect(page).to_have_title("No such page · Emotion dashboard")
        expect(page.get_by_text("Page not found")).to_have_count(0)
        expect(page).to_have_url(f"{server.url}/nonsense")
        # The names of icons are text too: my data's is add_a_photo.
        page.get_by_test_id("stPageLink").filter(has_text=re.compile("Photo$")).click()
        expect(page.get_by_role("heading", name="Photo", exact=True)).to_be_visible()
        expect(page).to_have_url(f"{server.url}/photo")
