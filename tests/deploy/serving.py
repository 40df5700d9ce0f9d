"""App, Caddy and coturn as deploy/ has them, but as processes of this machine.

Neither Docker nor systemd is run. What they would see is taken from the files, see ``commands``.
Only ports, and the app's address, are this machine's.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest

from emotion_core.system.storage.folders import PROJECT
from tests.coturn import host_for_tests
from tests.deploy.commands import (
    DEPLOY,
    Command,
    can_contain,
    contained,
    image_commands,
    of_the_containers,
    of_the_units,
    over_tls,
)

Way = Literal["docker", "contained", "systemd"]

USER, PASSWORD = "class", "open-sesame"
HASH = "$2a$14$z9grB3ErIGzhFbFhFsz02ePzWOqi1Qs9q6mXmrrDHbLqGAL3xwdIC"
START_LIMIT = 90.0


def configure(env: Path, to: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run deploy/configure.py as the server's own Python would, without any package."""
    command = [sys.executable, "-I", DEPLOY / "configure.py", "--env", env, "--to", to, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def written_env(path: Path, **settings: str) -> Path:
    """Write an .env with these settings beside those that it needs."""
    usual = {"DOMAIN": "faces.example.org", "PASSWORD_HASH": f"'{HASH}'"}
    usual |= {"PUBLIC_ADDRESS": "203.0.113.9", "LOCAL_ADDRESS": "10.0.0.5"}
    path.write_text("".join(f"{name}={value}\n" for name, value in (usual | settings).items()))
    return path


@dataclass(frozen=True)
class Served:
    """What runs.

    Attributes:
        url: of the app, with a slash at its end.
        folder: with the log of each process, and the app's data.
        processes: by the names of the services.
    """

    url: str
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]]

    def log(self, service: str) -> str:
        return (self.folder / f"{service}.log").read_text(errors="replace")

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Return the status and the text at a path below the app's address."""
        return self.get_at(f"{urlsplit(self.url).path}{path}", **headers)

    def get_at(self, path: str, **headers: str) -> tuple[int, str]:
        """Return the status and the text at a path of Caddy's."""
        address = urlsplit(self.url)
        trusting = ssl._create_unverified_context()  # Caddy's own certificate
        # Browsers know that names in localhost lead here; what looks up names for Python may not.
        plain = socket.create_connection(("127.0.0.1", address.port), timeout=20)
        connection = http.client.HTTPConnection(address.netloc)
        with trusting.wrap_socket(plain, server_hostname=address.hostname) as connection.sock:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    folder: Path,
    *,
    subpath: str = "",
    way: Way = "docker",
    host: str | None = None,
    turn_tls: bool = False,
    **more: str,
) -> Iterator[Served]:
    """Run all three until the block ends; skip where a program is missing.

    Args:
        folder: for what they write.
        subpath: below which the app lies.
        way: whose files say what runs: compose.yaml's, or the units'; "contained" is as the first
            one, with the app's rights taken away, see `commands.contained`.
        host: address of this machine for browser and app; whichever there is if none is given.
        turn_tls: whether TURN over TLS is offered by the name turn.test, at the port of the pages,
            which then have the name faces.test.
        more: settings of .env.
    """
    for program in ("caddy", "turnserver", *(["haproxy"] if turn_tls else [])):
        if shutil.which(program) is None:
            pytest.skip(
                f"needs {program}; on Debian and Ubuntu: apt-get install caddy coturn haproxy"
            )
    if way == "contained" and not can_contain():
        pytest.skip("needs Linux and root, to take the app's rights away")
    host, port, app_port = host or host_for_tests(), free_port(), free_port()
    name = "faces.test" if turn_tls else "faces.localhost"
    settings = {
        "DOMAIN": f"{name}:{port}",
        "SUBPATH": subpath,
        "CERTIFICATE": "internal",
        "PUBLIC_ADDRESS": host,
        "LOCAL_ADDRESS": host,
        "TURN_HOST": host,
        "TURN_PORT": str(free_port(socket.SOCK_DGRAM)),
        **more,
    }
    caddy_port = port
    if turn_tls:
        settings |= {"TURN_TLS_NAME": "turn.test", "TURN_TLS_PORT": str(free_port())}
        caddy_port = free_port()
    made = folder / "made"
    options = ["--systemd"] if way == "systemd" else []
    done = configure(written_env(folder / ".env", **settings), made, *options)
    assert done.returncode == 0, done.stderr
    commands = of_the_units(made) if way == "systemd" else of_the_containers(made)
    here = f"127.0.0.1:{app_port}"
    commands["app"].variables.update(
        {
            "APP_LISTENS": here,
            "EMOTION_DATA_DIR": str(folder / "data"),
            "EMOTION_CACHE_DIR": str(folder / "cache"),
        }
    )
    commands["caddy"].variables.update(
        {
            "APP_ADDRESS": here,
            "HTTP_PORT": str(free_port()),
            "HTTPS_PORT": str(caddy_port),
            "XDG_DATA_HOME": str(folder / "certificates"),
            "XDG_CONFIG_HOME": str(folder / "caddy"),
        }
    )
    if turn_tls:
        (folder / "relay").mkdir()
        store = folder / "certificates" / "caddy" / "certificates"
        commands |= over_tls(made, way, store, folder / "relay")
        sorter = made / "haproxy.cfg"
        (there,) = re.findall(r"^    server caddy (\S+)$", sorter.read_text("utf-8"), re.MULTILINE)
        text = sorter.read_text("utf-8").replace(there, f"127.0.0.1:{caddy_port}")
        sorter.write_text(text, "utf-8")
    if way == "contained":
        commands["app"] = contained(commands["app"], folder)
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(running(command, folder / f"{name}.log"))
            for name, command in commands.items()
        }
        found = Served(f"https://{name}:{port}{subpath}/", folder, processes)
        wait_until_well(found, commands["app"].variables)
        yield found


@contextmanager
def running(command: Command, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.words,
            cwd=command.place,
            env=os.environ | command.variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_well(found: Served, app: dict[str, str]) -> None:
    """Wait until the image's own health check says so, and Caddy answers."""
    check = image_commands()[1]
    deadline = time.monotonic() + START_LIMIT
    while True:
        well = subprocess.run(check, cwd=PROJECT, env=os.environ | app, check=False).returncode == 0
        if well:
            try:
                found.get("")
                return
            except OSError:
                pass
        ended = [name for name, each in found.processes.items() if each.poll() is not None]
        if ended or time.monotonic() > deadline:
            logs = "\n".join(found.log(name) for name in ended or found.processes)
            raise RuntimeError(f"not well within {START_LIMIT:g} s, ended: {ended}\n{logs}")
        time.sleep(0.3)
