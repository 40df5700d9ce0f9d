"""Whether one viewer's video suffers while another one uploads the worst pictures there are.

    python benchmarks/hostile_upload.py --seconds 15 --turns 4 --json figures.json
    python benchmarks/hostile_upload.py --seconds 2 --turns 1    # for a smoke test

Two pages of real Chromium are open in one app. The first streams its camera; the frames that it
shows are counted. In turns, the other page does nothing for ``--seconds``, and then gives the Photo
page one hostile picture after the other for as long: each has a few kilobytes, and is refused or
takes its reader seconds and hundreds of megabytes. Browser and server share this machine, so that a
part of what is lost is lost to the other page's own work: a third kind of turn gives it a small,
harmless picture again and again.

Prints JSON: frames per second in each turn, the median of each kind and what that of the hostile
ones is of the others, the largest difference between two quiet turns (the noise), and the memory
of the app before, at its most and at the end.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from app_process import ROOT, memory_mb, running_app
from playwright.sync_api import Locator, Page, sync_playwright

sys.path.insert(0, str(ROOT))

from emotion_core.system.storage.files import write_json
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.install import MISSING, installed_browser
from tests.browser.live_view import PLAYING, START_MS, press, streamer
from tests.browser.support import camera_flags, portrait, swaying, write_clip
from tests.hostile.test_pictures import CASES, png

#: Pictures of the table of hostile files: read in the end, refused at once, refused for want of
#: memory.
PICTURES = (
    "BMP in runs, 98 megapixels",
    "PNG of 16 bits, transparent",
    "AVIF of 16 megapixels, transparent",
    "PNG of one bit",
    "GIF of 98 megapixels",
    "JPEG 2000 of 25 megapixels",
    "PNG of 16 bits, transparent, larger than the memory",
    "AVIF of 98 megapixels",
)
COUNT = """(video) => {
    window.shown = 0;
    const count = () => { window.shown++; video.requestVideoFrameCallback(count); };
    video.requestVideoFrameCallback(count);
}"""


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15, help="of each turn (default: 15)")
    parser.add_argument("--turns", type=int, default=4, help="of each kind (default: 4)")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        if (executable := installed_browser(playwright)) is None:
            parser.error(MISSING)
        pictures = hostile_pictures(folder)
        camera = write_clip(folder / "camera.y4m", swaying(portrait(360)), rate=30)
        flags = [*CHROMIUM_FLAGS, *camera_flags(camera)]
        with running_app(folder) as app, Memory(app.pid) as memory:
            browser = playwright.chromium.launch(executable_path=executable, args=flags)
            watching = browser.new_context().new_page()
            watching.goto(app.url)
            press(watching, "Start")
            watching.get_by_text(PLAYING, exact=True).wait_for(timeout=START_MS)
            video = streamer(watching).locator("video").first
            video.evaluate(COUNT)
            uploading = browser.new_context().new_page()
            uploading.goto(f"{app.url}/photo")
            uploading.locator('input[type="file"]').wait_for(state="attached", timeout=START_MS)
            give(uploading, pictures[0])  # models and the reader are loaded
            watching.wait_for_timeout(5000)
            figures = measure(video, uploading, pictures, options)
            figures["memory_mb"] = {
                "before": memory.first,
                "most": memory.most,
                "end": memory_mb(app.pid)["rss"],
            }
            browser.close()
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def hostile_pictures(folder: Path) -> list[Path]:
    """Write the pictures, and return their paths; the last one is harmless."""
    paths = []
    for number, name in enumerate(PICTURES):
        own = folder / f"hostile {number}"
        own.mkdir()
        made = CASES[name].make(own)
        # A name of its own, to tell them apart.
        paths.append(made.rename(folder / f"{number}-{made.name}"))
    harmless = folder / "harmless.png"
    harmless.write_bytes(png(48, 48))
    return [*paths, harmless]


def measure(
    video: Locator, uploading: Page, pictures: list[Path], options: argparse.Namespace
) -> dict[str, Any]:
    """Return frames per second in quiet turns, and in those with pictures of either kind."""
    kinds = {"harmless": itertools.cycle(pictures[-1:]), "hostile": itertools.cycle(pictures[:-1])}
    rates: dict[str, list[float]] = {"quiet": [], "harmless": [], "hostile": []}
    given = dict.fromkeys(kinds, 0)
    for _ in range(options.turns):
        rates["quiet"].append(rate(video, lambda end: idle(uploading, end), options.seconds))
        for kind, endless in kinds.items():

            def upload(end: float, kind: str = kind, endless: Iterator[Path] = endless) -> None:
                while time.monotonic() < end:
                    give(uploading, next(endless))
                    given[kind] += 1

            rates[kind].append(rate(video, upload, options.seconds))
    median = {kind: float(np.median(values)) for kind, values in rates.items()}
    quiet = rates["quiet"]
    return {
        "frames_per_second": rates,
        "median": {kind: round(value, 1) for kind, value in median.items()},
        "hostile_of_quiet": round(median["hostile"] / median["quiet"], 3),
        "hostile_of_harmless": round(median["hostile"] / median["harmless"], 3),
        "noise": round((max(quiet) - min(quiet)) / median["quiet"], 3),
        "pictures": given,
    }


def rate(video: Locator, work: Callable[[float], None], seconds: float) -> float:
    """Return the frames per second that a video shows while something is done."""
    first, started = video.evaluate("() => window.shown"), time.monotonic()
    work(started + seconds)
    shown = video.evaluate("() => window.shown") - first
    return round(shown / (time.monotonic() - started), 1)


def idle(page: Page, end: float) -> None:
    """Wait until ``end``."""
    page.wait_for_timeout(1000 * max(0.0, end - time.monotonic()))


def give(page: Page, picture: Path) -> None:
    """Give the Photo page a picture, and wait until it has read or refused it."""
    # In place of the one before, which it would go on to show.
    for button in page.get_by_role("button", name=re.compile("^Remove ")).all():
        button.click()
    page.locator('input[type="file"]').set_input_files(picture)
    page.wait_for_timeout(300)  # the upload, and the beginning of the run
    page.wait_for_selector(
        '[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000
    )


class Memory:
    """Looks at a process's memory five times a second.

    Attributes:
        first: MB at the beginning.
        most: MB at the most.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.first = self.most = memory_mb(pid)["rss"]

    def _look(self) -> None:
        while not self._ending.wait(0.2):
            self.most = max(self.most, memory_mb(self._pid)["rss"])

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()


if __name__ == "__main__":
    main()
