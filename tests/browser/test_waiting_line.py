"""Two people and one place for live video, in real browsers."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.live_view import PLAYING, START_MS, annotated_picture, press, start, streamer
from tests.browser.support import camera_flags, running_server


def in_line(page: Page, number: int) -> None:
    expect(page.get_by_text(f"You are number {number} in line.")).to_be_visible(timeout=START_MS)
    expect(page.locator('iframe[title*="webrtc_streamer"]')).to_have_count(0)


def test_one_place_and_three_people(tmp_path, open_browser, one_face_clip, keep_picture):
    """The third closes the tab; the second's video starts when the first one's tab is gone."""
    browser = open_browser(*camera_flags(one_face_clip))
    limit = {"EMOTION_MOST_VIEWERS": "1"}
    with running_server(tmp_path / "log.txt", environment=limit) as server:
        first, second, third = (browser.new_context().new_page() for _ in range(3))
        for page in (first, second):  # both may press Start: nobody has yet
            page.goto(server.url)
            expect(streamer(page).get_by_role("button", name="Start")).to_be_visible(
                timeout=START_MS
            )
        start(first)
        press(second, "Start")
        in_line(second, 1)
        expect(second.get_by_text("Nobody has left yet")).to_be_visible()

        third.goto(server.url)
        expect(third.get_by_text("All places for live video are taken")).to_be_visible(
            timeout=START_MS
        )
        for width, name in ((1280, "wide"), (390, "phone")):
            third.set_viewport_size({"width": width, "height": 844})
            keep_picture(third, f"taken-{name}")
        third.get_by_role("button", name="Wait in line").click()
        in_line(third, 2)
        for scheme in ("light", "dark"):
            third.emulate_media(color_scheme=scheme)
            keep_picture(third, f"in-line-{scheme}")
        third.close()

        first.close()  # as a tab that is killed: nobody says goodbye
        expect(second.get_by_text(PLAYING, exact=True)).to_be_visible(timeout=START_MS)
        annotated_picture(second)
        # It is theirs to stop, and to start again.
        press(second, "Stop")
        expect(streamer(second).get_by_role("button", name="Start")).to_be_visible()
        start(second)

        late = browser.new_context().new_page()
        late.goto(server.url)
        late.get_by_role("button", name="Wait in line").click(timeout=START_MS)
        in_line(late, 1)
        expect(
            late.get_by_text(re.compile("It takes about .* as long as others stay"))
        ).to_be_visible()
        late.get_by_role("button", name="Leave the line").click()
        expect(late.get_by_text("All places for live video are taken")).to_be_visible()
