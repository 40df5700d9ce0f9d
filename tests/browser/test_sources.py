"""The live page with other video than the viewer's camera; these browsers have no camera at all."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from emotion_core.emotions import EMOTIONS
from emotion_core.live.notice.sheet import LINE
from tests.browser.live_view import (
    START_MS,
    annotated_picture,
    drawn_box,
    labels,
    press,
    start,
    streamer,
)
from tests.browser.support import CAMERA_SIZE, Server, portrait, swaying
from tests.source_videos import network_camera, write_film


@pytest.fixture(scope="session")
def film(clips: Path) -> Path:
    """Eight seconds of a face."""
    return write_film(clips / "film.mp4", swaying(portrait(440)) * 4, size=CAMERA_SIZE)


@pytest.fixture
def page(server, open_browser) -> Page:
    page = open_browser().new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/live_camera")
    return page


def choose(page: Page, kind: str) -> None:
    page.get_by_role("radio", name=kind).or_(
        page.get_by_role("button", name=kind, exact=True)
    ).first.click(timeout=START_MS)


def expect_one_start(page: Page) -> None:
    """Wait until the new streamer stands in the place of the old one."""
    expect(page.locator('iframe[title*="webrtc_streamer"]')).to_have_count(1)
    expect(streamer(page).get_by_role("button", name="Start")).to_be_visible()


def wait_for_end_of_stream(server: Server, before: set[str]) -> None:
    deadline = time.monotonic() + 60
    while server.udp_sockets() - before:
        assert time.monotonic() < deadline, "the stream's sockets are still open"
        time.sleep(0.2)


def test_an_uploaded_video_is_played_to_its_end(page, server, film, keep_picture):
    before = server.udp_sockets()
    choose(page, "Video file")
    expect(page.get_by_text("Choose a video file")).to_be_visible()
    page.locator('input[type="file"]').set_input_files(film)
    expect(page.get_by_text("to play film.mp4")).to_be_visible()
    keep_picture(page, "chosen")
    start(page)
    left, top, right, bottom = drawn_box(annotated_picture(page))
    assert right - left > 100
    assert bottom - top > 100
    expect(labels(page).first).to_have_text(re.compile("|".join([*EMOTIONS, "uncertain"])))
    expect(page.get_by_text(LINE)).to_have_count(0)  # nobody in a film reads it
    keep_picture(page, "playing")
    expect(page.get_by_text("film.mp4 has ended.")).to_be_visible(timeout=START_MS)
    expect_one_start(page)
    wait_for_end_of_stream(server, before)
    page.get_by_text("Loop").click()
    start(page)
    press(page, "Stop")
    expect(page.get_by_text("to play film.mp4")).to_be_visible()
    wait_for_end_of_stream(server, before)


def test_a_video_that_takes_its_decoder_down_is_told(page, server, film, keep_picture):
    """The app goes on: what decodes foreign video is a process of its own."""
    choose(page, "Video file")
    page.locator('input[type="file"]').set_input_files(film)
    page.get_by_text("Loop").click()
    start(page)
    annotated_picture(page)
    (decoder,) = decoders_of(server)
    os.kill(decoder, signal.SIGKILL)
    expect(page.get_by_text("film.mp4 cannot be played:")).to_be_visible(timeout=START_MS)
    expect(page.get_by_text("they crashed the video decoder")).to_be_visible()
    keep_picture(page, "crashed")
    expect_one_start(page)
    start(page)
    annotated_picture(page)
    (decoder,) = decoders_of(server)
    os.kill(decoder, signal.SIGSTOP)  # hangs
    press(page, "Stop")
    expect(page.get_by_text("to play film.mp4")).to_be_visible()
    assert decoders_of(server) == []


def decoders_of(server: Server) -> list[int]:
    """Return the processes that decode for a server."""
    told = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in told.stdout.splitlines()]
    return [
        int(pid)
        for pid, parent, command in rows
        if int(parent) == server.process.pid and "emotion_core.video.worker" in command
    ]


def test_what_is_no_video_is_told(page, tmp_path):
    (tmp_path / "notes.mp4").write_text("no video\n" * 100)
    choose(page, "Video file")
    page.locator('input[type="file"]').set_input_files(tmp_path / "notes.mp4")
    press(page, "Start")
    expect(page.get_by_text("notes.mp4 cannot be played:")).to_be_visible(timeout=START_MS)
    expect_one_start(page)


def test_a_network_camera_is_lost_and_found(page, server, keep_picture):
    before = server.udp_sockets()
    choose(page, "Network camera")
    address = page.get_by_role("textbox", name="Address")
    address.fill("rtps://camera")
    address.press("Enter")
    expect(page.get_by_text("expected an address such as")).to_be_visible()
    with network_camera() as camera:
        camera.pictures = swaying(portrait(440))
        address.fill(camera.address.replace("//", "//me:secret@"))
        address.press("Enter")
        expect(address).to_have_value(camera.address)
        start(page)
        annotated_picture(page)
    expect(page.get_by_text("No video at the moment:")).to_be_visible(timeout=START_MS)
    expect(page.get_by_text("nobody answering at 127.0.0.1")).to_be_visible(timeout=START_MS)
    expect(page.get_by_text("Next try in")).to_be_visible()
    assert "secret" not in page.content()
    keep_picture(page, "lost")
    choose(page, "My camera")
    expect(page.get_by_text("Press Start and allow the camera")).to_be_visible()
    wait_for_end_of_stream(server, before)
    assert "secret" not in server.log.read_text()
