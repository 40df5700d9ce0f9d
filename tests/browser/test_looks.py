"""Pictures of every page, wide and narrow, light and dark, for a person to look at."""

from __future__ import annotations

import cv2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.live_view import annotated_picture, labels, start
from tests.browser.support import artefacts_folder, camera_flags, on_wall, portrait, write_clip

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_fit_the_screen(server, open_browser, tmp_path, size, scheme):
    scene = on_wall(portrait(480, color=True))
    clip = write_clip(tmp_path / "color.y4m", [scene] * 20)
    photo = tmp_path / "two.png"
    assert cv2.imwrite(
        str(photo), on_wall(portrait(300, color=True), portrait(300, color=True)[:, ::-1])
    )
    page = open_browser(*camera_flags(clip)).new_page(viewport=SIZES[size], color_scheme=scheme)

    def look(name: str) -> None:
        page.wait_for_timeout(700)  # let animations end
        assert_fits(page)
        page.screenshot(path=artefacts_folder() / f"{name}-{size}-{scheme}.png")

    page.goto(f"{server.url}/photo")
    expect(page.get_by_role("heading", name="Photo")).to_be_visible()
    look("photo-empty")
    page.locator("input[type=file]").set_input_files(photo)
    expect(labels(page)).to_have_count(2)
    look("photo-result")
    page.screenshot(path=artefacts_folder() / f"photo-whole-{size}-{scheme}.png", full_page=True)

    page.goto(server.url)
    expect(page.get_by_text("allow the camera")).to_be_visible()
    look("live-idle")
    start(page)
    annotated_picture(page)
    page.wait_for_timeout(3000)  # for a sharp picture and steady figures
    look("live-running")
    page.get_by_text("nothing is stored").scroll_into_view_if_needed()
    look("live-running-end")


def assert_fits(page: Page) -> None:
    """Nothing may stick out to the right."""
    width = "document.querySelector('[data-testid=stMain]').scrollWidth"
    assert page.evaluate(f"{width} <= window.innerWidth")
