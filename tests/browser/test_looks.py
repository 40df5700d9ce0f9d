"""Pictures of every page, wide and narrow, light and dark, for a person to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_view import annotated_picture, labels, start
from tests.browser.support import (
    artefacts_folder,
    camera_flags,
    on_wall,
    portrait,
    wait_for_end_of_run,
    write_clip,
)

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
#: A page is opened at the first size and then takes on the other: sooner than opening it twice.
TURNS = [("light", ("wide", "phone")), ("dark", ("phone", "wide"))]


@pytest.fixture(scope="module")
def colored_clip(clips: Path) -> Path:
    return write_clip(clips / "color.y4m", [on_wall(portrait(480, color=True))] * 20)


@pytest.mark.parametrize(("scheme", "sizes"), TURNS)
def test_pages_fit_the_screen(server, open_browser, tmp_path, colored_clip, scheme, sizes):
    photo = tmp_path / "two.png"
    assert cv2.imwrite(
        str(photo), on_wall(portrait(300, color=True), portrait(300, color=True)[:, ::-1])
    )
    page = open_browser(*camera_flags(colored_clip)).new_page(color_scheme=scheme)

    def look(name: str) -> None:
        for size in sizes:
            page.set_viewport_size(SIZES[size])
            assert_fits(page)
            keep(page, f"{name}-{size}-{scheme}")

    page.set_viewport_size(SIZES[sizes[0]])
    page.goto(f"{server.url}/photo")
    expect(page.get_by_role("heading", name="Photo")).to_be_visible()
    wait_for_end_of_run(page)
    look("photo-empty")
    page.locator("input[type=file]").set_input_files(photo)
    expect(labels(page)).to_have_count(2)
    wait_for_end_of_run(page)
    look("photo-result")
    for size in sizes:
        page.set_viewport_size(SIZES[size])
        keep(page, f"photo-whole-{size}-{scheme}", full_page=True)

    page.goto(server.url)
    expect(page.get_by_text("allow the camera")).to_be_visible()
    look("live-idle")
    start(page)
    annotated_picture(page)
    expect(page.locator(".js-plotly-plot")).to_have_count(1)  # the last minute
    look("live-running")
    page.get_by_text("nothing is stored unless").scroll_into_view_if_needed()
    look("live-running-end")


def test_a_card_fits_a_phone(server, open_browser):
    """Its tables made the page 663 px wide, and cut the names of classes."""
    page = open_browser().new_page(viewport=SIZES["phone"])
    page.goto(f"{server.url}/models")
    page.get_by_role("tab", name="Full card").click()
    for title in ("Expressions", "Confusion matrix", "How it was made"):
        page.get_by_text(title, exact=True).click()
    expect(page.get_by_role("cell", name="surprise").first).to_be_visible()
    expect(page.get_by_text("Fingerprint of the data")).to_be_visible()
    assert_fits(page)
    keep(page, "models-card-phone", full_page=True)
    # What is wider than the page is reached by scrolling the table alone.
    assert page.get_by_role("table").last.evaluate("table => table.scrollWidth > table.clientWidth")


def assert_fits(page: Page) -> None:
    """Nothing may stick out to the right."""
    width = "document.querySelector('[data-testid=stMain]').scrollWidth"
    page.wait_for_function(f"{width} <= window.innerWidth")  # charts follow a turn of the screen


def keep(page: Page, name: str, *, full_page: bool = False) -> None:
    """Keep a picture for a person to look at."""
    path = artefacts_folder() / f"{name}.png"
    page.screenshot(path=path, full_page=full_page, animations="disabled")
