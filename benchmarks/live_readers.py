"""What programs that follow a live stream cost its video, and how soon they have each frame.

    python benchmarks/live_readers.py
    python benchmarks/live_readers.py --seconds 1 --rounds 1 --dead 20      # for a smoke test

One viewer at 30 frames a second: scikit-image's portrait of an astronaut, swaying, 640x480, through
the whole callback of the live page, beside the interface as the app mounts it, on a real port. In
turns of some seconds nobody reads, and three programs do, in a process of their own, so that a busy
machine slows both. A delay is from the end of a frame, as the callback notes it, to when a reader
has all of its event: it holds the way through the system and the reader's own waking too.

Then readers that take nothing at all, or a few bytes now and then, are opened a hundred at a time
and dropped in the middle of it: memory, threads and open files before and after. The first hundred
are not counted: the memory that they make Python ask for is used again.

Prints JSON: milliseconds on the clock, and for the callback those that its thread worked too, which
do not count what it waited for other programs.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
import cv2
import uvicorn
from app_process import memory_mb
from clips import FILM_RATE, film_of_faces
from starlette.applications import Starlette
from starlette.routing import Mount

from emotion_core.access.names import Names
from emotion_core.access.tokens import add_token
from emotion_core.api.addresses import PREFIX
from emotion_core.api.mounting import Interface
from emotion_core.live.reader import LiveFaceReader
from emotion_core.live.session import LiveSession
from emotion_core.live.streams.registry import STREAMS
from emotion_core.system.storage.files import write_json

READERS = 3
AT_ONCE = 100
FOLLOW = "--follow"


class Viewer(threading.Thread):
    """A camera whose frames come 30 times a second, and what each costs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        cv2.setNumThreads(1)
        self.session = LiveSession(LiveFaceReader.load())
        self.stream = STREAMS.add(self.session, lambda: SimpleNamespace(name="", files={}))  # type: ignore[arg-type, return-value]
        self.images = list(film_of_faces(1, 4, (640, 480)))
        self.spent: list[float] = []
        self.work: list[float] = []
        self.ends: dict[int, float] = {}
        self.over = threading.Event()

    def run(self) -> None:
        """Send frames, as punctually as a camera."""
        due, number = time.monotonic(), 0
        while not self.over.is_set():
            image = self.images[number % len(self.images)]
            frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
            time.sleep(max(0.0, due - time.monotonic()))
            started, work = time.perf_counter(), time.thread_time()
            self.session.on_frame(frame)
            self.work.append(1000 * (time.thread_time() - work))
            self.spent.append(1000 * (time.perf_counter() - started))
            number += 1
            end = self.session.snapshot.last_frame_time
            assert end is not None
            self.ends[number] = end
            due = max(due + 1 / FILM_RATE, time.monotonic() - 1 / FILM_RATE)


@contextmanager
def served() -> Iterator[str]:
    """Serve the interface in a thread; yields its address."""
    with socket.create_server(("localhost", 0)) as listening:
        # As `pages/mending/connections.py` has it for the app.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app = Starlette(routes=[Mount(PREFIX, Interface(Names))])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://localhost:{listening.getsockname()[1]}{PREFIX}"
        server.should_exit = True
        thread.join(20)


def ask(address: str, token: str, stream: str) -> socket.socket:
    """Return a connection on which a stream's events come."""
    where = urlsplit(address)
    connection = socket.create_connection((where.hostname or "", where.port or 0))
    connection.sendall(
        f"GET {where.path}/live/{stream}/events HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    return connection


def follow(address: str, token: str, stream: str) -> None:
    """Read three times until the parent hangs up, and print when each frame was there."""
    came: list[tuple[int, float]] = []

    def read(connection: socket.socket) -> None:
        with suppress(OSError), connection.makefile("rb") as lines:
            for line in lines:
                if line.startswith(b"data: {"):
                    now = time.monotonic()
                    came.append((int(line.split(b":", 3)[2].split(b",")[0]), now))

    connections = [ask(address, token, stream) for _ in range(READERS)]
    threads = [threading.Thread(target=read, args=[each], daemon=True) for each in connections]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    for connection in connections:
        connection.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
    print(json.dumps(came))


@contextmanager
def programs(address: str, token: str, stream: str) -> Iterator[list[tuple[int, float]]]:
    """Let three programs read while the block runs; what they had is in the list after it."""
    command = [sys.executable, __file__, FOLLOW, address, token, stream]
    came: list[tuple[int, float]] = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        while STREAMS.readers() < READERS:
            time.sleep(0.01)
        yield came
        output, _ = process.communicate()
        came.extend((frame, at) for frame, at in json.loads(output))


def percentile(values: list[float], share: float) -> float:
    """Return the value with ``share`` of the values up to it."""
    return sorted(values)[round(share * (len(values) - 1))]


def in_turns(
    viewer: Viewer, address: str, token: str, seconds: float, rounds: int
) -> dict[str, Any]:
    """Measure the callback without and with readers, and the delay of their events."""
    alone: list[float] = []
    read: list[float] = []
    work: dict[bool, list[float]] = {False: [], True: []}
    differences: list[float] = []
    delays: list[float] = []
    frames = 0

    def spell(with_readers: bool) -> list[float]:
        begun = len(viewer.spent)
        time.sleep(seconds)
        work[with_readers] += viewer.work[begun:]
        return viewer.spent[begun:]

    for turn in range(rounds):
        # Now this one first, now that one: a machine that gets busier favours neither.
        for with_readers in (False, True) if turn % 2 else (True, False):
            if with_readers:
                with programs(address, token, viewer.stream.id) as came:
                    latest = spell(with_readers)
                read += latest
                delays += [1000 * (at - viewer.ends[frame]) for frame, at in came]
                frames += len(latest)
            else:
                time.sleep(0.3)
                last = spell(with_readers)
                alone += last
        differences.append(statistics.median(latest) - statistics.median(last))
    return {
        "callback_ms_p50": {
            "nobody reads": round(statistics.median(alone), 3),
            f"{READERS} read": round(statistics.median(read), 3),
            "difference": round(statistics.median(read) - statistics.median(alone), 3),
            "difference_in_each_round": [round(each, 3) for each in differences],
        },
        "callback_ms_p95": {
            "nobody reads": round(percentile(alone, 0.95), 3),
            f"{READERS} read": round(percentile(read, 0.95), 3),
        },
        "work_of_its_thread_ms_p50": {
            "nobody reads": round(statistics.median(work[False]), 3),
            f"{READERS} read": round(statistics.median(work[True]), 3),
        },
        "events": len(delays),
        "frames_while_read": frames,
        "event_after_frame_ms": {
            name: round(percentile(delays, share), 3)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        },
    }


def state() -> dict[str, float]:
    """Return what this process holds."""
    gc.collect()
    return {
        "memory_mb": round(memory_mb(os.getpid())["rss"], 1),
        "threads": threading.active_count(),
        "open_files": len(list(Path("/proc/self/fd").iterdir())),
    }


def come_and_go(viewer: Viewer, address: str, token: str, readers: int) -> dict[str, Any]:
    """Open readers that are dead or slow and drop them, and tell what is left."""

    def batch(size: int) -> None:
        connections = [ask(address, token, viewer.stream.id) for _ in range(size)]
        while STREAMS.readers() < size:
            time.sleep(0.01)
        for _ in range(10):
            time.sleep(0.1)
            for slow in connections[::2]:
                slow.recv(64)
        for connection in connections:
            connection.close()
        while STREAMS.readers():
            time.sleep(0.01)

    batch(AT_ONCE)
    time.sleep(1)
    before = state()
    begun = len(viewer.spent)
    for first in range(0, readers, AT_ONCE):
        batch(min(AT_ONCE, readers - first))
    spent = viewer.spent[begun:]
    time.sleep(1)
    return {
        "readers": readers,
        "at_once": AT_ONCE,
        "callback_ms_p50_meanwhile": round(statistics.median(spent), 3),
        "before": before,
        "after": state(),
    }


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == [FOLLOW]:
        follow(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6, help="of each turn (default: 6)")
    parser.add_argument("--rounds", type=int, default=6, help="turns of each (default: 6)")
    parser.add_argument("--dead", type=int, default=1000, help="readers to drop (default: 1000)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EMOTION_DATA_DIR"] = folder
        token = add_token("benchmark", ["live"], requests_a_second=10_000).secret
        viewer = Viewer()
        with served() as address:
            viewer.start()
            while len(viewer.spent) < 60:  # the first frames are slower
                time.sleep(0.1)
            with programs(address, token, viewer.stream.id):
                time.sleep(1)  # loads what answers
            figures = in_turns(viewer, address, token, options.seconds, options.rounds)
            figures["come_and_go"] = come_and_go(viewer, address, token, options.dead)
            viewer.over.set()
            viewer.join()
    if options.json:
        write_json(options.json, figures)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
