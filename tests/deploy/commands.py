"""What containers and units run, with which variables and files, as deploy/ says it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from emotion_core.system.storage.folders import PROJECT

DEPLOY = PROJECT / "deploy"
#: Where the page about it has the project and what configure.py writes.
_PROJECT, _MADE = "/opt/emotion", "/etc/emotion"

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


@dataclass(frozen=True)
class Command:
    """A program to run.

    Attributes:
        words: it and its arguments.
        variables: of its environment, besides the tests' own.
        place: the folder in which it starts.
    """

    words: list[str]
    variables: dict[str, str]
    place: Path = PROJECT


def compose(name: str = "compose.yaml") -> dict[str, Any]:
    return yaml.load((DEPLOY / name).read_text("utf-8"), _Compose)


class _Compose(yaml.SafeLoader):
    """Takes what replaces something of another file as what it is."""


def _override(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node, deep=True)


_Compose.add_constructor("!override", _override)


def variables(path: Path) -> dict[str, str]:
    """Return what an env_file says, as Docker and systemd read single quotes."""
    lines = path.read_text("utf-8").splitlines()
    return {name: value[1:-1] for name, _, value in (line.partition("=") for line in lines)}


def of_the_containers(made: Path) -> dict[str, Command]:
    """Return what the containers run, by the names of the services.

    Args:
        made: folder with what configure.py has written.
    """
    services = compose()["services"]
    secrets = {"STREAMLIT_SECRETS_FILES": str(_mounted(services["app"], "secrets.toml", made))}
    relay = [
        str(_mounted(services["coturn"], Path(word).name, made)) if word.startswith("/") else word
        for word in services["coturn"]["command"]
    ]
    # As the image's own command has it.
    caddy = ["caddy", "run", "--adapter", "caddyfile", "--config"]
    return {
        "coturn": Command(["turnserver", *relay], {}),
        "app": Command(image_commands()[0], _env_of(services["app"], made) | secrets),
        "caddy": Command(
            [*caddy, str(_mounted(services["caddy"], "Caddyfile", made))],
            _env_of(services["caddy"], made),
        ),
    }


def of_the_units(made: Path) -> dict[str, Command]:
    """Return what systemd runs, by the names of the services.

    Args:
        made: folder with what configure.py has written.
    """
    secrets = {"STREAMLIT_SECRETS_FILES": str(made / "secrets.toml")}
    app = _unit("emotion-dashboard.service", made)
    return {
        "coturn": _unit("coturn.conf", made),
        "app": Command(app.words, app.variables | secrets),
        "caddy": _unit("caddy.conf", made),
    }


def over_tls(made: Path, way: str, store: Path, copy: Path) -> dict[str, Command]:
    """Return what runs besides, or instead, for TURN over TLS.

    Args:
        made: folder with what configure.py has written.
        way: "systemd" for what the units say, else compose.tls.yaml.
        store: folder of Caddy's certificates.
        copy: folder for coturn's copy.
    """
    sorter = Command(["haproxy", "-f", str(made / "haproxy.cfg")], {})
    often = {"CERTIFICATE_SECONDS": "1"}
    if way == "systemd":
        relay = _unit("coturn-tls.conf", made)
        *words, there, place = relay.words
        assert (there, place) == (
            "/var/lib/caddy/.local/share/caddy/certificates",
            "/run/emotion-relay",
        )
        found = {"coturn": Command([*words, str(store), str(copy)], relay.variables | often)}
        return found | {"haproxy": sorter}
    services = compose("compose.tls.yaml")["services"]
    *words, there, place = services["coturn"]["command"]
    assert (there, place) == ("/certificates/caddy/certificates", "/tmp")
    words = [words[0], str(DEPLOY / Path(words[1]).name), str(made / Path(words[2]).name)]
    assert services["haproxy"]["command"][-1] == "/etc/emotion/haproxy.cfg"
    environment = _env_of(services["coturn"], made) | often
    return {"haproxy": sorter, "coturn": Command([*words, str(store), str(copy)], environment)}


def _unit(name: str, made: Path) -> Command:
    text = (DEPLOY / "systemd" / name).read_text("utf-8")
    words = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)[-1].split()
    places = {f"{_PROJECT}/.venv/bin/python": sys.executable, _PROJECT: PROJECT, _MADE: made}
    for there, here in places.items():
        words = [word.replace(there, str(here)) for word in words]
    named = re.findall(rf"^EnvironmentFile={_MADE}/(.+)$", text, re.MULTILINE)
    found: dict[str, str] = {}
    for each in named:
        found |= variables(made / each)
    return Command(words, found)


def image_commands() -> list[list[str]]:
    """Return what the image runs, and how it is asked whether it is well.

    This Python stands in place of the image's own, or the one that EMOTION_IMAGE_PYTHON names: that
    of an environment with nothing in it but what the Dockerfile installs.
    """
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    found = [json.loads(line.partition("CMD ")[2]) for line in lines if " CMD [" in f" {line}"]
    assert all(command[0] == "/packages/bin/python" for command in found)
    python = os.environ.get("EMOTION_IMAGE_PYTHON", sys.executable)
    return [[python, *command[1:]] for command in found]


def _env_of(service: dict[str, Any], made: Path) -> dict[str, str]:
    path = Path(service["env_file"])
    assert path.parent == Path("made")
    return variables(made / path.name)


def _mounted(service: dict[str, Any], name: str, made: Path) -> Path:
    """Return the file on this machine that a service sees under this name."""
    (volume,) = [each for each in service["volumes"] if each.split(":")[1].endswith(f"/{name}")]
    path = Path(volume.split(":")[0])
    assert volume.endswith(":ro")
    return made / path.name if path.parent.name == "made" else (DEPLOY / path).resolve()


def can_contain() -> bool:
    """Tell whether this machine lets the tests do so: Linux, as root."""
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        return False
    command = ["unshare", "--mount", "mount", "--make-rprivate", "/"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def contained(command: Command, folder: Path) -> Command:
    """Return how the app runs of the image's files alone, by a user without rights.

    It may write its volumes and nothing else.
    """
    volumes = [folder / name for name in _VOLUMES]
    for volume in volumes:
        volume.mkdir()
        shutil.chown(volume, 10001, 10001)
    shell = ["unshare", "--mount", "sh", "-ec", _CONTAINED, "sh"]
    return Command(
        [*shell, *map(str, volumes), *command.words],
        command.variables | {"TMPDIR": str(volumes[-1])},
        _image_in(folder),
    )


def _image_in(folder: Path) -> Path:
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
