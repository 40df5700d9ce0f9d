"""How soon the app answers and shows an annotated frame, and how much memory it holds.

    python benchmarks/app_start.py --fer-python /tmp/ferenv/bin/python
    python benchmarks/app_start.py --repeat 1 --seconds 1      # for a smoke test

``seconds_to_health``: from ``streamlit run app.py`` to the first answer of the health endpoint.
``seconds_to_annotated_frame``: in real Chromium, from the click on Start to the first picture in
the video with something drawn on it; the camera's film is grey, what is coloured was drawn. The
made-up camera opens at once and the permission is given; the model is loaded when the page opens.
Each start is a new server and a new browser; the median of ``--repeat`` counts, and all are told.

``memory_mb`` is the server's resident memory, in MB of 10^6 bytes (``pss`` shares what is shared
with other processes): before anyone has opened the page, and with one viewer after ``--seconds``
of video. The peer's is that of a process in which `fer` with its Haar detector has read 30 frames;
`live_callback.py --help` tells how to make an environment for it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from app_process import ROOT, has_loaded, memory_mb, running_app
from playwright.sync_api import Page, Playwright, sync_playwright

sys.path.insert(0, str(ROOT))

from clips import FILM_RATE, film_of_faces
from frame_work import Worker
from live_callback import LEFT_OUT, write_film

from emotion_core.system.storage.files import write_json
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.install import MISSING, installed_browser
from tests.browser.live_view import START_MS, press, streamer
from tests.browser.support import camera_flags, portrait, swaying, write_clip

WATCH = """() => {
    const canvas = document.createElement("canvas");
    canvas.width = 320; canvas.height = 240;
    const context = canvas.getContext("2d", {willReadFrequently: true});
    const annotated = () => {
        const video = document.querySelector("video");
        if (!video?.videoWidth) return false;
        context.drawImage(video, 0, 0, 320, 240);
        const {data} = context.getImageData(0, 0, 320, 240);
        let coloured = 0;
        for (let at = 0; at < data.length; at += 4) {
            const [red, green, blue] = data.subarray(at, at + 3);
            coloured += Math.max(red, green, blue) - Math.min(red, green, blue) > 60;
        }
        return coloured > 75;
    };
    window.annotated = new Promise((done) => document.addEventListener("click", async () => {
        const start = performance.now();
        while (!annotated()) await new Promise((again) => setTimeout(again, 10));
        done((performance.now() - start) / 1000);
    }, {capture: true, once: true}));
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=5, help="starts (default: 5)")
    parser.add_argument("--seconds", type=float, default=60, help="of video (default: 60)")
    parser.add_argument("--fer-python", help="Python of an environment with fer")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    starts = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        if (executable := installed_browser(playwright)) is None:
            parser.error(MISSING)
        camera = write_clip(folder / "camera.y4m", swaying(portrait(480)))
        flags = [*CHROMIUM_FLAGS, *camera_flags(camera)]
        for turn in range(options.repeat):
            # Memory is looked at in the last one.
            seconds = options.seconds if turn == options.repeat - 1 else 0
            starts.append(measure_start(folder, playwright, executable, flags, seconds))
        peer = peer_memory(options.fer_python, folder) if options.fer_python else LEFT_OUT
    figures = {
        **{
            key: {"median": round(statistics.median(values), 2), "all": values}
            for key in ("seconds_to_health", "seconds_to_annotated_frame")
            for values in [[start[key] for start in starts]]
        },
        "memory_mb": {key: starts[-1][key] for key in ("before_a_viewer", "with_a_viewer")}
        | {"fer": peer},
        "tensorflow_loaded": starts[-1]["tensorflow_loaded"],
        "load": os.getloadavg()[0],
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def measure_start(
    folder: Path, playwright: Playwright, executable: str, flags: list[str], seconds: float
) -> dict[str, Any]:
    """Start server and browser once and return the figures."""
    with running_app(folder) as app:
        figures: dict[str, Any] = {
            "seconds_to_health": round(app.seconds, 2),
            "before_a_viewer": memory_mb(app.pid),
        }
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        page = browser.new_page()
        page.goto(app.url)
        figures["seconds_to_annotated_frame"] = round(seconds_to_annotated_frame(page), 2)
        page.wait_for_timeout(1000 * seconds)
        figures["with_a_viewer"] = memory_mb(app.pid)
        figures["tensorflow_loaded"] = has_loaded(app.pid, "tensorflow")
        browser.close()
    return figures


def seconds_to_annotated_frame(page: Page) -> float:
    """Press Start and return how long it takes until a picture with a box is there."""
    body = streamer(page).locator("body")
    streamer(page).get_by_role("button", name="Start", exact=True).wait_for(timeout=START_MS)
    page.wait_for_timeout(1000)  # a person does not click at once either; the page is complete
    body.evaluate(WATCH)
    press(page, "Start")
    return float(body.evaluate("() => window.annotated", timeout=START_MS))


def peer_memory(python: str, folder: Path) -> dict[str, float]:
    """Return the memory of a process in which `fer` has read a second of video."""
    film = folder / "film.npy"
    frames = write_film(film, film_of_faces(1, 1, (640, 480)))
    worker = Worker(python, ROOT / "benchmarks" / "fer_worker.py")
    worker.show(film, FILM_RATE)
    worker.time(range(frames))
    memory = memory_mb(worker.pid)
    worker.end()
    return memory


if __name__ == "__main__":
    main()
