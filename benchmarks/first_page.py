"""How soon a page is there in a browser that has never seen it, and what that costs.

    python benchmarks/first_page.py
    python benchmarks/first_page.py --page dataset --repeat 3

Each turn starts a server and opens the page in real Chromium, first as the server's first viewer
("cold_server"), then in another browser without a cache ("warm_server"). From the navigation on, in
seconds: until the title shows, until Start can be pressed (on other pages: until the page's script
has ended), and what Lighthouse tells too, taken from the browser's PerformanceObserver: first
contentful paint, largest contentful paint, cumulative layout shift, and total blocking time, which
is what each task took beyond 50 ms. ``requests`` and ``megabytes`` are what went over the wire
until then (compressed, MB of 10^6 bytes). Nothing is slowed down: Lighthouse itself
would divide the processor by four. Medians of ``--repeat`` turns.

``changed_model_seconds`` (Live camera only): from another process putting a model to use until an
open live page names it, the median of four changes there and back.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from app_process import ROOT, AppProcess, running_app
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

sys.path.insert(0, str(ROOT))

from emotion_core.models.folder import CARD_FILE, default_model_dir
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.json_reading import read_json
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.install import MISSING, installed_browser
from tests.browser.live_view import START_MS, streamer

LIVE = "live_camera"
CHANGES = 4

OBSERVE = """() => {
    const seen = window.seen = {blocked: 0, shifted: 0, largest: 0};
    const watch = (type, add) => new PerformanceObserver(
        (list) => list.getEntries().forEach(add)).observe({type, buffered: true});
    watch("longtask", (task) => { seen.blocked += task.duration - 50; });
    watch("layout-shift", (shift) => { if (!shift.hadRecentInput) seen.shifted += shift.value; });
    watch("largest-contentful-paint", (paint) => { seen.largest = paint.startTime; });
    const look = () => {
        if (document.querySelector("h1")) seen.title = performance.now();
        else setTimeout(look, 10);
    };
    look();
}"""
SEEN = """() => ({...window.seen,
    first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
    now: performance.now()})"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5, help="turns (default: 5)")
    parser.add_argument("--page", default=LIVE, help=f"its address (default: {LIVE})")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    turns: dict[str, list[dict[str, float]]] = {"cold_server": [], "warm_server": []}
    changes: list[float] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        use_only(folder)
        if (executable := installed_browser(playwright)) is None:
            parser.error(MISSING)
        for turn in range(options.repeat):
            with running_app(folder) as app:
                for server, figures in turns.items():
                    browser = new_browser(playwright, executable)
                    page, found = opened(browser, app, options.page)
                    figures.append(found)
                    is_last = turn == options.repeat - 1 and server == "warm_server"
                    if is_last and options.page == LIVE:
                        changes = seconds_to_change(page, folder)
                    browser.close()
    figures = {
        "page": options.page,
        **{server: medians(found) for server, found in turns.items()},
        **({"changed_model_seconds": round(statistics.median(changes), 2)} if changes else {}),
        "load": os.getloadavg()[0],
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def use_only(folder: Path) -> None:
    """Give the app a data folder of its own, with the shipped model under two names."""
    os.environ["EMOTION_DATA_DIR"] = str(folder / "data")
    os.environ["EMOTION_MODELS_DIR"] = str(folder / "models")
    for name in ("first", "second"):
        shutil.copytree(default_model_dir(), folder / "models" / name)
        card = folder / "models" / name / CARD_FILE
        write_json(card, {**read_json(card), "name": name})


def new_browser(playwright: Playwright, executable: str) -> Browser:
    """Return a browser that has seen nothing."""
    return playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)


def opened(browser: Browser, app: AppProcess, path: str) -> tuple[Page, dict[str, float]]:
    """Open a page in a new browser, and return it with its figures."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(f"({OBSERVE})()")
    wire = {"requests": 0, "bytes": 0}

    def count(sent: dict[str, Any]) -> None:
        wire["requests"] += 1
        wire["bytes"] += sent["encodedDataLength"]

    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", count)
    page.goto(f"{app.url}/{path}", wait_until="commit")
    if path == LIVE:
        start = streamer(page).get_by_role("button", name="Start", exact=True)
        start.wait_for(timeout=START_MS)
    page.locator('[data-testid=stApp][data-test-script-state="notRunning"] h1').wait_for()
    seen = page.evaluate(SEEN)
    return page, {
        "title_seconds": seen["title"] / 1000,
        "ready_seconds": seen["now"] / 1000,
        "first_contentful_paint_seconds": seen["first"] / 1000,
        "largest_contentful_paint_seconds": seen["largest"] / 1000,
        "total_blocking_seconds": seen["blocked"] / 1000,
        "cumulative_layout_shift": seen["shifted"],
        "requests": wire["requests"],
        "megabytes": wire["bytes"] / 1e6,
    }


def medians(turns: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {name: round(statistics.median(turn[name] for turn in turns), 3) for name in turns[0]}


def seconds_to_change(page: Page, folder: Path) -> list[float]:
    """Put another model to use as a command would, and wait until the page names it."""
    seconds = []
    for change in range(CHANGES):
        name = ("first", "second")[change % 2]
        subprocess.run(
            [sys.executable, "-m", "emotion_core", "models", "use", name], cwd=ROOT, check=True,
            capture_output=True,
        )  # fmt: skip
        written = (folder / "data" / "model_in_use.json").stat().st_mtime
        page.get_by_text(f"Model: {name}").wait_for(timeout=START_MS)
        seconds.append(time.time() - written)
    return seconds


if __name__ == "__main__":
    main()
