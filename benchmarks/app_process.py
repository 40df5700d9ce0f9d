"""The app as a process of its own that benchmarks start, watch and end (Linux: reads /proc)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
STREAMLIT = ("-m", "streamlit")


@dataclass(frozen=True)
class AppProcess:
    """A server that answers.

    Attributes:
        pid: its process.
        url: where its start page is.
        seconds: from the command to the first answer of its health endpoint.
    """

    pid: int
    url: str
    seconds: float


@contextmanager
def running_app(
    folder: Path, launcher: Sequence[str] = STREAMLIT, sessions: Path | None = None
) -> Iterator[AppProcess]:
    """Run ``streamlit run app.py`` on a free port until the block ends.

    Args:
        folder: for its log and the sessions it records.
        launcher: what Python runs in place of ``-m streamlit``.
        sessions: where sessions are, if somewhere else.
    """
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *launcher, "run", "app.py"]
    command += ["--server.port", str(port), "--server.headless", "true"]
    # Nobody waits in line: how many can be served is what some of them measure.
    environment = os.environ | {
        "EMOTION_SESSIONS_DIR": str(sessions or folder / "sessions"),
        "EMOTION_MOST_VIEWERS": "50",
    }
    log = folder / "app.log"
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://localhost:{port}"
            while not _is_healthy(url):
                if process.poll() is not None or time.perf_counter() - started > 120:
                    raise SystemExit(f"the app did not start:\n{log.read_text('utf-8')}")
                time.sleep(0.01)
            yield AppProcess(process.pid, url, time.perf_counter() - started)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def memory_mb(pid: int) -> dict[str, float]:
    """Return a process's resident memory in MB (10^6 bytes).

    ``rss`` counts all of it, ``pss`` what it shares with others in proportion.
    """
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()[1:]
    kilobytes = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
    return {name.lower(): round(kilobytes[name] * 1024 / 1e6, 1) for name in ("Rss", "Pss")}


def has_loaded(pid: int, library: str) -> bool:
    """Tell whether a file with ``library`` in its path is mapped into a process."""
    return library in Path(f"/proc/{pid}/maps").read_text("utf-8")


def open_files(pid: int) -> int:
    """Return the number of a process's open file descriptors, sockets included."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def spent(server: int) -> dict[str, float]:
    """Return the processor's time up to now, in seconds of one core, by who has spent it.

    ``server`` is that process, ``browsers`` all others that this one has started, ``others`` the
    rest of the machine, this process included; ``at`` is the time. Nothing where there is no /proc.
    """
    if not Path("/proc/stat").exists():
        return {}
    ticks = os.sysconf("SC_CLK_TCK")
    parents: dict[int, int] = {}
    times: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            fields = stat.read_text("utf-8").rsplit(")", 1)[1].split()
            pid = int(stat.parent.name)
            parents[pid], times[pid] = int(fields[1]), (int(fields[11]) + int(fields[12])) / ticks
    machine = [
        int(each) for each in Path("/proc/stat").read_text("utf-8").split("\n")[0].split()[1:]
    ]
    busy = (
        sum(machine[:8]) - machine[3] - machine[4]
    ) / ticks  # but for idle and waiting for disks
    browsers = sum(times[pid] for pid in times if pid != server and _is_below(pid, parents))
    return {
        "at": time.monotonic(),
        "server": times[server],
        "browsers": browsers,
        "others": busy - times[server] - browsers,
    }


def _is_below(pid: int, parents: dict[int, int]) -> bool:
    while (pid := parents.get(pid, 0)) > 1:
        if pid == os.getpid():
            return True
    return False
