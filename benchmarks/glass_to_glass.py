"""How long a picture takes from the camera through the app back to the screen, in real Chromium.

    python benchmarks/glass_to_glass.py [--seconds 60] [--callbacks pass-through haar app ...]

The made-up camera shows a face and, as a row of black and white fields, the number of the frame.
Two videos are read at the same instant, ten times a second: the browser's own view of the camera,
and what came back; the difference of their frame numbers is the delay. Browser and server run on
this machine, so that a good part of the delay is the encoding at both ends: compare with
``pass-through``, whose callback does nothing. ``overloaded`` shows that the delay stays bounded
when the callback is far too slow. Prints JSON: for each callback the median and 95th
percentile in milliseconds, what is above pass-through in the same run, and the slope in
milliseconds a minute.

``--viewers 4 --rate 15`` lets four browser pages stream at once and measures the first of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from conftest import CHROMIUM_FLAGS  # noqa: E402 - the path comes first
from install import MISSING, installed_browser  # noqa: E402
from live_view import START_MS, press, streamer  # noqa: E402
from support import camera_flags, on_wall, portrait, running_server, write_clip  # noqa: E402

#: Frames of the film, which repeats after 4 seconds: the longest delay that can be told.
FRAMES = 128
#: The two videos are read one after the other: what came back may seem to be this much ahead.
AHEAD = 4
BITS = 8  # 7 for the number and one for parity
FIELD = 48  # side of a field in pixels: large enough to survive the encoders
CALLBACKS = ("pass-through", "haar", "app", "overloaded")

KEEP_CAMERA = """
const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (open) navigator.mediaDevices.getUserMedia = async (wishes) => {
    window.camera = await open(wishes);
    return window.camera;
};
"""
SAMPLE = """async (returned, {seconds, bits, field}) => {
    const local = document.createElement("video");
    local.srcObject = window.camera; local.muted = true;
    await local.play();
    const canvas = document.createElement("canvas");
    canvas.width = bits * field; canvas.height = field;
    const context = canvas.getContext("2d", {willReadFrequently: true});
    const number = (video) => {
        context.drawImage(video, 0, video.videoHeight - field, bits * field, field,
                          0, 0, bits * field, field);
        let value = 0, ones = 0;
        for (let bit = 0; bit < bits; bit++) {
            const [light] = context.getImageData((bit + 0.5) * field, field / 2, 1, 1).data;
            const one = light > 127 ? 1 : 0;
            ones += one; value = 2 * value + one;
        }
        return ones % 2 ? null : value >> 1;
    };
    const samples = [], end = performance.now() + 1000 * seconds;
    while (performance.now() < end) {
        await new Promise((done) => setTimeout(done, 100));
        samples.push([performance.now(), number(local), number(returned)]);
    }
    return samples;
}"""


def main() -> None:
    """Measure every callback in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="for each (default: 60)")
    parser.add_argument("--callbacks", nargs="+", choices=CALLBACKS, default=CALLBACKS)
    parser.add_argument("--viewers", type=int, default=1, help="pages at once (default: 1)")
    parser.add_argument("--rate", type=int, default=30, help="frames a second (default: 30)")
    options = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        executable = installed_browser(playwright)
        if executable is None:
            parser.error(MISSING)
        clip = write_clip(Path(folder) / "camera.y4m", numbered_frames(), options.rate)
        flags = [*CHROMIUM_FLAGS, *camera_flags(clip)]
        for callback in options.callbacks:
            browser = playwright.chromium.launch(executable_path=executable, args=flags)
            log = Path(folder) / f"{callback}.log"
            samples = measure(callback, browser, log, options.seconds, options.viewers)
            browser.close()
            results[callback] = figures(samples, options.rate)
    base = results.get("pass-through")
    for result in results.values():
        if base and result["samples"] and base["samples"]:
            result["median_above_pass_through"] = round(result["median_ms"] - base["median_ms"], 1)
            result["p95_above_pass_through"] = round(result["p95_ms"] - base["p95_ms"], 1)
    print(json.dumps(results, indent=2))


def numbered_frames() -> list[np.ndarray]:
    """Return the film: a face, and below it the number of the frame with its parity."""
    frames = []
    for number in range(FRAMES):
        frame = on_wall(portrait(360))
        value = 2 * number + number.bit_count() % 2
        for bit in range(BITS):
            light = 255 if value >> (BITS - 1 - bit) & 1 else 0
            frame[-FIELD:, bit * FIELD : (bit + 1) * FIELD] = light
        frames.append(frame)
    return frames


def measure(
    callback: str, browser: Browser, log: Path, seconds: float, viewers: int
) -> list[list[Any]]:
    """Stream through one callback and return the samples: time, number sent, number returned."""
    script = "app.py" if callback == "app" else "benchmarks/stream_app.py"
    environment = {"BENCHMARK_CALLBACK": callback, "PYTHONPATH": str(ROOT)}
    with running_server(log, script=script, environment=environment) as server:
        pages = [start_viewer(browser, server.url) for _ in range(viewers)]
        pages[0].wait_for_timeout(3000)  # until bit rate and buffers have settled
        video = streamer(pages[0]).locator("video").first
        samples: list[list[Any]] = video.evaluate(
            SAMPLE, {"seconds": seconds, "bits": BITS, "field": FIELD}
        )
        for page in pages:
            page.close()
    return samples


def start_viewer(browser: Browser, url: str) -> Page:
    """Open a page of its own, as another person would, and start its stream."""
    page = browser.new_context().new_page()
    page.add_init_script(KEEP_CAMERA)
    page.goto(url)
    press(page, "Start")
    page.get_by_text("frames per second").wait_for(timeout=START_MS)
    return page


def figures(samples: list[list[Any]], rate: int) -> dict[str, float]:
    """Return what the samples of one callback come to."""
    readable = [
        (time, (sent - returned + AHEAD) % FRAMES - AHEAD)
        for time, sent, returned in samples
        if sent is not None and returned is not None
    ]
    if len(readable) < 2:
        return {"samples": len(readable)}
    times, steps = np.array(readable, np.float64).T
    delays = 1000 * steps / rate
    slope = np.polyfit(times / 60_000, delays, 1)[0]
    return {
        "samples": len(readable),
        "unreadable": len(samples) - len(readable),
        "median_ms": round(statistics.median(delays), 1),
        "mean_ms": round(float(delays.mean()), 1),
        "p95_ms": round(float(np.percentile(delays, 95)), 1),
        "slope_ms_per_minute": round(float(slope), 1),
    }


if __name__ == "__main__":
    main()
