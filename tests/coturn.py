"""A real TURN server for a test: coturn, Debian's package of that name."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aioice.ice import get_host_addresses

SECRET = "only-for-tests"


@dataclass(frozen=True)
class Coturn:
    """A running server."""

    host: str
    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def secrets(self, path: Path, *, secret: str = SECRET, more: str = "") -> Path:
        """Write a `secrets.toml` with which the app uses this server."""
        path.write_text(
            f'[webrtc]\nturn = ["turn:{self.address}"]\nturn_shared_secret = "{secret}"\n{more}',
            "utf-8",
        )
        return path


def host_for_tests() -> str:
    """Return this machine's address: browsers leave loopback alone where there is another."""
    return next(iter(get_host_addresses(use_ipv4=True, use_ipv6=False)), "127.0.0.1")


@contextmanager
def running_coturn(folder: Path, *options: str) -> Iterator[Coturn]:
    """Run coturn with ``options`` until the block ends; skip where it is not installed."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("needs coturn's turnserver; on Debian and Ubuntu: apt-get install coturn")
    host = host_for_tests()
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    log = folder / "coturn.log"
    settings = {
        "listening-ip": host,
        "relay-ip": host,
        "listening-port": port,
        "realm": "test",
        "pidfile": folder / "coturn.pid",
        "userdb": folder / "coturn.sqlite",
        "log-file": "stdout",
    }
    command = [program, "-n", *(f"--{name}={value}" for name, value in settings.items())]
    command += ["--allow-loopback-peers", "--no-cli", "--no-dtls"]
    if not any(option.startswith("--cert=") for option in options):
        command.append("--no-tls")
    with log.open("wb") as output:
        process = subprocess.Popen([*command, *options], stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_listening(process, host, port, log)
            yield Coturn(host, port, log)
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_listening(
    process: subprocess.Popen[bytes], host: str, port: int, log: Path
) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"coturn did not start:\n{log.read_text()}")
