"""Eight hours of viewers in ten minutes: is all that they took given back, and nothing lost?

    python benchmarks/comings_and_goings.py --json figures.json
    python benchmarks/comings_and_goings.py --visits 4 --warm-up 1 --settle 0 --browsers 0   # a try

Several viewers at a time come to the app and leave it in one of these ways, in turn:

- ``look``: they open a page, and close it;
- ``close``: the tab is closed while the video plays;
- ``stop``: Start, Stop, Start, Stop;
- ``reload``: the page is loaded again while the video plays, which begins anew;
- ``kill``, ``kill connecting``: the browser is gone without a word, while the video plays or
  connects;
- ``elsewhere``: another page is opened while the video plays;
- ``record``: a recording is begun and ended;
- ``record and close``, ``record and kill``: a recording is begun, and its viewer goes.

They are programs that speak as a browser does (`tests/visitor.py`), at a hundredth of its cost;
some come by real Chromium, as in `start_stop.py`.

``start`` is taken after ``--warm-up`` visits, ``end`` after ``--visits`` more, each ``--settle``
seconds after the last one: the app keeps a session for a while for those who come back, and WebRTC
takes 30 s to notice that a browser was killed. Memory is noted after Python's garbage collector has
run and the C library was asked to give free memory back. Threads are counted without those of
pools, which have a bound and come when there is much to do; ``start`` and ``end`` list all of them.
Of each recording it is counted how many frames came back to the viewer while it ran, and how many
rows it has.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from app_process import ROOT, AppProcess, running_app
from start_stop import Visitors, sample

sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright

from emotion_core.sessions.header import FRAMES_FILE
from emotion_core.sessions.storage import list_sessions
from emotion_core.system.storage.files import write_json
from tests.browser.install import MISSING, installed_browser
from tests.browser.support import on_wall, portrait, swaying, write_clip
from tests.visitor import Camera, Visitor, visiting

#: Figures that have to come back, and by how much of what they were they may have grown.
WATCHED = ("memory rss MB", "threads besides pools", "open files", "objects: AppSession")
#: Threads that wait for the next piece of work, so many at most; how many there are is by chance.
POOLS = ("AnyIO worker thread", "ThreadPoolExecutor-0", "asyncio")
MOST_GROWN = 0.1
#: What a browser does; see `start_stop.py`.
BROWSERS_DO = ("playing", "recording", "stopped", "killed playing")
PAGES = ("photo", "sessions", "video", "models", "about", "live_camera")
#: Frames a second, and seconds for which a video plays or is recorded.
RATE, PLAYS, RECORDS = 8, 0.5, 1.5


@dataclass
class Recording:
    """What a viewer saw of their recording.

    Attributes:
        frames: that came back while it certainly ran.
        way: how its viewer left.
        purpose: as its header has it: it tells it from the others.
    """

    frames: int
    way: str
    purpose: str


@dataclass
class Crowd:
    """Viewers who come and go.

    Attributes:
        url: of the app.
        recordings: by the ids of their sessions.
        failures: what went wrong for a viewer.
    """

    url: str
    sessions: Path
    pictures: list[np.ndarray] = field(
        default_factory=lambda: [
            cv2.resize(on_wall(portrait(360), shift=shift), (320, 240)) for shift in (0, 6, 12, 6)
        ]
    )
    recordings: list[Recording] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    ways: Counter[str] = field(default_factory=Counter)
    pages: Any = field(default_factory=lambda: itertools.cycle(PAGES))
    numbers: Any = field(default_factory=itertools.count)

    async def visit(self, way: str) -> None:
        """Let one viewer come, and leave in a way."""
        self.ways[way] += 1
        try:
            if way == "look":
                async with visiting(self.url, next(self.pages)) as visitor:
                    self._note(visitor)
                return
            async with visiting(self.url, "live_camera") as visitor:
                await self._leave(visitor, way)
                self._note(visitor)
        except Exception as error:  # noqa: BLE001 - counted, and told at the end
            self.failures.append(f"{way}: {type(error).__name__}: {error}"[:300])

    def _note(self, visitor: Visitor) -> None:
        self.failures += visitor.errors

    async def _leave(self, visitor: Visitor, way: str) -> None:
        if way == "kill connecting":
            await visitor.offer(self._camera())
            await visitor.vanish()
            return
        await visitor.start(self._camera())
        if way.startswith("record"):
            await self._record(visitor, way)
            return
        await asyncio.sleep(PLAYS)
        if way == "stop":
            await visitor.stop()
            await visitor.start(self._camera())
            await visitor.stop()
        elif way == "kill":
            await visitor.vanish()
        elif way == "elsewhere":
            await visitor.go("photo")
        elif way == "reload":
            await visitor.leave()
            async with visiting(self.url, "live_camera", cookies=visitor.cookies) as again:
                await again.start(self._camera())
                await asyncio.sleep(PLAYS)
                self._note(again)

    async def _record(self, visitor: Visitor, way: str) -> None:
        number = next(self.numbers)
        await visitor.record(purpose=f"visit {number}", with_video=number % 3 == 0)
        began = len(visitor.came_back)
        await asyncio.sleep(RECORDS)
        # What has come back by now was handed to the recorder before.
        self.recordings.append(Recording(len(visitor.came_back) - began, way, f"visit {number}"))
        if way == "record":
            await visitor.press("Stop recording")
            await visitor.until(lambda: visitor.find("Record"))
        elif way == "record and kill":
            await visitor.vanish()

    def _camera(self) -> Camera:
        return Camera(self.pictures, RATE)


WAYS = (
    "look",
    "close",
    "record",
    "stop",
    "kill",
    "reload",
    "record and close",
    "elsewhere",
    "kill connecting",
    "record and kill",
)


def main() -> None:
    """Let them come and go, and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=500, help="(default: 500)")
    parser.add_argument("--warm-up", type=int, default=40, help="visits before (default: 40)")
    parser.add_argument("--at-once", type=int, default=4, help="viewers (default: 4)")
    parser.add_argument("--browsers", type=int, default=8, help="visits by Chromium (default: 8)")
    parser.add_argument("--settle", type=float, default=130, help="seconds (default: 130)")
    parser.add_argument("--json", type=Path, help="write all samples, and the app's log, here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["COUNTS_SOCKET"] = str(folder / "counts")
        os.environ["EMOTION_DATA_DIR"] = str(folder / "data")
        os.environ["EMOTION_CACHE_DIR"] = str(folder / "cache")
        with (
            running_app(folder, ["benchmarks/counted_server.py"]) as app,
            Chromium(folder, app.url, options.browsers) as chromium,
        ):
            figures = asyncio.run(measure(app, folder, chromium, options))
        log = (folder / "app.log").read_text("utf-8")
    figures["tracebacks_in_the_log"] = log.count("Traceback")
    figures["load"] = [round(each, 1) for each in os.getloadavg()]
    print(json.dumps({**figures, "samples": len(figures["samples"])}, indent=2))
    if options.json:
        write_json(options.json, figures | {"log": log[-40_000:]})


class Chromium:
    """Visits by a real browser, in a thread of their own; none where ``wanted`` is 0."""

    def __init__(self, folder: Path, url: str, wanted: int) -> None:
        self._folder, self._url, self.wanted = folder, url, wanted
        self._thread = ThreadPoolExecutor(1)
        self._playwright: Any = None
        self._visitors: Visitors | None = None

    def __enter__(self) -> Chromium:
        if self.wanted:
            self._thread.submit(self._start).result()
        return self

    def _start(self) -> None:
        self._playwright = sync_playwright().start()
        if (executable := installed_browser(self._playwright)) is None:
            raise SystemExit(MISSING)
        camera = write_clip(self._folder / "camera.y4m", swaying(portrait(480)))
        self._visitors = Visitors(self._playwright, executable, self._folder, camera)

    async def visit(self, stage: str) -> None:
        """Let the browser come, and leave at a stage of `start_stop.py`."""
        assert self._visitors is not None
        await asyncio.get_running_loop().run_in_executor(
            self._thread, self._visitors.visit, self._url, stage
        )

    def __exit__(self, *_: object) -> None:
        if self._playwright is not None:
            self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()


async def measure(
    app: AppProcess, folder: Path, chromium: Chromium, options: argparse.Namespace
) -> dict[str, Any]:
    """Return the figures at the start, meanwhile and at the end."""
    crowd = Crowd(f"{app.url}/", folder / "sessions")
    counts = folder / "counts"
    samples: list[dict[str, Any]] = []

    async def look(*, collect: bool = False) -> dict[str, float]:
        found = await asyncio.to_thread(sample, app, counts, collect=collect)
        pools = sum(found.get(f"threads: {name}", 0) for name in POOLS)
        return {**found, "threads besides pools": found["threads"] - pools}

    async def come(visits: int, *, browsers: int, note: Callable[[int], Any]) -> None:
        ways = itertools.islice(itertools.cycle(WAYS), visits)
        done = itertools.count(1)

        async def one_of_them() -> None:
            for way in ways:
                await crowd.visit(way)
                await note(next(done))

        async def by_browser() -> None:
            for stage in itertools.islice(itertools.cycle(BROWSERS_DO), browsers):
                try:
                    await chromium.visit(stage)
                except Exception as error:  # noqa: BLE001 - counted, and told at the end
                    crowd.failures.append(f"browser, {stage}: {str(error)[:300]}")

        await asyncio.gather(by_browser(), *(one_of_them() for _ in range(options.at_once)))

    async def settled() -> dict[str, float]:
        await asyncio.sleep(options.settle)
        return await look(collect=True)

    async def nothing(_: int) -> None:
        pass

    async def note(done: int) -> None:
        if done % 10 == 0:
            samples.append({"visits": done, **await look()})
            print(
                f"{done} of {options.visits}: "
                + ", ".join(f"{name} {samples[-1][name]:g}" for name in WATCHED),
                file=sys.stderr,
            )

    await come(options.warm_up, browsers=min(chromium.wanted, 2), note=nothing)
    start = await settled()
    began = time.monotonic()
    await come(options.visits, browsers=chromium.wanted, note=note)
    minutes = (time.monotonic() - began) / 60
    end = await settled()
    grown = {name: round(end[name] / max(1, start[name]) - 1, 3) for name in WATCHED}
    return {
        "visits": options.visits + chromium.wanted,
        "minutes": round(minutes, 1),
        "ways": dict(crowd.ways),
        "failures": crowd.failures,
        "start": start,
        "end": end,
        "grown": grown,
        "within_a_tenth": all(share <= MOST_GROWN for share in grown.values()),
        "recordings": judged(crowd),
        "samples": samples,
    }


def judged(crowd: Crowd) -> dict[str, Any]:
    """Return how many recordings there are, and what is missing of them."""
    found = {
        each.header.description.purpose: each for each in list_sessions(crowd.sessions).sessions
    }
    missing: list[str] = []
    rows = 0
    for recording in crowd.recordings:
        session = found.get(recording.purpose)
        if session is None:
            missing.append(f"{recording.way}: no session")
            continue
        written = len((session.folder / FRAMES_FILE).read_text("utf-8").splitlines()) - 1
        rows += written
        whole = session.state == "complete" and session.frames == written
        if not whole or written < recording.frames:
            missing.append(
                f"{recording.way}: {session.state}, {written} rows, {session.frames} frames by its "
                f"header, {recording.frames} came back"
            )
    return {
        "begun": len(crowd.recordings),
        "kept": len(found),
        "frames_that_came_back": sum(each.frames for each in crowd.recordings),
        "rows": rows,
        "missing": missing,
    }


if __name__ == "__main__":
    main()
