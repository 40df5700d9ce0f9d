"""How many photos a second ``POST /analyze`` reads, against PyPI `fer` behind the same FastAPI.

    python benchmarks/api_analyze.py --fer-python /tmp/ferenv/bin/python
    python benchmarks/api_analyze.py --turns 1 --seconds 1       # for a smoke test

One photo of 640 x 480 pixels with a face is sent again and again by ``--clients`` threads, as a
file of a form, to the running app: ``quick``, the usual search, and ``thorough``, that of the
command line, both with the mirrored view; and to `fer` with its Haar detector in two processes of
uvicorn (`fer_api.py`), which decode by themselves. They take turns of ``--seconds``, so that all of
them meet the same machine; the first requests of each are not counted. ``requests_per_second`` is
the median of the turns; ``processor_ms`` what a request costs all processes of the server (Linux),
which a busy machine changes less.

    python3.11 -m venv /tmp/ferenv
    /tmp/ferenv/bin/pip install fer==25.10.3 "setuptools<80" fastapi==0.165.0 uvicorn==0.54.0 \\
        python-multipart==0.0.34
"""

from __future__ import annotations

import argparse
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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app_process import ROOT, memory_mb, running_app

sys.path.insert(0, str(ROOT))

import httpx
from live_callback import LEFT_OUT

from emotion_core.access.tokens import add_token
from emotion_core.api.addresses import PREFIX
from emotion_core.faces.pictures.images import encode_jpeg
from emotion_core.system.storage.files import write_json
from tests.browser.support import on_wall, portrait

HERE: Final = Path(__file__).parent
#: Requests of each that are not counted: networks are loaded with the first ones.
WARM_UP: Final = 4


@dataclass
class Target:
    """What is asked.

    Attributes:
        url: address of the photo's request.
        headers: that go with it.
        pid: of the server.
        rates: requests a second, of each turn.
        times: milliseconds of each request.
        processor: seconds of all the server's processes, over all turns.
    """

    url: str
    headers: dict[str, str]
    pid: int
    rates: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    processor: float = 0.0

    def play(self, photo: bytes, seconds: float, clients: int) -> None:
        """Ask for so long by so many clients at once."""
        times: list[float] = []
        before = processor_seconds(self.pid)
        started = time.perf_counter()

        def ask() -> None:
            with self.client() as client:
                while time.perf_counter() - started < seconds:
                    begun = time.perf_counter()
                    self.ask(client, photo)
                    times.append(1000 * (time.perf_counter() - begun))

        threads = [threading.Thread(target=ask) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.rates.append(len(times) / (time.perf_counter() - started))
        self.times += times
        self.processor += processor_seconds(self.pid) - before

    def client(self) -> httpx.Client:
        """Return a client that keeps its connection."""
        return httpx.Client(headers=self.headers, timeout=120, trust_env=False)

    def ask(self, client: httpx.Client, photo: bytes) -> list[Any]:
        """Send the photo, and return its faces."""
        answer = client.post(self.url, files={"pictures": ("photo.jpg", photo)})
        if answer.status_code != 200:
            raise SystemExit(f"{self.url}: {answer.status_code} {answer.text}")
        found = answer.json()
        faces = found[0]["faces"] if found and "faces" in found[0] else found
        return list(faces)

    def figures(self) -> dict[str, Any]:
        """Return what was measured."""
        cuts = statistics.quantiles(self.times, n=20) if len(self.times) > 1 else self.times * 19
        return {
            "requests_per_second": round(statistics.median(self.rates), 1),
            "turns": [round(rate, 1) for rate in self.rates],
            "ms_p50": round(cuts[9], 1),
            "ms_p95": round(cuts[18], 1),
            "processor_ms": round(1000 * self.processor / len(self.times), 1),
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=3, help="of each (default: 3)")
    parser.add_argument("--seconds", type=float, default=10, help="of a turn (default: 10)")
    parser.add_argument("--clients", type=int, default=4, help="at once (default: 4)")
    parser.add_argument("--fer-python", help="Python of an environment with fer (see above)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    photo = encode_jpeg(on_wall(portrait(360, color=True)))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        os.environ["EMOTION_DATA_DIR"] = str(folder / "data")
        secret = add_token("benchmark", ["analyze"], requests_a_second=10_000).secret
        app = stack.enter_context(running_app(folder))
        before = memory_mb(app.pid)
        headers = {"authorization": f"Bearer {secret}"}
        targets = {
            search: Target(f"{app.url}{PREFIX}/analyze?search={search}", headers, app.pid)
            for search in ("quick", "thorough")
        }
        if options.fer_python:
            url, pid = stack.enter_context(running_fer(options.fer_python, folder))
            targets["fer"] = Target(url, {}, pid)
        faces = {name: warm_up(target, photo) for name, target in targets.items()}
        for _ in range(options.turns):
            for target in targets.values():
                target.play(photo, options.seconds, options.clients)
        after = memory_mb(app.pid)
    figures: dict[str, Any] = {
        **{name: target.figures() for name, target in targets.items()},
        "faces_found": faces,
        "memory_mb": {"before_a_request": before, "after_all": after},
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    if "fer" not in targets:
        figures["fer"] = LEFT_OUT
    else:
        figures["times_fer"] = {
            name: round(
                figures[name]["requests_per_second"] / figures["fer"]["requests_per_second"], 1
            )
            for name in ("quick", "thorough")
        }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def warm_up(target: Target, photo: bytes) -> int:
    """Let all threads and processes load what they need; return how many faces were found."""
    faces = 0
    threads = []

    def ask() -> None:
        nonlocal faces
        with target.client() as client:
            faces = len(target.ask(client, photo))

    for _ in range(WARM_UP):
        threads.append(threading.Thread(target=ask))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return faces


def processor_seconds(pid: int) -> float:
    """Return what a process and those below it have used of processors, see proc(5)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        below = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has ended at this moment
        return 0.0
    fields = stat.rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(each)) for children in below for each in children)


@contextmanager
def running_fer(python: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Run the peer in two processes until the block ends; yield its address and its process."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [python, "-m", "uvicorn", "fer_api:app", "--port", str(port), "--workers", "2"]
    command += ["--log-level", "warning"]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    log = folder / "fer.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=HERE, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://127.0.0.1:{port}/analyze"
            deadline = time.monotonic() + 180
            while True:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/docs", timeout=5, trust_env=False)
                    break
                except httpx.HTTPError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise SystemExit(f"fer did not start:\n{log.read_text('utf-8')}") from None
                    time.sleep(0.2)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    main()
