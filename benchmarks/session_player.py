"""How soon a long session is there to look at, and how smoothly one goes through it.

    python benchmarks/session_player.py                       # an hour of four people, with a video
    python benchmarks/session_player.py --minutes 1 --repeat 1  # for a smoke test
    python benchmarks/session_player.py --keep /tmp/hour      # leaves the session there, to look at

Makes the folder of a session: people who come and go, their boxes and scores at 30 rows a second,
a video of as many frames (ten seconds of grey H.264 again and again). Real Chromium opens it:

``open_seconds``: until the chart is drawn from its rows and the video has its first picture;
"first" from the navigation, with nothing in the cache, by the first viewer of a new server; "again"
the same in a new browser with what is kept in the cache; "chosen" from a click on the session in
the list of an open page. ``page_seconds``: from the navigation until the page's title is there;
``charts_seconds``: until the first of the charts below the player is, whose script is read once the
player is drawn.

``scrub`` and ``zoomed``: the playhead is dragged to and fro over the chart for some seconds, over
all of it and over a minute of it; ``play``: the video plays, eight times as fast. Of each, from
Chromium's trace of the page's main thread (RunTask): the longest task in milliseconds, how many
were longer than 50 ms, and the longest time between two pictures of the screen.

``bytes``: what the browser fetched of the rows in all. Medians of ``--repeat`` turns, but for the
longest tasks, of which the longest counts. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
import numpy as np
import pandas as pd
from app_process import AppProcess, running_app
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.sessions.header import (
    FACES_FILE,
    FRAMES_FILE,
    VIDEO_FILE,
    SessionDescription,
    SessionHeader,
    VideoFacts,
    app_version,
    write_header,
)
from emotion_core.sessions.tables import FACES_COLUMNS, FRAMES_COLUMNS
from emotion_core.system.storage.files import write_json
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.install import MISSING, installed_browser

RATE = 30
SIZE = (640, 360)
#: A session that is open before the long one is chosen.
SHORT = "20260101-110000"
STARTED = pd.Timestamp("2026-01-01T12:00:00Z")

#: The longest time between two pictures of the screen, from now on.
WATCH = """() => {
    window.longest = 0;
    let last = performance.now();
    const look = (now) => {
        window.longest = Math.max(window.longest, now - last);
        last = now;
        requestAnimationFrame(look);
    };
    requestAnimationFrame((now) => { last = now; look(now); });
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60, help="default: 60")
    parser.add_argument("--people", type=int, default=4, help="default: 4")
    parser.add_argument("--seconds", type=float, default=5, help="of dragging (default: 5)")
    parser.add_argument("--repeat", type=int, default=3, help="turns (default: 3)")
    parser.add_argument("--keep", type=Path, help="make the session here, and leave it there")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        if (executable := installed_browser(playwright)) is None:
            parser.error(MISSING)
        made = write_session(
            (options.keep or folder) / "sessions" / "20260101-120000",
            60 * options.minutes,
            options.people,
        )
        write_session(made.parent / SHORT, 10, 2, name="Short")
        os.environ["EMOTION_DATA_DIR"] = str(folder / "data")
        turns = [
            one_turn(playwright, executable, made, folder / f"turn {turn}", options.seconds)
            for turn in range(options.repeat)
        ]
    figures = {
        "minutes": options.minutes,
        "rows": turns[0]["rows"],
        "open_seconds": {
            name: round(statistics.median(each["open_seconds"][name] for each in turns), 2)
            for name in ("first", "again", "chosen")
        },
        "page_seconds": {
            name: round(statistics.median(each["page_seconds"][name] for each in turns), 2)
            for name in ("first", "again")
        },
        "charts_seconds": {
            name: round(statistics.median(each["charts_seconds"][name] for each in turns), 2)
            for name in ("first", "again")
        },
        **{name: worst([each[name] for each in turns]) for name in ("scrub", "zoomed", "play")},
        "bytes": max(each["bytes"] for each in turns),
        "load": os.getloadavg()[0],
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def worst(found: list[dict[str, float]]) -> dict[str, float]:
    """Return the highest of each figure."""
    return {name: max(each[name] for each in found) for name in found[0]}


def write_session(folder: Path, seconds: float, people: int, name: str = "An hour") -> Path:
    """Write a session with a video, as a recorder would, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    times = np.arange(0, seconds, 1 / RATE).round(4)
    clocks = (STARTED + pd.to_timedelta(times, "s")).strftime("%Y-%m-%dT%H:%M:%S.%f").str[:-3] + "Z"
    frames = pd.DataFrame({"frame": np.arange(1, len(times) + 1), "seconds": times})
    frames = frames.assign(wall_clock=clocks, frame_width=SIZE[0], frame_height=SIZE[1])
    faces = pd.concat([person_rows(frames, number, people) for number in range(1, people + 1)])
    faces = faces.sort_values(["frame", "track"])
    counts = faces.groupby("frame").size().reindex(frames["frame"], fill_value=0).to_numpy()
    write = {"index": False, "float_format": "%.4f"}
    faces[list(FACES_COLUMNS)].to_csv(folder / FACES_FILE, **write)
    frames.assign(faces=counts)[list(FRAMES_COLUMNS)].to_csv(folder / FRAMES_FILE, **write)
    video = write_video(folder / VIDEO_FILE, len(times))
    header = SessionHeader(
        SessionDescription("made up", "none", "0" * 64, SIZE),
        "2026-01-01T12:00:00.000Z",
        app_version(),
        ended="2026-01-01T13:00:00.000Z",
        frames=len(times),
        seconds=float(times[-1]),
        persons=people,
        video=video,
        name=name,
    )
    write_header(folder, header)
    return folder


def person_rows(frames: pd.DataFrame, number: int, people: int) -> pd.DataFrame:
    """Return the rows of somebody who sits in one place and leaves for ten seconds a minute."""
    random = np.random.default_rng(number)
    rows = frames[((frames["seconds"] + 13 * number) % 60 > 10).to_numpy()]
    places = np.arange(0, len(rows) + 45, 45)
    walk = np.cumsum(random.normal(0, 0.6, (len(places), 7)), axis=0)
    logits = np.stack(
        [np.interp(np.arange(len(rows)), places, walk[:, score] % 4) for score in range(7)], axis=1
    )
    scores = np.exp(logits + random.normal(0, 0.15, logits.shape))
    scores /= scores.sum(axis=1, keepdims=True)
    best = scores.argmax(axis=1)
    names, high = np.array(EMOTIONS)[best], scores.max(axis=1)
    sway = (12 * np.sin(rows["seconds"] / 2 + number)).round().astype(int)
    width = SIZE[0] // people
    return rows.drop(columns=["frame_width", "frame_height"]).assign(
        track=number,
        person=number,
        x=width * (number - 1) + width // 4 + sway,
        y=SIZE[1] // 3,
        width=width // 2,
        height=width // 2,
        emotion=names,
        confidence=high,
        answer=np.where(high < 0.3, UNCERTAIN, names),
        **dict(zip(EMOTIONS, scores.T, strict=True)),
    )


def write_video(path: Path, count: int) -> VideoFacts:
    """Write a video of so many frames; ten seconds are encoded, and repeated."""
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "superfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = RATE // 2, 0
        stream.codec_context.time_base = Fraction(1, RATE)
        packets = []
        for number in range(10 * RATE):
            image = np.full((SIZE[1], SIZE[0], 3), 60, np.uint8)
            left = round(number / (10 * RATE) * (SIZE[0] - 40))
            image[-40:, left : left + 40] = 200
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = number
            packets += stream.encode(frame)
        packets += stream.encode(None)
        copies = [(bytes(each), each.is_keyframe) for each in packets]
        for number in range(count):
            content, is_key = copies[number % len(copies)]
            packet = av.Packet(content)
            packet.stream, packet.is_keyframe = stream, is_key
            packet.pts = packet.dts = number
            packet.duration, packet.time_base = 1, Fraction(1, RATE)
            container.mux(packet)
    return VideoFacts("libx264", count, 0)


def one_turn(
    playwright: Playwright, executable: str, session: Path, folder: Path, seconds: float
) -> dict[str, Any]:
    """Open the session twice, with a server of its own, and go through it."""
    folder.mkdir()
    os.environ["EMOTION_CACHE_DIR"] = str(folder / "cache")
    figures: dict[str, Any] = {"open_seconds": {}, "page_seconds": {}, "charts_seconds": {}}
    with running_app(folder, sessions=session.parent) as app:
        for name in ("first", "again"):
            browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            fetched: list[int] = []
            page.on("response", lambda each, to=fetched: to.append(length_of(each)))
            for kind, taken in opened(page, app, session.name).items():
                figures[f"{kind}_seconds"][name] = taken
            if name == "again":
                figures["scrub"] = traced(browser, page, lambda page=page: drag(page, seconds))
                for _ in range(6):
                    page.get_by_role("button", name="Zoom in").click()
                figures["zoomed"] = traced(browser, page, lambda page=page: drag(page, seconds))
                page.get_by_role("combobox", name="Speed").select_option("8")
                figures["play"] = traced(browser, page, lambda page=page: play(page, seconds))
                figures["bytes"] = sum(fetched)
                figures["open_seconds"]["chosen"] = chosen(page, app)
            browser.close()
    figures["rows"] = sum(1 for _ in (session / FACES_FILE).open("rb")) - 1
    return figures


def length_of(answer: Any) -> int:
    """Return the bytes of a part of the rows; 0 for anything else."""
    kind = answer.headers.get("content-type", "")
    return int(answer.headers.get("content-length", 0)) if kind.endswith("octet-stream") else 0


def opened(page: Page, app: AppProcess, name: str) -> dict[str, float]:
    """Open a session's page and return how many seconds title, player and charts took."""
    started = time.perf_counter()
    page.goto(f"{app.url}/sessions?session={name}", wait_until="commit")
    page.get_by_role("heading", name="Sessions", exact=True).wait_for(timeout=60_000)
    page_seconds = time.perf_counter() - started
    wait_for_player(page)
    taken = time.perf_counter() - started
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=60_000)
    charts = time.perf_counter() - started
    wait_for_end(page)
    page.wait_for_load_state("networkidle")
    return {"page": page_seconds, "open": taken, "charts": charts}


def chosen(page: Page, app: AppProcess) -> float:
    """Choose the session where a short one is open, and return how many seconds that takes."""
    page.goto(f"{app.url}/sessions?session={SHORT}")
    wait_for_player(page)
    wait_for_end(page)
    page.get_by_role("combobox", name="Session").click()
    option = page.get_by_role("option").filter(has_text="An hour")
    option.wait_for()
    started = time.perf_counter()
    option.click()
    page.get_by_role("radio", name="person 3").wait_for(timeout=60_000)
    wait_for_player(page)
    return time.perf_counter() - started


def wait_for_player(page: Page) -> None:
    """Wait until the chart is drawn from its rows and the video has its first picture."""
    page.locator(".player[data-drawn]").wait_for(timeout=60_000)
    page.wait_for_function(HAS_PICTURE, polling=20, timeout=60_000)


def wait_for_end(page: Page) -> None:
    """Wait until Streamlit has shown all that the page's script says."""
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=60_000
    )


HAS_PICTURE = """() => {
    const hosts = [...document.querySelectorAll("*")].filter((each) => each.shadowRoot);
    const video = hosts.map((each) => each.shadowRoot.querySelector("video")).find(Boolean);
    return video && video.readyState >= 2;
}"""


def drag(page: Page, seconds: float) -> None:
    """Drag the playhead to and fro over the chart."""
    plot = page.get_by_role("slider", name="Playhead")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    started = time.perf_counter()
    page.mouse.move(box["x"] + 5, y)
    page.mouse.down()
    while (now := time.perf_counter() - started) < seconds:
        share = abs((now / 1.5) % 2 - 1)
        page.mouse.move(box["x"] + 5 + share * (box["width"] - 10), y)
    page.mouse.up()


def play(page: Page, seconds: float) -> None:
    """Let it play."""
    page.get_by_role("button", name="Play or pause").click()
    page.wait_for_timeout(1000 * seconds)
    page.get_by_role("button", name="Play or pause").click()


def traced(browser: Browser, page: Page, act: Any) -> dict[str, float]:
    """Return how long the tasks of the page were while something is done with it."""
    page.evaluate(WATCH)
    browser.start_tracing(
        page=page,
        categories=[
            "toplevel",
            "disabled-by-default-devtools.timeline",
            "devtools.timeline",
            "__metadata",
        ],
    )
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        each["dur"] / 1000
        for each in events
        if each["name"].endswith("RunTask")
        and each.get("dur")
        and (each["pid"], each["tid"]) in mains
    ]
    return {
        "longest_task_ms": round(max(tasks, default=0.0), 1),
        "tasks_over_50_ms": sum(task > 50 for task in tasks),
        "longest_between_pictures_ms": round(page.evaluate("window.longest"), 1),
    }


if __name__ == "__main__":
    main()
