"""The live page in a real browser whose camera plays a film of a real face."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas
import pytest
from playwright.sync_api import Page, expect

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.finding.detectors import FRONTAL_SETTINGS, HaarFaceDetector
from tests.browser.live_view import (
    START_MS,
    annotated_picture,
    colored,
    drawn_box,
    labels,
    picture,
    press,
    start,
    streamer,
)
from tests.browser.support import (
    SWAY,
    Server,
    artefacts_folder,
    camera_flags,
    on_wall,
    portrait,
    running_server,
    wait_for_end_of_run,
)

IDLE = "allow the camera"


def start_and_note_sockets(server: Server, page: Page) -> set[str]:
    """Start the stream and return the sockets the server opened for it."""
    before = server.udp_sockets()
    start(page)
    sockets = server.udp_sockets() - before
    assert sockets
    return sockets


def wait_until_closed(server: Server, page: Page, sockets: set[str]) -> None:
    """Wait until the server has let go of all ``sockets``."""
    deadline = time.monotonic() + 60  # without a goodbye, it takes 30 s until the end is noticed
    while time.monotonic() < deadline:
        if not sockets & server.udp_sockets():
            return
        page.wait_for_timeout(250)
    raise AssertionError("the stream goes on at the server")


@pytest.mark.parametrize("address", ["/", "/live_camera"])
def test_the_page_opens_and_says_what_will_happen(server, open_browser, address):
    page = open_browser().new_page()
    page.goto(server.url + address)
    expect(page.get_by_text(IDLE)).to_be_visible()
    expect(page.get_by_role("heading", name="Live camera")).to_be_visible()
    expect(page.get_by_text("cannot tell what somebody feels")).to_be_visible()
    expect(page.get_by_text("nothing is stored unless")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_text("Model:")).to_be_visible()


def test_the_first_steps_stay_read_when_the_page_is_opened_again(server, open_browser):
    page = open_browser().new_context().new_page()
    page.goto(server.url)
    steps = page.get_by_text("First time here?")
    expect(steps).to_be_visible()
    page.get_by_role("button", name="Got it").click()
    expect(steps).to_have_count(0)
    wait_for_end_of_run(page)
    page.reload()
    expect(page.get_by_text(IDLE)).to_be_visible()
    wait_for_end_of_run(page)
    expect(steps).to_have_count(0)


def test_nothing_is_fetched_from_elsewhere(server, open_browser, one_face_clip):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    start(page)
    local = (server.url, server.url.replace("http", "ws"), "blob:", "data:")
    assert asked
    assert [url for url in asked if not url.startswith(local)] == []


def test_the_face_is_framed_in_the_video_and_named_on_the_page(
    server, open_browser, one_face_clip, keep_picture
):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    page.goto(server.url)
    pressed = time.monotonic()
    press(page, "Start")
    image = annotated_picture(page)
    seconds_to_first_box = time.monotonic() - pressed

    (face,) = HaarFaceDetector(FRONTAL_SETTINGS).detect(on_wall(portrait(480)))
    left, _, right, bottom = drawn_box(image)
    reach = SWAY + 12  # the portrait moves, and the cascade is not exact to the pixel
    assert abs((left + right) / 2 - face.center[0]) < reach
    assert abs(bottom - (face.y + face.height)) < reach
    assert 0.7 < (right - left) / face.width < 1.4

    expect(labels(page)).to_have_count(1)
    assert labels(page).text_content() in EMOTIONS
    expect(page.locator(".score")).to_have_count(len(EMOTIONS))
    expect(page.locator(".numbers")).to_have_count(0)  # for those who ask only
    page.get_by_text("Details", exact=True).click()
    expect(page.locator(".numbers b").first).not_to_have_text("0.0")
    measured = dict(
        zip(
            page.locator(".numbers span").all_text_contents(),
            page.locator(".numbers b").all_text_contents(),
            strict=True,
        )
    )
    assert float(measured["frames per second"]) > 0
    assert float(measured["time per frame, median"].removesuffix(" ms")) > 0
    assert measured["frame size"] == "640x480"
    measured["seconds from Start to the first box"] = f"{seconds_to_first_box:.2f}"
    (artefacts_folder() / "live.json").write_text(json.dumps(measured, indent=2))
    keep_picture(page, "running")


def test_two_faces_are_told_apart(server, open_browser, two_faces_clip, keep_picture):
    page = open_browser(*camera_flags(two_faces_clip)).new_page()
    page.goto(server.url)
    start(page)
    expect(labels(page)).to_have_count(2)
    numbers = page.locator(".face .number")
    expect(numbers).to_have_count(2)
    assert set(numbers.all_text_contents()) == {"person 1", "person 2"}

    deadline = time.monotonic() + 20
    halves = (False, False)
    while not all(halves) and time.monotonic() < deadline:
        image = annotated_picture(page)
        middle = image.shape[1] // 2
        halves = tuple(colored(half).sum() > 300 for half in np.split(image, [middle], axis=1))
    assert all(halves)
    keep_picture(page, "running")


def test_what_is_drawn_can_be_changed_while_the_video_runs(server, open_browser, one_face_clip):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    page.goto(server.url)
    start(page)
    annotated_picture(page)
    for choice in ("Boxes", "Labels"):
        page.get_by_role("button", name=choice, exact=True).click()
    deadline = time.monotonic() + 20
    while colored(picture(page)).any() and time.monotonic() < deadline:
        page.wait_for_timeout(250)
    assert not colored(picture(page)).any()
    expect(labels(page)).to_have_count(1)  # it is still read
    page.get_by_role("button", name="Boxes", exact=True).click()
    annotated_picture(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_controls_are_beside_the_video_and_keep_their_width(
    server, open_browser, one_face_clip, width, keep_picture
):
    page = open_browser(*camera_flags(one_face_clip)).new_page(
        viewport={"width": width, "height": 1800}
    )
    page.goto(server.url)
    start(page)
    annotated_picture(page)
    page.get_by_text("Rules", exact=True).click()
    test = page.get_by_role("button", name="Send a test")
    expect(test).to_be_visible()
    page.wait_for_timeout(500)  # it opens slowly
    field, video = page.get_by_role("textbox", name="Webhook"), streamer(page).locator("video")
    before = field.bounding_box()
    shown = video.bounding_box()
    assert before["y"] > shown["y"] + shown["height"]
    assert page.get_by_text("When this is seen").bounding_box()["y"] > shown["y"] + shown["height"]
    test.click()
    expect(page.get_by_text("Enter an address first.")).to_be_visible()
    field.fill("http://8.8.8.8/event")
    field.press("Enter")
    expect(page.get_by_text("expected an address on this machine").first).to_be_visible()
    assert field.bounding_box()["width"] == before["width"]
    keep_picture(page, f"rules-{width}")


def test_a_session_is_recorded_shown_and_deleted(server, open_browser, one_face_clip, keep_picture):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    page.goto(server.url)
    start(page)
    expect(page.locator(".js-plotly-plot")).to_have_count(1)  # the last minute
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_disabled()
    page.get_by_text("Everyone in view has agreed").click()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text("Recording", exact=True)).to_be_visible()
    thirty_frames = page.get_by_text(re.compile(r"\b([3-9]\d|\d{3,}) frames"))
    expect(thirty_frames).to_be_visible(timeout=START_MS)
    page.keyboard.press("1")
    page.keyboard.press("2")
    expect(page.get_by_text(re.compile(r"response \d+:\d\d\.\d · stimulus \d+:"))).to_be_visible()
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_role("heading", name="The session just recorded")).to_be_visible()
    page.get_by_role("tab", name="Files").click()
    expect(page.get_by_role("button", name="CSV")).to_be_visible()
    wait_for_end_of_run(page)  # it takes back the files that it has offered before
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    table = pandas.read_csv(download.value.path())
    assert len(table) > 5
    assert table["frame"].is_monotonic_increasing
    assert table[list(EMOTIONS)].sum(axis="columns").between(0.99, 1.01).all()
    assert table["person"].nunique() == 1
    # The face in the film does not change, and so its label does not flicker.
    assert (table["emotion"] != table["emotion"].shift()).sum() <= 2
    keep_picture(page, "recorded")

    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    expect(page.get_by_role("combobox", name="Session")).to_be_visible()
    keep_picture(page, "sessions")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete this session").click()
    expect(page.get_by_text("No sessions yet.")).to_be_visible()


#: Makes every write of the server slow, so that the next click comes while one is at work.
SLOW_DISK = """
import os, time
write = os.fsync
os.fsync = lambda file: (time.sleep(0.15), write(file))
"""
#: Clicks 0.2 s apart, as people's are; another widget may be the last.
CLICKS = """async ([label, times, then]) => {
    const pause = () => new Promise(done => setTimeout(done, 200));
    const button = [...document.querySelectorAll("button")]
        .find(button => button.innerText.trim().endsWith(label));
    for (let click = 0; click < times; click++) { button.click(); await pause(); }
    if (then) document.querySelector(`.st-key-${then} input`).click();
}"""


@pytest.fixture
def slow_server(tmp_path: Path) -> Iterator[Server]:
    """A server of each test's own: what one of them leaves behind would fail the others, too."""
    (tmp_path / "sitecustomize.py").write_text(SLOW_DISK)
    with running_server(tmp_path / "log.txt", environment={"PYTHONPATH": str(tmp_path)}) as server:
        yield server


@pytest.mark.parametrize(
    ("times", "then"),
    [(2, ""), (3, ""), (1, "record_video-0")],
    ids=["double", "triple", "aborted"],
)
def test_however_record_is_clicked_one_recording_begins_and_can_be_ended(
    slow_server, open_browser, one_face_clip, times, then
):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    page.goto(slow_server.url)
    start(page)
    page.get_by_text("Everyone in view has agreed").click()
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_enabled()
    wait_for_end_of_run(page)
    page.evaluate(CLICKS, ["Record", times, then])
    expect(page.get_by_text("Recording", exact=True)).to_be_visible()
    page.wait_for_timeout(2000)  # what the other clicks would begin
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_role("heading", name="The session just recorded")).to_be_visible()
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_role("combobox", name="Session")).to_be_visible()
    expect(page.get_by_text("is being recorded")).to_have_count(0)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete this session").click()
    expect(page.get_by_text("No sessions yet.")).to_be_visible()
    assert "Traceback" not in slow_server.log.read_text()


def test_leaving_while_recording_asks_and_says_what_became_of_it(
    server, open_browser, one_face_clip, keep_picture
):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    page.goto(server.url)
    start(page)
    sign = page.locator(".st-key-on_air")
    expect(sign).to_have_text(re.compile("Video is on"))
    page.get_by_text("Everyone in view has agreed").click()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(sign).to_have_text(re.compile(r"Recording 0:\d\d"))
    expect(sign).to_be_in_viewport()
    keep_picture(page, "sign")
    asked: list[str] = []

    def answer(accept: bool) -> None:
        def act(dialog) -> None:
            asked.append(dialog.message)
            (dialog.accept if accept else dialog.dismiss)()

        page.once("dialog", act)

    answer(accept=False)
    page.get_by_role("link", name="Photo").click()
    page.wait_for_timeout(1000)
    expect(page).to_have_url(re.compile("/live_camera$"))
    expect(sign).to_have_text(re.compile(r"Recording 0:\d\d"))
    answer(accept=True)
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_text("You left Live camera, so the video ended")).to_be_visible()
    assert [message[:23] for message in asked] == ["A recording is running."] * 2
    expect(page.get_by_role("combobox", name="Session")).to_be_visible()
    expect(sign).to_have_count(0)
    keep_picture(page, "left")
    page.get_by_role("link", name="Photo").click()  # nobody asks any more
    expect(page.get_by_role("heading", name="Photo")).to_be_visible()
    expect(page.get_by_text("You left Live camera")).to_have_count(0)
    page.get_by_role("link", name="Sessions").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete this session").click()
    expect(page.get_by_text("No sessions yet.")).to_be_visible()


def test_no_face_is_said(server, open_browser, empty_clip):
    page = open_browser(*camera_flags(empty_clip)).new_page()
    page.goto(server.url)
    start(page)
    expect(page.get_by_text("No face found.")).to_be_visible()
    image = picture(page)
    assert image is not None
    assert not colored(image).any()


def test_stop_ends_the_stream(server, open_browser, one_face_clip):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    page.goto(server.url)
    sockets = start_and_note_sockets(server, page)

    press(page, "Stop")
    expect(page.get_by_text(IDLE)).to_be_visible()
    expect(labels(page)).to_have_count(0)
    wait_until_closed(server, page, sockets)

    page.wait_for_timeout(1000)  # the controls move up when the video goes
    start(page)
    expect(labels(page)).to_have_count(1)


def test_leaving_the_page_ends_the_stream_and_coming_back_restarts_it(
    server, open_browser, one_face_clip
):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    page.goto(server.url)
    sockets = start_and_note_sockets(server, page)

    page.get_by_role("link", name="Photo").click()
    expect(page.get_by_role("heading", name="Photo")).to_be_visible()
    wait_until_closed(server, page, sockets)

    page.get_by_role("link", name="Live camera").click()
    expect(page.get_by_text(IDLE)).to_be_visible()
    start(page)
    expect(labels(page)).to_have_count(1)
    annotated_picture(page)


def test_closing_the_tab_ends_the_stream(server, open_browser, one_face_clip):
    browser = open_browser(*camera_flags(one_face_clip))
    page = browser.new_page()
    page.goto(server.url)
    sockets = start_and_note_sockets(server, page)
    other = browser.new_page()
    page.close()
    wait_until_closed(server, other, sockets)


def test_another_camera_can_be_chosen(server, open_browser, keep_picture):
    flags = ["--use-fake-device-for-media-stream=device-count=3", "--use-fake-ui-for-media-stream"]
    page = open_browser(*flags).new_page()
    page.goto(server.url)
    press(page, "Choose camera")
    cameras = streamer(page).locator("select[name=video-input] option")
    expect(cameras).to_have_count(3)
    # Chromium's second made-up camera measures depth; the third is an ordinary one again.
    chosen = cameras.nth(2).get_attribute("value")
    streamer(page).locator("select[name=video-input]").select_option(chosen)
    keep_picture(page, "choice")
    press(page, "Done")
    start(page)
    remembered = (
        streamer(page).locator("video").evaluate("() => Object.values(localStorage).join()")
    )
    assert chosen in remembered


def test_a_denied_camera_is_explained(server, open_browser, one_face_clip, keep_picture):
    page = open_browser(*camera_flags(one_face_clip, allow=False)).new_page()
    page.goto(server.url)
    press(page, "Start")
    expect(page.get_by_text("did not let this page use the camera")).to_be_visible()
    # The library tells the same in the browser's words, which nobody needs beside ours.
    expect(streamer(page).get_by_text("NotAllowedError")).to_be_hidden()
    expect(page.get_by_role("alert")).to_have_count(1)
    keep_picture(page, "denied")
    page.get_by_role("link", name="Use a photo instead").click()
    expect(page).to_have_url(re.compile("/photo$"))


def test_a_denied_choice_of_cameras_is_explained_in_words_of_ours(
    server, open_browser, one_face_clip, keep_picture
):
    page = open_browser(*camera_flags(one_face_clip, allow=False)).new_page()
    page.goto(server.url)
    press(page, "Choose camera")
    choice = streamer(page).get_by_text("does not let this page use the camera; allow it with the")
    expect(choice).to_be_visible()
    expect(streamer(page).get_by_text("Permission")).to_have_count(0)
    keep_picture(page, "denied")


def test_a_missing_camera_is_explained(server, open_browser, keep_picture):
    flags = ["--use-fake-device-for-media-stream=device-count=0", "--use-fake-ui-for-media-stream"]
    page = open_browser(*flags).new_page()
    page.goto(server.url)
    press(page, "Start")
    expect(page.get_by_text("No camera was found")).to_be_visible()
    expect(streamer(page).get_by_text("NotFoundError")).to_be_hidden()
    keep_picture(page, "missing")


def test_a_connection_that_fails_is_explained(server, open_browser, one_face_clip, keep_picture):
    page = open_browser(*camera_flags(one_face_clip)).new_page()
    # Only relayed packets, and no relay: what a firewall between browser and app amounts to.
    page.add_init_script(
        "const Peer = RTCPeerConnection;"
        "RTCPeerConnection = class extends Peer {"
        "  constructor(options) { super({...options, iceTransportPolicy: 'relay'}); } };"
    )
    page.goto(server.url)
    press(page, "Start")
    expect(page.get_by_text("Connecting")).to_be_visible()
    expect(page.get_by_text("The video cannot connect.")).to_be_visible(timeout=25_000)
    expect(page.get_by_role("link", name="Use a photo instead")).to_be_visible()
    keep_picture(page, "unreachable")


def test_no_test_left_a_traceback_in_the_log(server):
    assert "Traceback" not in server.log.read_text()
