"""Videos and photos as a researcher has them read: dropped, watched, cancelled, left, opened."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path

import cv2
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from emotion_core.recorded.tasks.storage import list_tasks
from tests.browser.support import on_wall, portrait, running_server, swaying
from tests.source_videos import write_film

#: Who reads gives way to everybody: on a busy machine it takes a while.
PATIENCE = 150_000


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three videos of a face, and a folder of a fourth and of photos."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "more" / "below").mkdir(parents=True)
    for name, shown in (("1.jpg", [portrait(300)] * 2), ("below/2.png", []), ("3.jpg", [])):
        cv2.imwrite(str(folder / "more" / name), on_wall(*shown))
    (folder / "more" / "3.jpg").write_text("no photo")
    frames = swaying(portrait(320))
    images = [
        cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame for frame in frames
    ]
    height, width = images[0].shape[:2]
    # The first is long enough to be watched.
    for name, seconds in (("one", 90), ("two", 3), ("three", 3), ("more/four", 3)):
        film = images * (20 * seconds // len(images) + 1)
        write_film(folder / f"{name}.mp4", film[: 20 * seconds], size=(width, height))
    return folder


def drop(page: Page, paths: Sequence[Path]) -> None:
    """Drop files and folders on the field for them, as from a desktop."""
    box = page.get_by_test_id("stFileUploaderDropzone").bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    browser = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})


def table_of(page: Page) -> pd.DataFrame:
    """Return the session that is shown, as its CSV file has it."""
    page.get_by_role("tab", name="Files").click()
    button = page.get_by_test_id("stDownloadButton").filter(has_text="CSV")
    expect(button).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as download:
        button.get_by_role("button").click()
    return pd.read_csv(download.value.path())


def task(page: Page, name: str) -> Locator:
    """Return what the page shows of a video, or a set of photos."""
    shown = page.get_by_text(name, exact=True)
    return page.get_by_test_id("stVerticalBlock").filter(has=shown).last


def test_dropped_watched_cancelled_left_alone_and_opened(
    tmp_path, films, open_browser, keep_picture
):
    environment = {
        f"EMOTION_{name}_DIR": str(tmp_path / name.lower())
        for name in ("CACHE", "DATA", "SESSIONS", "VIDEOS")
    }
    page = open_browser().new_page(viewport={"width": 1280, "height": 1000})
    with running_server(tmp_path / "log.txt", environment=environment) as server:
        page.goto(f"{server.url}/video")
        expect(page.get_by_role("button", name="Read videos and photos")).to_be_disabled()
        drop(page, [*(films / f"{name}.mp4" for name in ("one", "two", "three")), films / "more"])
        page.get_by_role("button", name="Read 4 videos and 3 photos").click(timeout=PATIENCE)
        expect(page.get_by_text(re.compile("frames/s")).first).to_be_visible(timeout=PATIENCE)
        keep_picture(page, "reading")
        # By now the list is whole: nothing moves below the pointer.
        task(page, "three.mp4").get_by_role("button", name="Cancel").click()
        expect(task(page, "three.mp4").get_by_text("Cancelled")).to_be_visible()
        os.kill(server.process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        server.process.wait()
    with running_server(tmp_path / "log.txt", environment=environment) as server:
        page.goto(f"{server.url}/video")
        expect(page.get_by_text("all done", exact=True)).to_be_visible(timeout=PATIENCE)
        keep_picture(page, "done")
        states = {each.name: each.state for each in list_tasks(tmp_path / "videos").tasks}
        assert states == {
            "one.mp4": "done", "two.mp4": "done", "four.mp4": "done", "three.mp4": "cancelled",
            "Photos": "done",
        }  # fmt: skip
        expect(task(page, "Photos").get_by_text("3.jpg: expected a picture")).to_be_visible()
        task(page, "two.mp4").get_by_role("link", name="Open").click()
        expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
        chosen = page.get_by_role("combobox", name="Session")
        expect(chosen).to_have_value(re.compile(r"two\.mp4:"))
        table = table_of(page)
        assert len(set(table["frame"])) > 50
        assert set(table["person"].dropna()) == {1}
        page.goto(f"{server.url}/video")
        task(page, "Photos").get_by_role("link", name="Open").click()
        expect(chosen).to_have_value(re.compile(r"Photos: .*, 3 photos"))
        expect(page.get_by_text("3.jpg could not be read")).to_be_visible()
        keep_picture(page, "photos")
        table = table_of(page)
        assert table["file"].tolist() == ["1.jpg", "1.jpg", "2.png"]
        assert table["track"].dropna().tolist() == [1, 2]
        assert "Traceback" not in (tmp_path / "log.txt").read_text()
