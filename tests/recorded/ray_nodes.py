"""A Ray cluster on this machine: nodes with one core each, as ``ray start`` makes them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

#: Nodes are missed sooner than after the 15 s that Ray gives them.
QUICK = {"RAY_health_check_period_ms": "500", "RAY_health_check_initial_delay_ms": "1000"}
ENVIRONMENT = os.environ | QUICK | {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
START_LIMIT = 150.0


class Nodes:
    """Nodes that listen on this machine alone; `close` ends them all.

    Args:
        dashboard: whether the first one has Ray's dashboard.
        cores: that each has, as Ray counts them.
    """

    def __init__(self, *, dashboard: bool = False, cores: int = 1) -> None:
        self._cores = cores
        # Sockets lie in it, whose paths may have 107 letters.
        self.folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))
        self.started: list[subprocess.Popen[bytes]] = []
        port = _free_port()
        self.address = f"127.0.0.1:{port}"
        self.add(
            *("--head", f"--port={port}", f"--temp-dir={self.folder}"),
            *(f"--include-dashboard={str(dashboard).lower()}", "--dashboard-port=0"),
            *("--dashboard-host=127.0.0.1", f"--ray-client-server-port={_free_port()}"),
        )

    def add(self, *options: str) -> None:
        """Start a node, and wait until it is one."""
        number = len(self.started)
        log = self.folder / f"node-{number}.log"
        command = [
            *(
                Path(sys.executable).with_name("ray"),
                "start",
                "--block",
                f"--num-cpus={self._cores}",
            ),
            *("--node-ip-address=127.0.0.1", "--object-store-memory=80000000"),
            f"--dashboard-agent-listen-port={_free_port()}",
            *("--disable-usage-stats", *(options or (f"--address={self.address}",))),
        ]
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, stdout=file, stderr=file, env=ENVIRONMENT, start_new_session=True
            )
        self.started.append(process)
        deadline = time.monotonic() + START_LIMIT
        while b"Ray runtime started" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                told = log.read_text(errors="replace")
                self.close()
                raise RuntimeError(f"no node of Ray started within {START_LIMIT:g} s: {told}")
            time.sleep(0.1)

    def kill(self, number: int) -> None:
        """Let a node die with all that runs on it, as a machine does without power."""
        process = self.started[number]
        for each in [process.pid, *below(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """End all nodes."""
        for number in reversed(range(len(self.started))):
            self.kill(number)
        shutil.rmtree(self.folder, ignore_errors=True)


def _free_port() -> int:
    """Return a port that is free, and that the system gives to nobody who asks for any."""
    for _ in range(100):
        port = random.randrange(20_000, 32_000)  # below are those of Ray's workers
        with suppress(OSError), socket.create_server(("", port)):
            return port
    raise RuntimeError("no port is free between 20000 and 32000")


def below(parent: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    children = []
    with suppress(OSError):
        for task in Path(f"/proc/{parent}/task").iterdir():
            children += [int(child) for child in (task / "children").read_text().split()]
    return [each for child in children for each in (child, *below(child))]
