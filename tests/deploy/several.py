"""Several processes of the app behind Caddy, as the units and the Caddyfile have them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.coturn import host_for_tests
from tests.deploy.commands import Command, of_the_units
from tests.deploy.serving import START_LIMIT, Served, configure, free_port, running, written_env


@dataclass(frozen=True)
class Several:
    """What runs.

    Attributes:
        served: as Caddy has it; its folder has the data of all, and their logs.
        apps: by their numbers.
        addresses: where each listens, by their numbers.
        start: starts one by its number, and waits until it is well.
    """

    served: Served
    apps: dict[int, subprocess.Popen[bytes]]
    addresses: dict[int, str]
    start: Callable[[int], None]

    def kill(self, number: int) -> None:
        """End one at once, as ``kill -9`` does."""
        self.apps[number].kill()
        self.apps[number].wait()


@contextmanager
def several(folder: Path, processes: int = 2) -> Iterator[Several]:
    """Run Caddy and so many processes of the app until the block ends; skip without Caddy."""
    if shutil.which("caddy") is None:
        pytest.skip("needs caddy; on Debian and Ubuntu: apt-get install caddy")
    port, host = free_port(), host_for_tests()
    addresses = [f"127.0.0.1:{free_port()}" for _ in range(processes)]
    settings = {
        "DOMAIN": f"faces.localhost:{port}",
        "SUBPATH": "/faces",
        "CERTIFICATE": "internal",
        "PUBLIC_ADDRESS": host,
        "LOCAL_ADDRESS": host,
        "PROCESSES": str(processes),
    }
    made = folder / "made"
    done = configure(written_env(folder / ".env", **settings), made, "--systemd")
    assert done.returncode == 0, done.stderr
    commands = of_the_units(made)
    # Only where each listens is this machine's; and video takes the direct way.
    app, caddy = commands["app"], commands["caddy"]
    app.variables.update(
        {
            "APP_ADDRESSES": " ".join(addresses),
            "STREAMLIT_SECRETS_FILES": str(folder / "none.toml"),
            "EMOTION_DATA_DIR": str(folder / "data"),
            "EMOTION_CACHE_DIR": str(folder / "cache"),
        }
    )
    caddy.variables.update(
        {
            "APP_ADDRESS": " ".join(addresses),
            **{f"APP_{number}": each for number, each in enumerate(addresses, start=1)},
            "HTTP_PORT": str(free_port()),
            "HTTPS_PORT": str(port),
            "XDG_DATA_HOME": str(folder / "certificates"),
            "XDG_CONFIG_HOME": str(folder / "caddy"),
        }
    )
    by_number = dict(enumerate(addresses, start=1))
    with ExitStack() as stack:
        apps: dict[int, subprocess.Popen[bytes]] = {}

        def start(number: int, *, wait: bool = True) -> None:
            command = Command(app.words, {**app.variables, "APP_PROCESS": str(number)})
            log = folder / f"app-{number}{'-again' if number in apps else ''}.log"
            apps[number] = stack.enter_context(running(command, log))
            while wait and not _is_well(f"http://{by_number[number]}/_stcore/health"):
                assert apps[number].poll() is None, log.read_text()
                time.sleep(0.3)

        for number in by_number:
            start(number, wait=False)
        proxy = stack.enter_context(running(caddy, folder / "caddy.log"))
        named = {f"app-{number}": each for number, each in apps.items()} | {"caddy": proxy}
        found = Served(f"https://faces.localhost:{port}/faces/", folder, named)
        _wait(found, [f"http://{each}/_stcore/health" for each in addresses])
        yield Several(found, apps, by_number, start)


def _wait(found: Served, addresses: list[str]) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not all(map(_is_well, addresses)) or not _answers(found):
        ended = [name for name, each in found.processes.items() if each.poll() is not None]
        if ended or time.monotonic() > deadline:
            logs = "\n".join(found.log(name) for name in found.processes)
            raise RuntimeError(f"not well within {START_LIMIT:g} s, ended: {ended}\n{logs}")
        time.sleep(0.3)


def _is_well(address: str) -> bool:
    command = ["curl", "-sf", "-o", "/dev/null", address]
    return subprocess.run(command, check=False).returncode == 0


def _answers(found: Served) -> bool:
    try:
        return found.get("api/v1/health")[0] in (200, 403)
    except OSError:
        return False
