"""Makes of deploy/.env what the app, Caddy and coturn read.

    python3 deploy/configure.py                                      # for Docker: deploy/made/
    python3 deploy/configure.py --systemd --to /etc/emotion          # without Docker, as root

It needs nothing but Python 3.11, and may be run again after each change; the relay's secret stays.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import secrets
import shutil
import socket
import sys
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent

#: Each setting of .env and what it looks like.
FORMS = {
    "DOMAIN": (r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", "a name such as faces.example.org"),
    "USER_NAME": (r"[A-Za-z0-9._-]{1,64}", "letters, digits, dots and hyphens"),
    "PASSWORD_HASH": (
        r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}",
        "what caddy hash-password prints, between single quotes",
    ),
    "LOGIN": (r"shared|accounts", "shared or accounts"),
    "OIDC_METADATA_URL": (
        r"(https?://[^\s\"\\]+)?",
        "nothing, or an address such as https://login.example.org/.well-known/openid-configuration",
    ),
    "OIDC_CLIENT_ID": (r"[^\s\"\\]*", "nothing, or what the provider calls this app"),
    "OIDC_CLIENT_SECRET": (r"[^\s\"\\]*", "nothing, or the secret that the provider gave"),
    "ADMINS": (r"[^\s\"\\]*", "addresses of e-mail with commas between them, no spaces"),
    "MEMBERS": (r"[^\s\"\\]*", "addresses of e-mail with commas between them, no spaces"),
    "OTHERS": (r"nobody|viewer", "nobody or viewer"),
    "SUBPATH": (
        r"(/[A-Za-z0-9_-]+)*",
        "nothing, or a path such as /faces without a slash at its end",
    ),
    "CERTIFICATE": (r"(internal)?", "nothing, or internal"),
    "PUBLIC_ADDRESS": (r"[\d.]*", "nothing, or an IPv4 address"),
    "LOCAL_ADDRESS": (r"[\d.]*", "nothing, or an IPv4 address"),
    "TURN_HOST": (r"[A-Za-z0-9.-]*", "nothing, a name or an IPv4 address"),
    "TURN_PORT": (r"\d{1,5}", "a port such as 3478"),
    "TURN_TLS_NAME": (r"[a-z0-9.-]*", "nothing, or a name such as turn.faces.example.org"),
    "TURN_TLS_PORT": (r"\d{1,5}", "a port such as 5349"),
    "RELAY_PORTS": (r"\d{1,5}-\d{1,5}", "two ports such as 49152-49407"),
    "RELAY_ONLY": (r"yes|no", "yes or no"),
    "PROCESSES": (r"[1-8]", "a number from 1 to 8"),
    "MOST_VIEWERS": (r"(?!0)\d{0,3}", "nothing, or a number of people from 1 to 999"),
    "KEEP_DAYS": (r"(?!0)\d{0,4}", "nothing, or a number of days from 1"),
    "COMPOSE_PROFILES": (r"processes-\$\{PROCESSES\}", "processes-${PROCESSES}, as in example.env"),
}

_OF_A_PROVIDER = ("METADATA_URL", "CLIENT_ID", "CLIENT_SECRET")

#: In place of Caddy's password, where it asks for none: it wants one nevertheless, and nobody knows
#: what this would be of.
NO_HASH = "$2a$14$z9grB3ErIGzhFbFhFsz02e" + "." * 31

#: Where compose.yaml puts the app, and compose.tls.yaml Caddy.
INSIDE = "172.31.250.0/24"
IN_DOCKER = "172.31.250.10"
CADDY_IN_DOCKER = "172.31.250.11"
PORT = 8501
#: Where Caddy listens on the machine itself while HAProxy has port 443.
CADDY_BEHIND = 8443


class WrongError(Exception):
    """What is wrong with a setting: expected, found, what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Write the files, and say what comes next."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--env", type=Path, default=HERE / ".env")
    parser.add_argument("--to", type=Path, default=HERE / "made")
    parser.add_argument("--systemd", action="store_true", help="for a machine without Docker")
    options = parser.parse_args(arguments)
    try:
        settings = checked(read_env(options.env))
        write_all(options.to, settings, docker=not options.systemd)
    except WrongError as error:
        print(f"configure: {error}", file=sys.stderr)
        return 2
    print(f"written to {options.to}; the app will be at {address_of(settings)}")
    return 0


def read_env(path: Path) -> dict[str, str]:
    """Return the settings of a file of lines NAME=VALUE.

    Raises:
        WrongError: there is none, or a line is something else.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise WrongError(
            f"{path}: expected the settings, found none ({error.strerror}); copy "
            "deploy/example.env there and fill it in"
        ) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.fullmatch(r"\s*([A-Z_]+)=('[^']*'|\"[^\"$]*\"|[^'\"#\s]*)\s*", line)
        if match is None or match[1] not in FORMS:
            raise WrongError(
                f"{path}, line {number}: expected NAME=VALUE with one of {', '.join(FORMS)}, found "
                "something else; see deploy/example.env"
            )
        found[match[1]] = match[2].strip("'\"")
    return found


def checked(given: dict[str, str]) -> dict[str, str]:
    """Return all settings, those that were left out as example.env has them.

    Raises:
        WrongError: one is missing or wrong.
    """
    settings = read_env(HERE / "example.env") | {"DOMAIN": ""} | given
    if settings["LOGIN"] == "accounts":
        settings["PASSWORD_HASH"] = settings["PASSWORD_HASH"] or NO_HASH
        given = [bool(settings[f"OIDC_{each}"]) for each in _OF_A_PROVIDER]
        if any(given) and not all(given):
            missing = _OF_A_PROVIDER[given.index(False)]
            raise WrongError(
                "expected all three settings of a provider, or none, found no "
                f"OIDC_{missing}; change it in .env"
            )
    for name, (form, expected) in FORMS.items():
        if re.fullmatch(form, settings[name]) is None:
            # A hash is as good as a password on paper: it is not printed.
            told = "something else" if name == "PASSWORD_HASH" else repr(settings[name])
            found = told if settings[name] else "nothing"
            raise WrongError(f"{name}: expected {expected}, found {found}; change it in .env")
    first, last = (int(port) for port in settings["RELAY_PORTS"].split("-"))
    if not 1024 <= first < last <= 65535:
        raise WrongError(
            f"RELAY_PORTS: expected two ports from 1024 to 65535, the lower one first, found "
            f"{settings['RELAY_PORTS']}; change it in .env"
        )
    settings |= {"RELAY_FIRST": str(first), "RELAY_LAST": str(last), "TOTAL": str(last - first + 1)}
    host, _, port = settings["DOMAIN"].partition(":")
    settings |= {"HOST": host, "HTTPS_PORT": port or "443"}
    if settings["TURN_TLS_NAME"] == host:
        raise WrongError(
            f"TURN_TLS_NAME: expected another name than DOMAIN, as pages and video are told apart "
            f"by it, found {host} twice; make a DNS entry such as turn.{host}"
        )
    settings["TURN_HOST"] = settings["TURN_HOST"] or host
    settings["LOCAL_ADDRESS"] = settings["LOCAL_ADDRESS"] or own_address()
    settings["PUBLIC_ADDRESS"] = settings["PUBLIC_ADDRESS"] or address_of_name(
        settings["TURN_HOST"]
    )
    for name in ("LOCAL_ADDRESS", "PUBLIC_ADDRESS"):
        try:
            ipaddress.IPv4Address(settings[name])
        except ValueError:
            raise WrongError(
                f"{name}: expected an IPv4 address, found {settings[name]!r}; change it in .env"
            ) from None
    return settings


def own_address() -> str:
    """Return the address that this machine has in its network; nothing is sent."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            raise WrongError(
                "LOCAL_ADDRESS: expected a network to ask for it, found none; set it in .env"
            ) from None
        return str(probe.getsockname()[0])


def address_of_name(name: str) -> str:
    """Return what a name leads to.

    Raises:
        WrongError: nowhere.
    """
    try:
        return socket.gethostbyname(name)
    except OSError:
        raise WrongError(
            f"PUBLIC_ADDRESS: expected a name that leads to an address, found that {name} does not "
            "yet; make its DNS entry, or set PUBLIC_ADDRESS in .env"
        ) from None


def address_of(settings: dict[str, str]) -> str:
    """Return where the app will be."""
    return f"https://{settings['DOMAIN']}{settings['SUBPATH']}/"


def write_all(folder: Path, settings: dict[str, str], *, docker: bool) -> None:
    """Write what each program reads.

    Raises:
        WrongError: the folder cannot be written.
    """
    local, public = settings["LOCAL_ADDRESS"], settings["PUBLIC_ADDRESS"]
    listens = f"0.0.0.0:{PORT}" if docker else f"127.0.0.1:{PORT}"
    over_tls = bool(settings["TURN_TLS_NAME"])
    processes = int(settings["PROCESSES"])
    addresses = addresses_of(processes, docker=docker)
    values = settings | {
        "REALM": settings["HOST"],
        "EXTERNAL": public if public == local else f"{public}/{local}",
        "APP_PEER": peers_of(processes) if docker else local,
        "RELAY_ONLY": "true" if settings["RELAY_ONLY"] == "yes" else "false",
        "TURN_SECRET": kept_secret(folder / "turn_secret", docker=docker),
        "RELAY_TLS": f"tls-listening-port={settings['TURN_TLS_PORT']}" if over_tls else "no-tls",
        "TURNS": turns_of(settings) if over_tls else "",
        "PEOPLE": people_of(settings) if settings["LOGIN"] == "accounts" else SHARED,
        "CADDY": f"{CADDY_IN_DOCKER}:443" if docker else f"127.0.0.1:{CADDY_BEHIND}",
        # In Docker it has been somebody else from the start.
        "BECOMES": "" if docker else "    user haproxy\n    group haproxy\n",
    }
    caddy = {
        # Behind HAProxy Caddy has a port of its own, which nobody else needs to know.
        "DOMAIN": settings["HOST" if over_tls else "DOMAIN"],
        "ALSO": settings["TURN_TLS_NAME"],
        "USER_NAME": settings["USER_NAME"],
        "PASSWORD_HASH": settings["PASSWORD_HASH"],
        "ASKS": "true" if settings["LOGIN"] == "shared" else "false",
        "SUBPATH": settings["SUBPATH"],
        "TLS": f"tls {settings['CERTIFICATE']}" if settings["CERTIFICATE"] else "",
        "APP_ADDRESS": " ".join(addresses),
    }
    if over_tls and not docker:
        caddy["HTTPS_PORT"] = str(CADDY_BEHIND)
    # Logs are lines of JSON without anything of anybody: they go where logs are kept.
    app = {"APP_LISTENS": listens, "APP_NAMES": settings["HOST"], "EMOTION_LOG": "json"}
    if docker:  # whose word on a visitor's address counts; elsewhere it is this machine's own
        app["FORWARDED_ALLOW_IPS"] = INSIDE
        # For commands beside the app too: docker compose exec.
        app |= {"EMOTION_DATA_DIR": "/data", "EMOTION_CACHE_DIR": "/cache"}
    if settings["MOST_VIEWERS"]:
        app["EMOTION_MOST_VIEWERS"] = settings["MOST_VIEWERS"]
    if settings["KEEP_DAYS"]:
        app["EMOTION_RETENTION_DAYS"] = settings["KEEP_DAYS"]
    if processes > 1:
        caddy |= {f"APP_{number}": each for number, each in enumerate(addresses, start=1)}
        app["APP_ADDRESSES"] = " ".join(addresses)
    written = {
        "caddy.env": lines_of(caddy),
        "app.env": lines_of(app),
        "relay.env": lines_of({"CERTIFICATE_NAME": settings["TURN_TLS_NAME"]}),
    }
    for name in ("turnserver.conf", "secrets.toml", *(["haproxy.cfg"] if over_tls else [])):
        written[name] = Template((HERE / name).read_text("utf-8")).substitute(values)
    try:
        for name, content in written.items():
            # In Docker, other users read them: of files that are passed in, the folder's own rights
            # do not count, and nobody else gets through it.
            write(folder / name, content, 0o644 if docker else 0o600)
        if not docker and shutil.which("turnserver"):
            shutil.chown(folder / "turnserver.conf", "turnserver")
    except (OSError, LookupError) as error:
        raise WrongError(
            f"{folder}: expected a folder to write to, found that it is not ({error}); name "
            "another with --to, or run this as root"
        ) from None


#: What the app's secrets say where Caddy asks everybody for one password.
SHARED = """\
# Viewers name no file, camera or address of the server.
[sources]
of_the_server = false
"""


def people_of(settings: dict[str, str]) -> str:
    """Return what the app's secrets say of who may come in."""
    lines = [
        "# Nobody comes in without an account.",
        "[people]",
        "required = true",
        f"admins = {listed(settings['ADMINS'])}",
        f"members = {listed(settings['MEMBERS'])}",
        f'others = "{settings["OTHERS"]}"',
    ]
    if settings["OIDC_METADATA_URL"]:
        lines += [
            "",
            "[auth]",
            f'redirect_uri = "{address_of(settings)}oauth2callback"',
            f'client_id = "{settings["OIDC_CLIENT_ID"]}"',
            f'client_secret = "{settings["OIDC_CLIENT_SECRET"]}"',
            f'server_metadata_url = "{settings["OIDC_METADATA_URL"]}"',
        ]
    return "\n".join(lines) + "\n"


def listed(text: str) -> str:
    """Return a list in TOML of names with commas between them."""
    return "[" + ", ".join(f'"{each}"' for each in text.split(",") if each) + "]"


def turns_of(settings: dict[str, str]) -> str:
    """Return the line of secrets.toml for TURN over TLS."""
    url = f"turns:{settings['TURN_TLS_NAME']}:{settings['HTTPS_PORT']}?transport=tcp"
    return f'    "{url}",\n'


def addresses_of(processes: int, *, docker: bool) -> list[str]:
    """Return where each process of the app listens, as Caddy and the other processes reach it."""
    if docker:
        return [f"app:{PORT}", *(f"app-{each}:{PORT}" for each in range(2, processes + 1))]
    return [f"127.0.0.1:{PORT + each}" for each in range(processes)]


def peers_of(processes: int) -> str:
    """Return the addresses of the containers that the relay may lead to."""
    if processes == 1:
        return IN_DOCKER
    # The second is behind Caddy's.
    second = ipaddress.IPv4Address(CADDY_IN_DOCKER) + 1
    return f"{IN_DOCKER}\nallowed-peer-ip={second}-{second + processes - 2}"


def kept_secret(path: Path, *, docker: bool) -> str:
    """Return the relay's secret; a new one where there is none yet.

    Raises:
        WrongError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # coturn's user goes through it where it reads its file itself.
        path.parent.chmod(0o700 if docker else 0o711)
        if not path.exists():
            write(path, secrets.token_hex(32), 0o600)
        return path.read_text("ascii").strip()
    except OSError as error:
        raise WrongError(
            f"{path.parent}: expected a folder to write to, found that it is not "
            f"({error.strerror}); name another with --to, or run this as root"
        ) from None


def write(path: Path, content: str, mode: int) -> None:
    """Write a file, whole or not at all."""
    beside = path.with_name(f".{path.name}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.chmod(mode)  # whatever the umask is
    beside.replace(path)


def lines_of(values: dict[str, str]) -> str:
    """Return lines that Docker and systemd read alike: nothing within the quotes means anything."""
    return "".join(f"{name}='{value}'\n" for name, value in values.items())


if __name__ == "__main__":
    sys.exit(main())
