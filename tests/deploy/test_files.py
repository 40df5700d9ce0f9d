"""compose.yaml, the Dockerfile, the units and the page about them say the same."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess

import pytest

from emotion_core.system.storage.folders import PROJECT
from tests.deploy.commands import DEPLOY, compose, image_commands, variables
from tests.deploy.serving import configure, written_env

PAGE = (PROJECT / "docs" / "deployment.md").read_text("utf-8")


def test_containers_have_few_rights():
    services = compose()["services"]
    more = {f"app-{number}" for number in range(2, 9)}
    assert set(services) == {"app", "caddy", "coturn", *more}
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}
        assert "privileged" not in service
    assert "cap_add" not in services["app"]
    assert "ports" not in services["app"]  # Caddy alone is reached
    assert services["caddy"]["ports"] == ["80:80", "443:443"]
    assert re.search(r"^USER emotion$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)


def test_what_is_mounted_is_there_and_named_volumes_are_declared(tmp_path):
    made = tmp_path / "made"
    assert configure(written_env(tmp_path / ".env"), made).returncode == 0
    content = compose()
    named = set()
    for service in content["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert volume.endswith(":ro")
                place = made / source[7:] if source.startswith("./made/") else DEPLOY / source
                assert place.is_file(), volume
            else:
                named.add(source)
        if "env_file" in service:
            assert variables(made / service["env_file"].removeprefix("made/"))
    assert named == set(content["volumes"])


def test_the_app_is_where_caddy_and_the_relay_look_for_it(tmp_path):
    made = tmp_path / "made"
    configure(written_env(tmp_path / ".env"), made)
    content = compose()
    address = content["services"]["app"]["networks"]["inside"]["ipv4_address"]
    (network,) = content["networks"]["inside"]["ipam"]["config"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(network["subnet"])
    assert f"allowed-peer-ip={address}\n" in (made / "turnserver.conf").read_text()
    port = variables(made / "app.env")["APP_LISTENS"].rpartition(":")[2]
    assert variables(made / "caddy.env")["APP_ADDRESS"] == f"app:{port}"
    assert f"EXPOSE {port}\n" in (DEPLOY / "Dockerfile").read_text()


def test_there_are_as_many_containers_of_the_app_as_processes_is_set_to(tmp_path):
    made, services = tmp_path / "made", compose()["services"]
    settings = (DEPLOY / "example.env").read_text("utf-8")
    profile = re.search(r"^COMPOSE_PROFILES=(.*)$", settings, re.MULTILINE)[1]
    for processes in range(1, 9):
        configure(written_env(tmp_path / ".env", PROCESSES=str(processes)), made)
        wanted = profile.replace("${PROCESSES}", str(processes))
        started = [
            name
            for name, service in services.items()
            if name.startswith("app") and wanted in service.get("profiles", [wanted])
        ]
        hosts = [
            each.partition(":")[0] for each in variables(made / "caddy.env")["APP_ADDRESS"].split()
        ]
        assert started == hosts
        addresses = [services[name]["networks"]["inside"]["ipv4_address"] for name in started]
        assert all(any(_lies_in(each, peers) for peers in _peers(made)) for each in addresses)
        numbers = [
            services[name].get("environment", {}).get("APP_PROCESS", "1") for name in started
        ]
        assert numbers == [str(each) for each in range(1, processes + 1)]


def _peers(made):
    relay = (made / "turnserver.conf").read_text()
    return re.findall(r"^allowed-peer-ip=(172\.31\.250\.\S+)$", relay, re.MULTILINE)


def _lies_in(address, peers):
    first, _, last = peers.partition("-")
    ip = ipaddress.ip_address
    return ip(first) <= ip(address) <= ip(last or first)


def test_the_folders_of_the_app_are_volumes_and_its_user_owns_them():
    mounts = {volume.split(":")[1] for volume in compose()["services"]["app"]["volumes"]}
    start = (DEPLOY / "start.py").read_text()
    owned = re.search(r"install -d -o emotion .* (/data /cache)$", _dockerfile(), re.MULTILINE)
    assert owned is not None
    for folder in owned[1].split():
        assert folder in mounts
        assert f'"{folder}"' in start
    assert "/etc/emotion/secrets.toml" in mounts
    assert 'SECRETS = "/etc/emotion/secrets.toml"' in start
    assert "/tmp" in mounts


def test_every_file_that_the_image_needs_is_let_into_its_build():
    let = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    assert let[0] == "*"
    for name in re.findall(r"^!(\S+)$", "\n".join(let), re.MULTILINE):
        assert (PROJECT / name).exists(), name
    for command in image_commands():
        assert (PROJECT / command[1]).is_file()
    # Nothing that somebody recorded or keeps secret.
    assert not any("secrets" in name or "made" in name or ".env" in name for name in let)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path):
    unit = tmp_path / "emotion-dashboard.service"
    text = (DEPLOY / "systemd" / unit.name).read_text()
    unit.write_text(text.replace("/opt/emotion/.venv/bin/python", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_names_the_ports_files_and_settings_that_there_are():
    example = (DEPLOY / "example.env").read_text("utf-8")
    # Those of the app itself are said where it reads them.
    for name in re.findall(r"`(?!EMOTION_)([A-Z_]{6,})[`=]", PAGE):
        assert f"\n{name}=" in example, name
    first, last = re.search(r"^RELAY_PORTS=(\d+)-(\d+)$", example, re.MULTILINE).groups()
    assert f"| {first} to {last} UDP |" in PAGE
    assert f"{first}:{last}/udp" in PAGE
    port = re.search(r"^TURN_PORT=(\d+)$", example, re.MULTILINE)[1]
    assert f"| {port} UDP and TCP |" in PAGE
    for path in re.findall(r"(?<!tests/)\bdeploy/[\w./-]+\w", PAGE):
        made = path.startswith("deploy/made") or path == "deploy/.env"
        assert made or (PROJECT / path).exists(), path
    image = compose()["services"]["caddy"]["image"]
    assert f"docker run --rm -it {image} caddy hash-password" in PAGE


def _dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text("utf-8")
