"""App, Caddy and coturn as compose.yaml has them, but as processes of this machine.

Docker itself is not run. What containers would see is taken from the files: commands, environment,
and which file lies where. Only ports, and the app's address, are this machine's.
"""

from __future__ import annotations

import http.client
import json
import os
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
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from emotion_core.system.storage.folders import PROJECT
from tests.coturn import host_for_tests

DEPLOY = PROJECT / "deploy"
USER, PASSWORD = "class", "open-sesame"
HASH = "$2a$14$z9grB3ErIGzhFbFhFsz02ePzWOqi1Qs9q6mXmrrDHbLqGAL3xwdIC"
START_LIMIT = 90.0


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


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


def variables(path: Path) -> dict[str, str]:
    """Return what an env_file says, as Docker and systemd read single quotes."""
    lines = path.read_text("utf-8").splitlines()
    return {name: value[1:-1] for name, _, value in (line.partition("=") for line in lines)}


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


# What Docker does for ``read_only``, ``cap_drop`` and ``no-new-privileges``: nothing is written but
# the folders of the volumes. The one right that is left lets the user into the Python of whoever
# runs the tests.
_CONTAINED = """
mount --make-rprivate / && for each in "$1" "$2" "$3"; do mount --bind "$each" "$each"; done
mount -o remount,bind,ro / && shift 3 && exec setpriv --reuid 10001 --regid 10001 --clear-groups \
    --no-new-privs --inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search \
    --bounding-set=-all,+dac_read_search "$@"
"""
_VOLUMES = ("data", "cache", "temporary")


def can_contain() -> bool:
    """Tell whether this machine lets the tests do so: Linux, as root."""
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        return False
    command = ["unshare", "--mount", "mount", "--make-rprivate", "/"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def image_in(folder: Path) -> Path:
    """Copy what the Dockerfile copies, and the build context lets it; return where the app lies."""
    image = folder / "image"
    image.mkdir()
    let = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    for line in (DEPLOY / "Dockerfile").read_text("utf-8").split("WORKDIR /app")[1].splitlines():
        if line.startswith("COPY "):
            *sources, target = line.split()[1:]
            for source in sources:
                assert f"!{source}" in let, source
                place = image / target / (Path(source).name if target.endswith("/") else "")
                if (PROJECT / source).is_dir():
                    shutil.copytree(PROJECT / source, place)
                else:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(PROJECT / source, place)
    return image


@contextmanager
def served(
    folder: Path, *, subpath: str = "", relay_only: str = "yes", contained: bool = False
) -> Iterator[Served]:
    """Run all three until the block ends; skip where a program is missing.

    Args:
        folder: for what they write.
        subpath: below which the app lies.
        relay_only: as in .env.
        contained: whether the app runs of the image's files alone, by a user without rights, on a
            disk that it cannot write; see `can_contain`.
    """
    for program in ("caddy", "turnserver"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}; on Debian and Ubuntu: apt-get install caddy coturn")
    host, port, app_port = host_for_tests(), free_port(), free_port()
    settings = {
        "DOMAIN": f"faces.localhost:{port}",
        "SUBPATH": subpath,
        "CERTIFICATE": "internal",
        "PUBLIC_ADDRESS": host,
        "LOCAL_ADDRESS": host,
        "TURN_HOST": host,
        "TURN_PORT": str(free_port(socket.SOCK_DGRAM)),
        "RELAY_ONLY": relay_only,
    }
    made = folder / "made"
    done = configure(written_env(folder / ".env", **settings), made)
    assert done.returncode == 0, done.stderr
    services = compose()["services"]
    here = f"127.0.0.1:{app_port}"
    app = variables(source_of(services["app"], "env_file", made)) | {
        "APP_LISTENS": here,
        "STREAMLIT_SECRETS_FILES": str(mounted(services["app"], "secrets.toml", made)),
        "EMOTION_DATA_DIR": str(folder / "data"),
        "EMOTION_CACHE_DIR": str(folder / "cache"),
    }
    caddy = variables(source_of(services["caddy"], "env_file", made)) | {
        "APP_ADDRESS": here,
        "HTTP_PORT": str(free_port()),
        "HTTPS_PORT": str(port),
        "XDG_DATA_HOME": str(folder / "certificates"),
        "XDG_CONFIG_HOME": str(folder / "caddy"),
    }
    relay = [
        str(mounted(services["coturn"], Path(part).name, made)) if part.startswith("/") else part
        for part in services["coturn"]["command"]
    ]
    command, place = image_commands()[0], PROJECT
    if contained:
        place = image_in(folder)
        volumes = [folder / name for name in _VOLUMES]
        for volume in volumes:
            volume.mkdir()
            shutil.chown(volume, 10001, 10001)
        app["TMPDIR"] = str(volumes[-1])
        for above in (folder, *folder.parents):  # of pytest, for its own user
            if not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o111)
        command = [
            "unshare",
            "--mount",
            "sh",
            "-ec",
            _CONTAINED,
            "sh",
            *map(str, volumes),
            *command,
        ]
    caddyfile = str(mounted(services["caddy"], "Caddyfile", made))
    commands = {
        "coturn": (["turnserver", *relay], {}),
        "app": (command, app),
        # As the image's own command has it.
        "caddy": (["caddy", "run", "--adapter", "caddyfile", "--config", caddyfile], caddy),
    }
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(running(command, variables, folder / f"{name}.log", place))
            for name, (command, variables) in commands.items()
        }
        found = Served(f"https://faces.localhost:{port}{subpath}/", folder, processes)
        wait_until_well(found, app)
        yield found


def image_commands() -> list[list[str]]:
    """Return what the image runs, and how it is asked whether it is well.

    This Python stands in place of the image's own.
    """
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    found = [json.loads(line.partition("CMD ")[2]) for line in lines if " CMD [" in f" {line}"]
    assert all(command[0] == "/packages/bin/python" for command in found)
    return [[sys.executable, *command[1:]] for command in found]


def source_of(service: dict[str, Any], key: str, made: Path) -> Path:
    """Return a file that a service names, which lies in ``made``."""
    path = Path(service[key])
    assert path.parent == Path("made")
    return made / path.name


def mounted(service: dict[str, Any], name: str, made: Path) -> Path:
    """Return the file on this machine that a service sees under this name."""
    (volume,) = [each for each in service["volumes"] if each.split(":")[1].endswith(f"/{name}")]
    path = Path(volume.split(":")[0])
    assert volume.endswith(":ro")
    return made / path.name if path.parent.name == "made" else (DEPLOY / path).resolve()


@contextmanager
def running(
    command: list[str], environment: dict[str, str], log: Path, place: Path = PROJECT
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=place,
            env=os.environ | environment,
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
