"""Whether the server gives everything back when viewers start, stop, leave and vanish.

    python benchmarks/start_stop.py --json figures.json
    python benchmarks/start_stop.py --cycles 2 --settle 0     # for a smoke test

Real Chromium opens the live page again and again and leaves it at one of these stages, in turn:

- ``permission``: Start pressed, the camera not yet allowed;
- ``offer``: the browser has just made its offer;
- ``answer``: the server's answer is there, and the browser never follows it;
- ``connected``: the connection has just come about;
- ``playing``: faces are being read;
- ``recording``: and they and the video are recorded;
- ``stopped``: Stop pressed, Start and Stop pressed again;
- ``elsewhere``: another page of the app was opened while the video played;
- ``killed connecting``, ``killed playing``: the whole browser is killed.

Every stage is played once before the start is noted, so that libraries and models are loaded.
``start`` and ``end`` are taken ``--settle`` seconds after the last viewer has left: WebRTC notices
after some 30 s that a browser was killed, and the app keeps a session as long for those who come
back. Memory is noted before and after Python's garbage collector has run, all else after it.
``slope_per_cycle`` is that of a straight line through the figures after each cycle, in the second
half (sessions that are kept pile up at first), with its standard error.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from app_process import ROOT, AppProcess, memory_mb, open_files, running_app
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

sys.path.insert(0, str(ROOT))

from emotion_core.system.storage.files import write_json
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.install import MISSING, installed_browser
from tests.browser.live_view import START_MS, press, start, streamer
from tests.browser.support import camera_flags, portrait, swaying, write_clip

STAGES = (
    "permission",
    "offer",
    "answer",
    "connected",
    "playing",
    "recording",
    "stopped",
    "elsewhere",
    "killed connecting",
    "killed playing",
)

#: Lets the page come as far as `stop_at` and no further, and notes in `reached` how far it came.
NOTE_STAGES = """
window.reached = [];
const media = navigator.mediaDevices, open = media?.getUserMedia.bind(media);
const forever = new Promise(() => {});
if (open) media.getUserMedia = (wishes) => {
    window.reached.push("permission");
    return STOP_AT === "permission" ? forever : open(wishes);
};
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
    constructor(...options) {
        super(...options);
        this.addEventListener("connectionstatechange", () =>
            window.reached.push(this.connectionState));
    }
    async setLocalDescription(...offer) {
        await super.setLocalDescription(...offer);
        window.reached.push("offer");
    }
    async setRemoteDescription(answer) {
        window.reached.push("answer");
        return STOP_AT === "answer" ? forever : super.setRemoteDescription(answer);
    }
};
"""
UNTIL_REACHED = """async (_, stage) => {
    while (!window.reached.includes(stage)) await new Promise(requestAnimationFrame);
}"""


def main() -> None:
    """Play all cycles and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=200, help="(default: 200)")
    parser.add_argument("--settle", type=float, default=75, help="seconds (default: 75)")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--json", type=Path, help="write the figures, and every sample, here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        if (executable := installed_browser(playwright)) is None:
            parser.error(MISSING)
        camera = write_clip(folder / "camera.y4m", swaying(portrait(480)))
        visitors = Visitors(playwright, executable, folder, camera)
        os.environ["COUNTS_SOCKET"] = str(folder / "counts")
        with running_app(folder, ["benchmarks/counted_server.py"]) as app:
            figures = measure(app, visitors, folder / "counts", options)
        log = (folder / "app.log").read_text("utf-8")
    figures["tracebacks_in_the_log"] = log.count("Traceback")
    print(json.dumps(figures | {"samples": len(figures["samples"])}, indent=2))
    if options.json:
        write_json(options.json, figures | {"log": log[-20_000:]})


class Visitors:
    """Viewers who come, go as far as a stage, and leave."""

    def __init__(self, playwright: Playwright, executable: str, folder: Path, camera: Path) -> None:
        self._playwright = playwright
        self._executable = executable
        self._folder = folder
        self._flags = [*CHROMIUM_FLAGS, *camera_flags(camera)]
        self._browser: Browser | None = None
        self._names = itertools.count()

    def visit(self, url: str, stage: str) -> None:
        """Open the page at ``url`` and leave it at ``stage``."""
        if stage.startswith("killed"):
            with self._browser_to_kill() as browser:
                self._come(browser, url, stage)
            return
        if self._browser is None:
            self._browser = self._playwright.chromium.launch(
                executable_path=self._executable, args=self._flags
            )
        self._come(self._browser, url, stage).context.close()

    def _come(self, browser: Browser, url: str, stage: str) -> Page:
        page = browser.new_context().new_page()
        wait_for = {"killed connecting": "answer"}.get(stage, stage)
        page.add_init_script(f"const STOP_AT = {wait_for!r};{NOTE_STAGES}")
        page.goto(url)
        if stage in ("permission", "offer", "answer", "connected", "killed connecting"):
            press(page, "Start")
            streamer(page).locator("body").evaluate(UNTIL_REACHED, wait_for)
            return page
        start(page)
        if stage == "recording":
            page.get_by_text("Everyone in view has agreed").click()
            page.get_by_text("Keep the video too").click()
            page.get_by_role("button", name="Record", exact=True).click()
            expect(page.get_by_text("Recording", exact=True)).to_be_visible()
        elif stage == "stopped":
            press(page, "Stop")
            page.wait_for_timeout(1000)  # the controls move up when the video goes
            start(page)
            press(page, "Stop")
            expect(streamer(page).get_by_role("button", name="Start")).to_be_visible(
                timeout=START_MS
            )
        elif stage == "elsewhere":
            page.get_by_role("link", name="Photo").click()
            expect(page.get_by_role("heading", name="Photo")).to_be_visible()
        return page

    @contextmanager
    def _browser_to_kill(self) -> Iterator[Browser]:
        """Start a browser of its own; it is killed with all its processes after the block."""
        profile = self._folder / f"profile-{next(self._names)}"
        process = subprocess.Popen(
            [self._executable, *self._flags, "--headless", "--remote-debugging-port=0",
             f"--user-data-dir={profile}"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port_file = profile / "DevToolsActivePort"
            wait_until(lambda: port_file.exists() and bool(port_file.read_text()), 60)
            port = port_file.read_text().splitlines()[0]
            yield self._playwright.chromium.connect_over_cdp(f"http://localhost:{port}")
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    """Wait for ``true()``, so many seconds at most."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)


def measure(
    app: AppProcess, visitors: Visitors, counts: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """Return the figures at the start, after every cycle and at the end."""

    def settled() -> dict[str, float]:
        time.sleep(options.settle)
        before = memory_mb(app.pid)["rss"]
        figures = sample(app, counts, collect=True)
        return {"memory rss MB before collecting": before} | figures

    for stage in options.stages:
        visitors.visit(app.url, stage)
    began = settled()
    samples = []
    for _, stage in zip(range(options.cycles), itertools.cycle(options.stages), strict=False):
        visitors.visit(app.url, stage)
        samples.append({"stage": stage, **sample(app, counts)})
        print(f"{len(samples)} of {options.cycles}: {stage}", file=sys.stderr)
    ended = settled()
    return {
        "cycles": options.cycles,
        "start": began,
        "end": ended,
        "grown": {key: round(ended.get(key, 0) - began.get(key, 0), 1) for key in began | ended},
        "highest": {
            key: max(each[key] for each in samples) for key in ("memory rss MB", "threads")
        },
        "slope_per_cycle": slopes(samples[len(samples) // 2 :]),
        "samples": samples,
    }


def sample(app: AppProcess, counts: Path, *, collect: bool = False) -> dict[str, float]:
    """Return all figures of the server as they are now, or after a garbage collection."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(counts))
        connection.sendall(b"collect" if collect else b"look")
        parts = iter(lambda: connection.recv(65_536), b"")
        told: dict[str, dict[str, int]] = json.loads(b"".join(parts))
    return {
        **{f"memory {kind} MB": value for kind, value in memory_mb(app.pid).items()},
        "open files": open_files(app.pid),
        "threads": sum(told["threads"].values()),
        **{f"{group}: {name}": count for group, own in told.items() for name, count in own.items()},
    }


def slopes(samples: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return how much each figure grows with every cycle, and how sure that is."""
    if len(samples) < 3:
        return {}
    at = np.arange(len(samples), dtype=np.float64)
    names = sorted({name for each in samples for name in each} - {"stage"})
    result = {}
    for name in names:
        values = np.array([each.get(name, 0) for each in samples], np.float64)
        if np.ptp(values) == 0:
            continue
        slope, rest = np.polyfit(at, values, 1)
        spread = np.sum((values - slope * at - rest) ** 2) / (len(values) - 2)
        error = np.sqrt(spread / np.sum((at - at.mean()) ** 2))
        result[name] = {"slope": round(float(slope), 3), "error": round(float(error), 3)}
    return result


if __name__ == "__main__":
    main()
