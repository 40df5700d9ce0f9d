"""A token made on the page Connect, other programs with it, and the pages as they should be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from emotion_core.live.notice.sheet import LINE
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.storage import list_sessions
from emotion_core.system.storage.folders import PROJECT
from tests.browser.live_view import START_MS, start
from tests.browser.support import Server, camera_flags, running_server, wait_for_end_of_run
from tests.browser.test_accessibility import serious_problems

#: Follows the stream in the browser as the lines to paste do, until a frame has a face.
FOLLOW = """lines => new Promise((found) => {
    const told = console.log;
    console.log = (...values) => { console.log = told; found(values); };
    new Function(lines)();
})"""


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of each test's own: a second try would meet the token of the first."""
    folder = tmp_path_factory.mktemp("server")
    environment = {f"EMOTION_{name}_DIR": str(folder / name.lower()) for name in ("CACHE", "DATA")}
    with running_server(folder / "log.txt", environment=environment) as running:
        yield running


@pytest.fixture
def live(server: Server, open_browser: Callable, one_face_clip: Path) -> Page:
    """A tab with live video; Connect opens in another one."""
    browser = open_browser(*camera_flags(one_face_clip))
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{server.url}/live_camera")
    return page


def lines(page: Page, tab: str) -> str:
    tabs = page.get_by_role("tab", name=tab, exact=True)
    expect(tabs).to_have_count(1)  # those of the run before are still there for a moment
    tabs.click()
    code = page.get_by_role("tabpanel").get_by_test_id("stCode").locator("code")
    expect(code).to_be_visible()
    return code.inner_text()


def started(program: str, token: str, folder: Path) -> subprocess.Popen[str]:
    """Start lines of Python as a program of somebody's own."""
    file = folder / "program.py"
    file.write_text(program)
    own = {"EMOTION_TOKEN": token, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, str(file)]
    return subprocess.Popen(
        command,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(program: str, token: str, folder: Path) -> str:
    """Run such a program to its end, and return what it says."""
    with started(program, token, folder) as process:
        return process.communicate(timeout=60)[0]


def test_programs_follow_and_mark_with_a_token_from_the_page(server, live, tmp_path, keep_picture):
    start(live)
    expect(live.get_by_text(LINE)).to_be_visible()
    # It pushes down what stands below.
    expect(live.locator(".st-key-timelines .main-svg").first).to_be_visible(timeout=START_MS)
    wait_for_end_of_run(live)
    purpose = live.get_by_role("combobox", name="What is it for?")
    purpose.scroll_into_view_if_needed()
    live.wait_for_timeout(500)  # a list that is open while the page scrolls closes
    purpose.click()
    live.get_by_role("option", name="At work").click()
    expect(live.get_by_role("alert").get_by_text("medical or safety reasons")).to_be_visible()
    purpose.fill("Safety of drivers")
    purpose.press("Enter")
    expect(live.get_by_role("alert").get_by_text("medical or safety reasons")).to_have_count(0)
    live.get_by_text("Everyone in view has agreed to be recorded.").click()
    live.get_by_role("button", name="Record", exact=True).click()
    expect(live.get_by_text("Recording", exact=True)).to_be_visible()

    page = live.context.new_page()
    page.goto(f"{server.url}/connect")
    page.get_by_label("Name").fill("stimulus")
    page.get_by_role("button", name="Make the token").click()
    shown = page.locator(".st-key-new_token_shown code")
    expect(shown).to_be_visible()
    token = shown.inner_text().strip()
    expect(page.get_by_text('"answer":"happy"')).to_be_visible(timeout=START_MS)
    keep_picture(page, "token")
    assert serious_problems(page, "connect, with a token and a stream") == []
    page.get_by_role("button", name="I have copied it").click()
    expect(shown).to_have_count(0)

    with started(lines(page, "Python"), token, tmp_path) as program:
        assert program.stdout is not None
        said = program.stdout.readline()
        expect(page.get_by_text("1 program reads this stream.")).to_be_visible()
        program.terminate()
    number, _, answer, score = said.split()
    assert int(number) > 0
    assert answer == "happy"
    assert 0.5 < float(score) <= 1

    followed = page.evaluate(
        FOLLOW, lines(page, "JavaScript").replace("paste-the-token-here", token)
    )
    assert followed[2] == "happy"

    assert run(lines(page, "PsychoPy"), token, tmp_path) == ""
    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke this token").click()
    expect(page.get_by_role("button", name="Revoke", exact=True)).to_have_count(0)
    assert "403 Client Error" in run(lines(page, "PsychoPy"), token, tmp_path)

    live.get_by_role("button", name="Stop recording").click()
    expect(live.get_by_text("Recorded for: Safety of drivers")).to_be_visible()
    (session,) = list_sessions(server.log.with_name("sessions")).sessions
    assert session.header.description.purpose == "Safety of drivers"
    assert [(mark.label, mark.source) for mark in read_marks(session)] == [("picture 1", "api")]
    assert "Traceback" not in server.log.read_text()


def test_the_line_under_the_video_stays_switched_off(live):
    start(live)
    expect(live.get_by_text(LINE)).to_be_visible()
    live.get_by_text("Adjust", exact=True).click()
    live.get_by_text("Notice for people in view").click()
    expect(live.get_by_text(LINE)).to_have_count(0)
    live.reload()
    start(live)
    expect(live.get_by_text(LINE)).to_have_count(0)


@pytest.mark.parametrize(("paper", "width"), [("A4", 794), ("Letter", 816)])
def test_the_sheet_is_one_page_that_leads_to_about(server, open_browser, tmp_path, paper, width):
    browser = open_browser()
    page = browser.new_context(accept_downloads=True).new_page()
    page.goto(f"{server.url}/about")
    page.get_by_role("button", name="Sheet to print").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the sheet").click()
    sheet = tmp_path / "notice.html"
    download.value.save_as(sheet)
    page.goto(sheet.as_uri())
    assert serious_problems(page, "sheet") == []
    page.get_by_role("textbox", name="Who runs it").fill("Ada Lovelace, Room 12")
    expect(page.get_by_text(f"{server.url}/about", exact=True)).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.set_viewport_size({"width": width - 106, "height": 900})  # the paper without its margins
    printed = page.pdf(format=paper)
    assert printed.count(b"/Type /Page\n") == 1
    page.screenshot(path=tmp_path / f"{paper}.png", full_page=True)


def test_everything_is_deleted_from_the_keyboard(server, open_browser):
    (server.log.with_name("data") / "uploads" / "mine").mkdir(parents=True)
    (server.log.with_name("data") / "uploads" / "mine" / "mine.csv").write_text("x")
    page = open_browser().new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{server.url}/about")
    page.get_by_role("button", name="Delete all of it").press("Enter")
    field = page.get_by_label("Type “delete everything” to go on")
    expect(field).to_be_visible()
    page.get_by_role("button", name="Delete everything", exact=True).press("Enter")
    expect(page.get_by_text("Nothing was deleted")).to_be_visible()
    assert serious_problems(page, "about, everything") == []
    field.fill("delete everything")
    field.press("Tab")
    page.get_by_role("button", name="Delete everything", exact=True).press("Enter")
    expect(page.get_by_text("Uploaded datasets (1)")).to_be_visible()
    assert not (server.log.with_name("data") / "uploads" / "mine").exists()
