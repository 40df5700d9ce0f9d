"""What lost and late packets do to the live video, and how soon it is well again afterwards.

    python benchmarks/lossy_network.py
    python benchmarks/lossy_network.py --seconds 2 --after 4     # for a smoke test

A real Chromium in a network of its own streams through the app; its one way there and back loses
5 %, then 20 % of all packets, then delays each by 0 to 400 ms (200 ms of jitter around 200), for
``--seconds`` each, with ``--after`` seconds of a good network in between. `shaped_link` does it, by
netem where the kernel has it; ``by`` says who. The delay is read like that of `glass_to_glass`, ten
times a second: ``new_of_ten`` looks showed another picture than the one before.

For each kind: that and the ``longest_still_ms`` (no new picture) while it lasted, and
``well_after_s``: from its end until the delay stayed under 500 ms. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.glass_to_glass import (  # noqa: E402 - the path comes first
    AHEAD,
    BITS,
    FIELD,
    FRAMES,
    SAMPLE,
    Samples,
    numbered_frames,
    start_viewer,
)
from benchmarks.shaped_link import HERE, Link, shaped_link  # noqa: E402
from tests.browser.conftest import CHROMIUM_FLAGS  # noqa: E402
from tests.browser.install import MISSING, installed_browser  # noqa: E402
from tests.browser.live_view import streamer  # noqa: E402
from tests.browser.support import camera_flags, running_server, write_clip  # noqa: E402

#: What happens to packets, by its name.
KINDS: dict[str, dict[str, float]] = {
    "loss 5 %": {"loss": 0.05},
    "loss 20 %": {"loss": 0.2},
    "jitter 200 ms": {"delay": 0.2, "jitter": 0.2},
}
RATE = 30
#: What the delay is to be below again.
WELL_MS = 500.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=8, help="of each kind (default: 8)")
    parser.add_argument("--after", type=float, default=8, help="in between (default: 8)")
    parser.add_argument("--rounds", type=int, default=1, help="of all kinds (default: 1)")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        sync_playwright() as playwright,
        shaped_link() as link,
    ):
        folder = Path(name)
        executable = installed_browser(playwright)
        if executable is None:
            parser.error(MISSING)
        clip = write_clip(folder / "camera.y4m", numbered_frames(), RATE)
        environment = {
            "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
            "STREAMLIT_SERVER_ALLOWED_HOSTS": f"localhost 127.0.0.1 {HERE}",
        }
        with running_server(folder / "log.txt", environment=environment) as server:
            url = server.url.replace("localhost", HERE)
            browser = playwright.chromium.launch(
                executable_path=link.browser(executable, folder),
                args=[
                    *CHROMIUM_FLAGS,
                    *camera_flags(clip),
                    f"--unsafely-treat-insecure-origin-as-secure={url}",
                ],
            )
            page = start_viewer(browser, url)
            page.wait_for_timeout(8000)  # until bit rate and buffers have settled
            rounds = [
                one_round(page, link, options.seconds, options.after) for _ in range(options.rounds)
            ]
            browser.close()
    load = [round(each, 1) for each in os.getloadavg()]
    print(json.dumps({"by": link.by, "rounds": rounds, "load": load}, indent=2))


def one_round(page: Page, link: Link, seconds: float, after: float) -> dict[str, Any]:
    """Return what becomes of the video, for each kind."""
    video = streamer(page).locator("video").first
    whole = after + len(KINDS) * (seconds + after) + 1
    video.evaluate(SAMPLE, {"seconds": whole, "bits": BITS, "field": FIELD})
    now = "() => performance.now()"
    page.wait_for_timeout(1000 * after)
    times: dict[str, tuple[float, float]] = {}
    for kind, wish in KINDS.items():
        began = video.evaluate(now)
        link.shape(**wish)
        page.wait_for_timeout(1000 * seconds)
        link.shape()
        times[kind] = (began, video.evaluate(now))
        page.wait_for_timeout(1000 * after)
    samples = video.evaluate("() => window.sampling")
    first = next(iter(times.values()))[0]
    before = ages(samples, first - 1000 * after, first)
    result: dict[str, Any] = {"before": {"median_ms": round(float(np.median(before[1])), 1)}}
    for kind, (began, ended) in times.items():
        at, age, changed = ages(samples, began, ended)
        later, aged, _ = ages(samples, ended, ended + 1000 * after)
        late = later[aged >= WELL_MS]
        edges = np.concatenate([[began], at[changed], [ended]])
        result[kind] = {
            "new_of_ten": round(10 * float(changed.mean()), 1),
            "longest_still_ms": round(float(np.diff(edges).max())),
            "median_ms": round(float(np.median(age))),
            "well_after_s": round((float(late[-1]) - ended) / 1000, 1) if len(late) else 0.0,
            "median_afterwards_ms": round(float(np.median(aged[later > ended + 3000]))),
        }
    return result


def ages(
    samples: Samples, began: float, ended: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return when the video was looked at, how old its picture was then, and whether it was new.

    The film repeats after 4 seconds: what stands still longer is known by that it does not change,
    and is as old as when it was last new, and the time since.

    Returns:
        Of each readable sample between both times: time and age in milliseconds, and whether the
        picture is another one than before.
    """
    at, old, new = [], [], []
    last: int | None = None
    age_then = seen = 0.0
    for time, sent, returned in samples:
        if sent is None or returned is None:
            continue
        if changed := returned != last:
            frames = (sent - returned + AHEAD) % FRAMES - AHEAD
            age_then, seen, last = 1000 * frames / RATE, time, returned
        if began <= time < ended:
            at.append(time)
            old.append(age_then + time - seen)
            new.append(changed)
    return np.array(at), np.array(old), np.array(new, bool)


if __name__ == "__main__":
    main()
