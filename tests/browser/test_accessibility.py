"""What axe-core finds on every page, in the light and the dark theme."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.edits.persons import leave_out
from tests.browser.support import Server, running_server, wait_for_end_of_run
from tests.sessions.recordings import record

PAGES = {
    "live_camera": "Live camera",
    "photo": "Photo",
    "video": "Video",
    "sessions": "Sessions",
    "dataset": "Dataset explorer",
    "own_data": "My data",
    "train": "Train",
    "evaluate": "Evaluate",
    "models": "Models",
    "connect": "Connect",
    "about": "About",
}

#: The tabs of a session, and words of each that tell that it is shown.
SESSION_PARTS = {
    "Numbers": "Around marks",
    "People": "Whoever comes back",
    "Marks": "Tick a mark",
    "Files": "What the columns mean",
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
    found += serious_problems_of_a_session(page, server)
    assert not found, "\n".join(found)


def serious_problems_of_a_session(page: Page, server: Server) -> list[str]:
    """Return what axe-core finds on the page Sessions with one of two people, tab by tab."""
    frames = [(number / 10, {1: "happy", 2: "sad"}) for number in range(40)]
    session = record(server.log.with_name("sessions"), frames)
    add_mark(session, 0.5, "question")
    add_mark(session, 1, "film", seconds=2)
    leave_out(session, 3.5, 0.2)
    found = []
    try:
        page.goto(f"{server.url}/sessions")
        expect(page.locator(".player[data-drawn]")).to_be_visible()
        for part, shown in SESSION_PARTS.items():
            page.get_by_role("tab", name=part, exact=True).click()
            expect(
                page.locator(f".st-key-part_{part.lower()}").get_by_text(shown).first
            ).to_be_visible()
            wait_for_end_of_run(page)
            found += serious_problems(page, f"sessions, {part}", also=("heading-order",))
        page.get_by_role("tab", name="Numbers", exact=True).click()
        page.get_by_role("radio", name="People", exact=True).click()
        expect(page.get_by_text("person 1 minus person 2")).to_be_visible()
        wait_for_end_of_run(page)
        found += serious_problems(page, "sessions, two people compared")
    finally:
        shutil.rmtree(session.folder)  # the next theme begins without one
    return found


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


def serious_problems(page: Page, place: str, also: Sequence[str] = ()) -> list[str]:
    """Return what axe-core finds on the page as it is; of what is less serious, ``also``."""
    return [
        f"{place}: {violation['id']}: {node['html'][:200]} {node['any'][:1]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical") or violation["id"] in also
        for node in violation["nodes"]
    ]


def test_the_focus_is_seen_on_tabs_and_on_a_tables_buttons(server, open_browser):
    """Tabs had two lines of a ring, and a table's buttons had it behind the table."""
    page = open_browser().new_page()
    page.goto(f"{server.url}/evaluate")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible(timeout=90_000)
    wait_for_end_of_run(page)
    rings = False
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.get_attribute("role") == "tab":
            rings = focused.locator("p").evaluate(RING_FITS)
        if focused.get_attribute("data-testid") == "stBaseButton-elementToolbar":
            break
    assert rings
    assert focused.evaluate(AT_ITS_PLACE)
    assert focused.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"


def test_the_focus_goes_where_the_keyboard_opens_and_back_and_stays_on_tabs(server, open_browser):
    """It stayed outside, and what opened stood behind the rest of the page; tabs lost it."""
    page = open_browser().new_page()
    page.goto(f"{server.url}/evaluate")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible(timeout=90_000)
    wait_for_end_of_run(page)
    button = page.get_by_test_id("stPopoverButton").first
    button.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")  # as the keyboard gives it the focus
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stPopoverBody").locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(button).to_be_focused()

    # A run whose messages come one by one disables tabs for a moment.
    tab = page.get_by_role("tab", selected=True)
    tab.focus()
    # The browser takes the focus away when it draws next, which a busy machine puts off: done here.
    assert tab.evaluate("""tab => {
        tab.removeAttribute("tabindex"); tab.dataset.disabled = "true"; tab.blur();
        return document.activeElement === document.body;
    }""")
    tab.evaluate("tab => { tab.tabIndex = 0; delete tab.dataset.disabled; }")
    expect(tab).to_be_focused()


#: Whether the ring around a tab's name is drawn, and all of it is in the row of tabs.
RING_FITS = """name => {
    const style = getComputedStyle(name);
    const out = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
    const [ring, row] = [name, name.closest("[role=tablist]")].map(
        (each) => each.getBoundingClientRect());
    return style.outlineStyle === "solid" && ring.top - out >= row.top
        && ring.bottom + out <= row.bottom && ring.left - out >= row.left;
}"""

#: Whether an element is what somebody sees at its own middle.
AT_ITS_PLACE = """each => {
    const box = each.getBoundingClientRect();
    const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return each.contains(seen);
}"""
