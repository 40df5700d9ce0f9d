"""How long a picture takes from the camera through the app back to the screen, in real Chromium.

    python benchmarks/glass_to_glass.py [--seconds 60] [--callbacks pass-through haar app ...]

The made-up camera shows a face and, as a row of black and white fields, the number of the frame.
Two videos are read at the same instant, ten times a second: the browser's own view of the camera,
and what came back; the difference of their frame numbers is the delay. Browser and server run on
this machine, so that a good part of the delay is the encoding at both ends: compare with
``pass-through``, whose callback does nothing, and with ``library``, which does nothing either but
streams through streamlit-webrtc as it is. ``overloaded`` shows that the delay stays bounded
when the callback is far too slow. The callbacks take turns: each streams for ``--seconds``.

Prints JSON: for each callback the median, 95th percentile and longest delay in milliseconds, what
is above pass-through in the same run, and the slope in milliseconds a minute. Delays that follow
each other are alike, so the slope is that of a line through the means of ten stretches of time;
``slope_interval`` holds the true slope in 95 of 100 runs, and ``grows`` tells whether it is above
0 altogether.

``--viewers 4 --rate 15`` lets four browser pages stream at once; delays are those of all pages
together, and ``worst_viewer_median_ms`` that of the page that fares worst. ``cores`` says how many
cores the server took meanwhile, how many the browsers, and how many all else on the machine
(Linux): where the three come to all the cores there are, the machine is too small.

``--before CHECKOUT`` measures the app of another version as well, just before this one:

    python benchmarks/glass_to_glass.py --viewers 4 --rate 15 --seconds 40 --callbacks app \\
        --before CHECKOUT                                      # two minutes
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.app_process import spent  # noqa: E402 - the path comes first
from tests.browser.conftest import CHROMIUM_FLAGS  # noqa: E402
from tests.browser.install import MISSING, installed_browser  # noqa: E402
from tests.browser.live_view import PLAYING, START_MS, press, streamer  # noqa: E402
from tests.browser.support import camera_flags, on_wall, portrait, running_server, write_clip  # noqa: E402

#: Frames of the film, which repeats after 4 seconds: the longest delay that can be told.
FRAMES = 128
#: The two videos are read one after the other: what came back may seem to be this much ahead.
AHEAD = 4
BITS = 8  # 7 for the number and one for parity
FIELD = 48  # side of a field in pixels: large enough to survive the encoders
#: Stretches of time that the slope is made of, and Student's t for that many: 97.5% of it with 8
#: degrees of freedom.
STRETCHES = 10
T_95 = 2.306
CALLBACKS = ("library", "pass-through", "haar", "app", "overloaded")

#: Of one page: time, number of the frame sent, number of the one that came back (None: unreadable).
Samples = list[tuple[float, int | None, int | None]]

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
    window.sampling = (async () => {
        while (performance.now() < end) {
            await new Promise((done) => setTimeout(done, 100));
            samples.push([performance.now(), number(local), number(returned)]);
        }
        return samples;
    })();
}"""


def main() -> None:
    """Measure every callback in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="for each (default: 60)")
    parser.add_argument("--callbacks", nargs="+", choices=CALLBACKS, default=CALLBACKS)
    parser.add_argument("--viewers", type=int, default=1, help="pages at once (default: 1)")
    parser.add_argument("--rate", type=int, default=30, help="frames a second (default: 30)")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="another version")
    options = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        executable = installed_browser(playwright)
        if executable is None:
            parser.error(MISSING)
        clip = write_clip(Path(folder) / "camera.y4m", numbered_frames(), options.rate)
        flags = [*CHROMIUM_FLAGS, *camera_flags(clip)]
        versions = {} if options.before is None else {" before": options.before.absolute()}
        for callback in options.callbacks:
            for name, root in (versions | {"": ROOT}).items():
                browser = playwright.chromium.launch(executable_path=executable, args=flags)
                log = Path(folder) / f"{callback}{name}.log"
                samples, cores = measure(
                    callback, browser, log, options.seconds, options.viewers, root
                )
                browser.close()
                results[callback + name] = figures(samples, options.rate) | {"cores": cores}
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
    callback: str, browser: Browser, log: Path, seconds: float, viewers: int, root: Path = ROOT
) -> tuple[list[Samples], dict[str, float]]:
    """Stream through one callback and return each page's samples, and cores by who took them."""
    script = "app.py" if callback == "app" else "benchmarks/stream_app.py"
    environment = {"BENCHMARK_CALLBACK": callback, "PYTHONPATH": str(root)}
    with running_server(log, script=script, environment=environment, root=root) as server:
        pages = [start_viewer(browser, server.url) for _ in range(viewers)]
        # Until bit rate and buffers have settled: one who comes holds the others up.
        pages[0].wait_for_timeout(3000 if viewers == 1 else 8000)
        videos = [streamer(page).locator("video").first for page in pages]
        began = spent(server.process.pid)
        there = []
        for video in videos:
            with suppress(TimeoutError):  # cut off, as a busy machine does to some
                video.evaluate(SAMPLE, {"seconds": seconds, "bits": BITS, "field": FIELD})
                there.append(video)
        samples = [video.evaluate("() => window.sampling") for video in there]
        samples += [[] for _ in range(viewers - len(there))]
        ended = spent(server.process.pid)
        for page in pages:
            page.close()
    seconds = ended.pop("at", 0.0) - began.pop("at", 0.0)
    return samples, {who: round((ended[who] - began[who]) / seconds, 2) for who in ended}


def start_viewer(browser: Browser, url: str) -> Page:
    """Open a page of its own, as another person would, and start its stream."""
    page = browser.new_context().new_page()
    page.add_init_script(KEEP_CAMERA)
    page.goto(url)
    press(page, "Start")
    page.get_by_text(PLAYING, exact=True).wait_for(timeout=START_MS)
    return page


def figures(viewers: list[Samples], rate: int) -> dict[str, Any]:
    """Return what the samples of one callback come to."""
    readable = [delays(samples, rate) for samples in viewers]
    times, every = np.concatenate(readable, axis=1)
    count = sum(len(samples) for samples in viewers)
    result: dict[str, Any] = {
        "samples": len(every),
        "unreadable": count - len(every),
        "viewers_without_video": sum(not samples for samples in viewers),
    }
    if not len(every):
        return result
    return (
        result
        | {
            "median_ms": round(float(np.median(every)), 1),
            "mean_ms": round(float(every.mean()), 1),
            "p95_ms": round(float(np.percentile(every, 95)), 1),
            "longest_ms": round(float(every.max()), 1),
            "worst_viewer_median_ms": round(
                max(float(np.median(own)) for _, own in readable if len(own)), 1
            ),
        }
        | slope(times, every)
    )


def delays(samples: Samples, rate: int) -> NDArray[np.float64]:
    """Return the times since the first sample and the delays then, in milliseconds."""
    readable = [
        (time - samples[0][0], 1000 * ((sent - returned + AHEAD) % FRAMES - AHEAD) / rate)
        for time, sent, returned in samples
        if sent is not None and returned is not None
    ]
    return np.array(readable, np.float64).reshape(-1, 2).T


def slope(times: NDArray[np.float64], delays: NDArray[np.float64]) -> dict[str, Any]:
    """Return how much the delay grows in a minute, and how sure that is."""
    at = times / 60_000
    edges = np.linspace(0, at.max(), STRETCHES + 1)[1:-1]
    stretches = np.digitize(at, edges)
    if len(set(stretches)) < STRETCHES:
        return {}
    centres, means = (
        np.array([values[stretches == each].mean() for each in range(STRETCHES)])
        for values in (at, delays)
    )
    per_minute, rest = np.polyfit(centres, means, 1)
    spread = np.sum((means - per_minute * centres - rest) ** 2) / (STRETCHES - 2)
    error = float(np.sqrt(spread / np.sum((centres - centres.mean()) ** 2)))
    low, high = (round(float(per_minute) + side * T_95 * error, 2) for side in (-1, 1))
    return {
        "slope_ms_per_minute": round(float(per_minute), 2),
        "slope_interval": [low, high],
        "grows": low > 0,
    }


if __name__ == "__main__":
    main()
