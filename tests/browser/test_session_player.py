"""A session looked at as a researcher does: played, scrubbed, zoomed, marked; by mouse and keys."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.edits.persons import name_person
from emotion_core.sessions.storage import Session
from tests.browser.support import Server, running_server, wait_for_end_of_run
from tests.browser.test_accessibility import serious_problems
from tests.sessions.recordings import STARTED, face, start

RATE = 20
SECONDS = 6


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Six seconds with a video: person 1 happy, then sad; person 2 comes in the middle."""
    recorder = start(tmp_path_factory.mktemp("looked at") / "sessions", with_video=True)
    for number in range(RATE * SECONDS):
        seconds = 0.25 + number / RATE
        faces = [face(1, "happy" if seconds < 3 else "sad")]
        faces += [face(2, "neutral")] if seconds >= 3 else []
        image = np.full((240, 320, 3), 2 * number, np.uint8)
        recorder.record(STARTED + seconds, faces, image)
        deadline = time.monotonic() + 30
        while recorder._video.facts.frames < number - 5:  # more would be dropped
            assert time.monotonic() < deadline, "the video's encoder does not get on"
            time.sleep(0.001)
    recorded = recorder.stop()
    assert recorded.header.video.frames == RATE * SECONDS
    name_person(recorded, 2, "Ada")
    return recorded


@pytest.fixture(scope="module")
def own_server(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    environment = {
        "EMOTION_SESSIONS_DIR": str(session.folder.parent),
        "EMOTION_CACHE_DIR": str(folder / "cache"),
        "EMOTION_DATA_DIR": str(folder / "data"),
    }
    with running_server(folder / "log.txt", environment=environment) as server:
        yield server


def test_by_mouse_and_keyboard(own_server, session, open_browser, keep_picture):
    page = open_browser().new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{own_server.url}/sessions")
    expect(page.locator(".player[data-drawn]")).to_be_visible()
    wait_for_end_of_run(page)
    head = page.get_by_role("slider", name="Playhead")

    # Clicked in the chart: the video is there too, which began a quarter of a second later.
    box = head.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(head).to_have_attribute(
        "aria-valuetext", re.compile("^0:03, person 1 sad, Ada neutral$")
    )
    expect(page.locator(".player .clock")).to_have_text(re.compile(r"0:03\.1\d / 0:06"))
    page.evaluate(SHOWN)
    page.wait_for_function("() => Math.abs(window.shown() - 2.85) < 0.06")
    keep_picture(page, "clicked")

    # Frames, seconds and ends by keys.
    for key, place in (
        ("ArrowRight", r"3\.1[5-9]"),
        ("ArrowLeft", r"3\.1[0-4]"),
        ("ArrowLeft", r"3\.0"),
    ):
        head.press(key)
        expect(head).to_have_attribute("aria-valuenow", re.compile(place))
    head.press("ArrowDown")
    expect(head).to_have_attribute("aria-valuetext", "0:02, person 1 happy")
    head.press("Home")
    expect(head).to_have_attribute("aria-valuenow", "0.00")

    # Played by the space bar, the video draws the playhead along; M marks a moment.
    head.press("Space")
    page.wait_for_function("() => window.shown() > 0.4")
    page.keyboard.press("m")
    head.press("Space")
    expect(page.get_by_role("combobox", name="Marks")).to_be_visible()  # it has a label now
    wait_for_end_of_run(page)
    (mark,) = read_marks(session)
    assert 0.4 < mark.start < SECONDS
    page.wait_for_function(
        "() => Math.abs(window.inside('.player').player.time - window.shown() - 0.25) < 0.1"
    )

    # Zoomed by a drag with Shift; the chart shows that part alone.
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 100, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    shown = page.locator(".player").evaluate("each => [each.player.from, each.player.to]")
    assert shown == pytest.approx([1.55, 3.1], abs=0.1)
    # Boxes over the video, with the name of now; it was recorded without any.
    head.press("End")
    page.wait_for_function(COLORED)
    page.get_by_role("button", name="Boxes over the video").click()
    page.wait_for_function(f"() => !({COLORED})()")
    page.get_by_role("button", name="Boxes over the video").click()
    page.wait_for_function(COLORED)
    keep_picture(page, "zoomed")
    assert not serious_problems(page, "a session")
    assert "Traceback" not in own_server.log.read_text()


#: Gives the page a function that tells the video's time.
SHOWN = """() => {
    const inside = (name) => [...document.querySelectorAll("*")].map((each) => each.shadowRoot)
        .filter(Boolean).map((root) => root.querySelector(name)).find(Boolean);
    window.inside = inside;
    window.shown = () => inside("video").currentTime;
    return true;
}"""
#: Whether something is drawn over the video.
COLORED = """() => {
    const canvas = window.inside("canvas.boxes");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value > 0);
}"""
