"""Sessions as a researcher works with them: recorded, marked, corrected, counted, taken away.

What can be done by keys is: the mouse has tests of its own.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pympi
import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from emotion_core.datasets.own.storage import AGREEMENT, create_own_dataset, find_own_dataset
from emotion_core.emotions import EMOTIONS
from emotion_core.sessions.edits.folding import read_edited
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.storage import Session, list_sessions
from tests.browser.live_view import labels, start
from tests.browser.support import (
    Server,
    camera_flags,
    portrait,
    running_server,
    swaying,
    wait_for_end_of_run,
)
from tests.browser.test_accessibility import serious_problems
from tests.browser.test_story import go_to
from tests.browser.test_video import PATIENCE, drop
from tests.sessions.exports.eaf_schema import schema_problems
from tests.sessions.exports.test_bids_validator import in_data_set, validated
from tests.source_videos import write_film

ONSETS = (2.5, 4.0, 5.5)
MARKS = "time,label,duration\n" + "".join(f"{onset},stimulus,\n" for onset in ONSETS)
BEFORE, AFTER, STEP = 2.0, 5.0, 0.25


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    environment = {
        f"EMOTION_{name}_DIR": str(tmp_path / name.lower())
        for name in ("CACHE", "DATA", "SESSIONS", "VIDEOS")
    }
    with running_server(tmp_path / "log.txt", environment=environment) as server:
        yield server


def by_key(what: Locator, key: str = "Enter") -> None:
    """Press a key on something, as the keyboard reaches it."""
    expect(what).to_be_enabled()
    what.focus()
    what.press(key)


def chosen(page: Page, box: Locator, name: str, then: Locator) -> None:
    """Choose an option until ``then`` is there: a run of the page meanwhile closes the list."""
    for left in (4, 3, 2, 1, 0):
        expect(box).to_be_visible()
        wait_for_end_of_run(page)
        box.focus()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(name)
        try:
            page.get_by_role("option", name=name).wait_for(timeout=5_000)
            page.keyboard.press("Enter")
            then.wait_for(timeout=10_000)
        except TimeoutError:
            if not left:
                raise
            page.keyboard.press("Escape")
        else:
            return


def typed(page: Page, name: str, text: str) -> None:
    box = page.get_by_role("textbox", name=name, exact=True).first
    box.focus()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    wait_for_end_of_run(page)


def newest(folder: Path, kind: str) -> Session:
    return next(each for each in list_sessions(folder).sessions if each.header.kind == kind)


def part(page: Page, name: str) -> Locator:
    """Open a tab of the session and return what is in it."""
    by_key(page.get_by_role("tab", name=name, exact=True))
    found = page.locator(f".st-key-part_{name.lower()}")
    expect(found).to_be_visible()
    wait_for_end_of_run(page)
    return found


def downloaded(page: Page, name: str, to: Path) -> Path:
    button = page.get_by_test_id("stDownloadButton").filter(has_text=name)
    with page.expect_download(timeout=PATIENCE) as download:
        by_key(button.get_by_role("button"))
    path = to / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_from_a_recording_to_a_report(tmp_path, server, open_browser, two_faces_clip, keep_picture):
    create_own_dataset(tmp_path / "data" / "own_data", "mine", "yes")
    page = open_browser(*camera_flags(two_faces_clip)).new_page(
        viewport={"width": 1280, "height": 1000}
    )
    live = recorded_live(page, server, tmp_path / "sessions")
    assert [mark.source for mark in read_marks(live)] == ["person", "person"]
    assert not read_edited(live).faces.empty

    # A face of it, on which no box is drawn, is learnt from.
    go_to(page, "Sessions")
    expect(page.locator(".player[data-drawn]")).to_be_visible(timeout=PATIENCE)
    people = part(page, "People")
    expect(people.get_by_role("img").first).to_be_visible(timeout=PATIENCE)
    by_key(people.locator("summary").filter(has_text="Wrong faces"))
    agreed = people.get_by_role("checkbox", name=AGREEMENT)
    chosen(page, people.get_by_role("combobox", name="Dataset"), "mine", agreed)
    by_key(agreed, "Space")
    wait_for_end_of_run(page)
    by_key(people.get_by_role("radio", name="neutral").first, "Space")
    expect(people.get_by_text("Corrected, and added to mine as neutral.")).to_be_visible()
    (sample,) = find_own_dataset(tmp_path / "data" / "own_data", "mine").samples
    assert (sample.emotion, sample.source) == ("neutral", "video")
    keep_picture(page, "learnt")

    video = analyzed(page, tmp_path)
    corrected(page, video)
    keep_picture(page, "corrected")
    marked_around(page, video, tmp_path)
    keep_picture(page, "around")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert not serious_problems(page, f"numbers, {scheme}")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = "document.scrollingElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    keep_picture(page, "narrow-dark")
    page.set_viewport_size({"width": 1280, "height": 1000})
    taken_away(page, video, tmp_path)
    keep_picture(page, "report")
    assert "Traceback" not in server.log.read_text()


def recorded_live(page: Page, server: Server, sessions: Path) -> Session:
    """Record some seconds with two marks by keys, and return the session."""
    page.goto(f"{server.url}/live_camera")
    start(page)
    expect(labels(page)).to_have_count(2)
    page.get_by_text("Everyone in view has agreed").click()
    by_key(page.get_by_role("switch", name="Keep the video too"), "Space")
    by_key(page.get_by_role("button", name="Record", exact=True))
    expect(page.get_by_text("Recording", exact=True)).to_be_visible()
    page.get_by_role("heading", name="Live camera").click()  # keys go to the page
    time = r"0:0\d\.\d"
    for number, listed in (("1", time), ("2", f"{time} · .*{time}")):
        page.wait_for_timeout(1500)
        page.keyboard.press(number)
        expect(page.get_by_text(re.compile(listed)).first).to_be_visible()
    page.wait_for_timeout(1500)
    by_key(page.get_by_role("button", name="Stop recording"))
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    return newest(sessions, "live")


def analyzed(page: Page, tmp_path: Path) -> Session:
    """Have a video of two people read, and open it."""
    frames = swaying(portrait(300, color=True), portrait(300, color=True)) * 4
    film = tmp_path / "film.mp4"
    write_film(film, frames, size=(640, 480))
    go_to(page, "Video")
    drop(page, [film])
    by_key(page.get_by_role("button", name="Read 1 video"))
    expect(page.get_by_role("link", name="Open")).to_be_visible(timeout=PATIENCE)
    by_key(page.get_by_role("link", name="Open"))
    expect(page.get_by_role("combobox", name="Session")).to_have_value(re.compile(r"film\.mp4:"))
    expect(page.locator(".player[data-drawn]")).to_be_visible()
    return newest(tmp_path / "sessions", "video")


def corrected(page: Page, video: Session) -> None:
    """Give a person a name, and say that the other is the same."""
    part(page, "People")
    typed(page, "Name", "Ada")
    expect(page.get_by_text("Ada").first).to_be_visible()
    other = page.locator(".st-key-person-box-2")
    by_key(other.get_by_role("button", name="Merge", exact=True))
    by_key(page.get_by_role("button", name="Merge these two"))
    expect(other).to_have_count(0)
    found = read_edited(video)
    assert set(found.faces["person"].dropna()) == {1}
    assert found.names == {1: "Ada"}


def marked_around(page: Page, video: Session, tmp_path: Path) -> None:
    """Import marks, and compare the curve around them with pandas."""
    (tmp_path / "marks.csv").write_text(MARKS)
    part(page, "Marks")
    by_key(page.get_by_role("button", name="Import", exact=True))
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "marks.csv")
    by_key(page.get_by_role("button", name="Import 3 marks"))
    expect(page.get_by_role("button", name="Import 3 marks")).to_have_count(0)
    assert [mark.start for mark in read_marks(video) if mark.label == "stimulus"] == list(ONSETS)
    part(page, "Files")
    table = pd.read_csv(downloaded(page, "CSV", tmp_path))
    part(page, "Numbers")
    figure = page.locator("[class*=st-key-around-figure] .js-plotly-plot")
    expect(figure).to_be_visible()
    expect(page.get_by_text("Mean over n = 3 marks")).to_be_visible()
    lines = {
        each["name"]: (np.array(each["x"], float), np.array(each["y"], float))
        for each in figure.evaluate(LINES)
    }
    assert lines
    table = table[table["person"].notna()]
    for name, (seconds, curve) in lines.items():
        assert name in EMOTIONS
        of_marks = []
        for onset in ONSETS:
            step = ((table["seconds"] - onset) / STEP + 1e-6).apply(np.floor)
            near = table[(step >= -BEFORE / STEP) & (step < AFTER / STEP)]
            of_marks.append(near.groupby(step.rename("step"))[name].mean())
        wanted = pd.concat(of_marks, axis=1).mean(axis=1)
        steps = np.floor(seconds / STEP + 1e-6).astype(int)
        assert curve == pytest.approx(wanted.reindex(steps).to_numpy(), abs=2e-4, nan_ok=True)


def taken_away(page: Page, video: Session, tmp_path: Path) -> None:
    """Open every file by the rules of those who read it; the report without a network."""
    part(page, "Files")
    elan = downloaded(page, "ELAN", tmp_path)
    assert schema_problems(elan.read_text("utf-8")) == []
    tiers = pympi.Elan.Eaf(str(elan))
    assert set(tiers.get_tier_names()) <= {"Ada", "marks"}
    assert [cell[2] for cell in tiers.get_annotation_data_for_tier("marks")] == ["stimulus"] * 3
    bids = downloaded(page, "BIDS", tmp_path)
    with zipfile.ZipFile(bids) as archive:
        data_set = in_data_set(archive, tmp_path / "data set")
    report = downloaded(page, "Report", tmp_path)
    page.context.set_offline(True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    expect(page.get_by_text("Ada").first).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert not [each for each in asked if not each.startswith(("file:", "data:", "blob:"))]
    page.context.set_offline(False)
    assert video.id in report.name
    assert validated(data_set) == []


#: Name, seconds and means of the lines of a figure.
LINES = """figure => figure._fullData
    .filter((each) => each.mode === "lines" && each.fill === "none")
    .map((each) => ({ name: each.name, x: Array.from(each.x), y: Array.from(each.y) }))"""
