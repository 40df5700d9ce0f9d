"""TURN over TLS at the port of the pages: who gets where, and with which certificate."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from emotion_core.live.connection.check import check_servers
from emotion_core.live.connection.servers import read_ice_settings
from tests.coturn import host_for_tests
from tests.deploy.commands import DEPLOY, Command, compose
from tests.deploy.serving import Served, configure, running, served, written_env


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with served(folder, way="systemd", turn_tls=True) as found:
        yield found


def certificate_of(found: Served, name: str, port: int | None = None) -> bytes:
    """Return the certificate that is shown to whoever asks for a name; it has to be the CA's."""
    authority = found.folder / "certificates/caddy/pki/authorities/local/root.crt"
    trusting = ssl.create_default_context(cafile=str(authority))
    address = (host_for_tests(), port or urlsplit(found.url).port)
    plain = socket.create_connection(address, timeout=20)
    with trusting.wrap_socket(plain, server_hostname=name) as secured:
        certificate = secured.getpeercert(binary_form=True)
    assert certificate is not None
    return certificate


def relay_port(found: Served) -> int:
    text = (found.folder / "made" / "turnserver.conf").read_text("utf-8")
    return int(re.search(r"^tls-listening-port=(\d+)$", text, re.MULTILINE)[1])


def test_pages_have_their_own_name_there_and_the_relay_another(found):
    assert found.get("")[0] == 401  # Caddy asks who it is
    shown = certificate_of(found, "turn.test")
    assert shown != certificate_of(found, "faces.test")
    assert shown == certificate_of(found, "turn.test", relay_port(found))


def test_the_app_finds_that_it_relays_by_that_name(found, monkeypatch):
    settings = read_ice_settings(found.folder / "made" / "secrets.toml")
    here = ipaddress.ip_address(host_for_tests())
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda name, *more, **options: look_up(
            str(here) if name == "turn.test" else name, *more, **options
        ),
    )
    authority = found.folder / "certificates/caddy/pki/authorities/local/root.crt"
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    last = check_servers(settings)[-1]
    assert last.url == f"turns:turn.test:{urlsplit(found.url).port}?transport=tcp"
    assert (last.works, last.finding) == (True, f"relays through {here}")


def test_who_speaks_no_tls_gets_nothing_there(found):
    address = (host_for_tests(), urlsplit(found.url).port)
    with socket.create_connection(address, timeout=20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: faces.test\r\n\r\n")
        with suppress(ConnectionResetError):
            assert plain.recv(100) == b""


def test_a_renewed_certificate_is_shown_without_a_restart(found):
    folder = found.folder / "certificates/caddy/certificates/local/turn.test"
    before = certificate_of(found, "turn.test")
    # As Caddy has it, of the same authority: what it made for the pages' name stands in.
    other = found.folder / "certificates/caddy/certificates/local/faces.test"
    process = found.processes["coturn"].pid
    kept = {path.suffix: path.read_bytes() for path in folder.iterdir()}
    try:
        for ending in (".crt", ".key"):
            shutil.copy(other / f"faces.test{ending}", folder / f"turn.test{ending}")
        expected = certificate_of(found, "faces.test")
        deadline = time.monotonic() + 60
        while (shown := shown_by(found)) == before and time.monotonic() < deadline:
            time.sleep(0.2)
        assert shown == expected
        assert found.processes["coturn"].poll() is None
        assert found.processes["coturn"].pid == process
    finally:
        for ending, content in kept.items():
            (folder / f"turn.test{ending}").write_bytes(content)


def shown_by(found: Served) -> bytes | None:
    """Return the relay's certificate, whatever name is in it."""
    trusting = ssl._create_unverified_context()
    plain = socket.create_connection((host_for_tests(), relay_port(found)), timeout=20)
    with trusting.wrap_socket(plain, server_hostname="turn.test") as secured:
        return secured.getpeercert(binary_form=True)


def test_without_a_certificate_the_relay_relays_all_the_same_and_says_what_it_waits_for(tmp_path):
    if shutil.which("turnserver") is None:
        pytest.skip("needs coturn; on Debian and Ubuntu: apt-get install coturn")
    # A turnserver that only says how it was called: it ends like one that is told to.
    called = tmp_path / "turnserver"
    called.write_text('#!/bin/sh\necho "called with $*"\nexec sleep 300\n')
    called.chmod(0o755)
    store, copy = tmp_path / "store", tmp_path / "copy"
    copy.mkdir()
    words = ["sh", str(DEPLOY / "relay.sh"), "turnserver.conf", str(store), str(copy)]
    variables = {"CERTIFICATE_NAME": "turn.test", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with running(Command(words, variables), tmp_path / "log") as process:
        wait_for(tmp_path / "log", "called with -c turnserver.conf\n")
        told = "no TURN over TLS yet: Caddy has no certificate for turn.test, its log says why"
        assert told in (tmp_path / "log").read_text()
        # It comes: the relay ends, to be started again with it.
        folder = store / "local" / "turn.test"
        folder.mkdir(parents=True)
        for ending in ("crt", "key", "json"):
            (folder / f"turn.test.{ending}").write_text(ending)
        assert process.wait(60) != 0
    with running(Command(words, variables), tmp_path / "log") as process:
        asked = f"called with -c turnserver.conf --cert {copy}/certificate --pkey {copy}/key\n"
        wait_for(tmp_path / "log", asked)
        process.terminate()
        assert process.wait(20) == 0
    assert (copy / "key").stat().st_mode & 0o077 == 0


def wait_for(log: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_compose_lets_haproxy_have_the_port_and_finds_caddy_behind_it(tmp_path):
    made = tmp_path / "made"
    env = written_env(tmp_path / ".env", TURN_TLS_NAME="turn.faces.example.org")
    assert configure(env, made).returncode == 0
    usual, services = compose()["services"], compose("compose.tls.yaml")["services"]
    assert services["haproxy"]["ports"] == ["443:443"]
    assert services["caddy"]["ports"] == ["80:80"]
    sorter = (made / "haproxy.cfg").read_text("utf-8")
    caddy = services["caddy"]["networks"]["inside"]["ipv4_address"]
    assert f"server caddy {caddy}:443\n" in sorter
    assert caddy != usual["app"]["networks"]["inside"]["ipv4_address"]
    assert "bind :443\n" in sorter
    assert "server coturn 10.0.0.5:5349\n" in sorter
    assert "tls-listening-port=5349\n" in (made / "turnserver.conf").read_text("utf-8")
    for name in ("read_only", "cap_drop", "security_opt", "restart"):
        assert services["haproxy"][name] == usual["coturn"][name]
    for volume in (*services["haproxy"]["volumes"], *services["coturn"]["volumes"]):
        source = volume.split(":")[0]
        assert volume.endswith(":ro")
        place = made / source[7:] if source.startswith("./made/") else DEPLOY / source
        assert place.is_file() or source in compose()["volumes"], volume


def test_the_name_for_tls_is_another_one(tmp_path):
    env = written_env(tmp_path / ".env", TURN_TLS_NAME="faces.example.org")
    done = configure(env, tmp_path / "made")
    assert done.returncode == 2
    assert (
        "TURN_TLS_NAME: expected another name than DOMAIN, as pages and video are told apart by it,"
        " found faces.example.org twice; make a DNS entry such as turn.faces.example.org"
    ) in done.stderr


def test_systemd_reads_its_lines_after_those_without_tls():
    page = (DEPLOY.parent / "docs" / "deployment.md").read_text("utf-8")
    places = dict(
        re.findall(r"deploy/systemd/(coturn\S*) /etc/systemd/system/coturn.\S*/(\S+)", page)
    )
    assert set(places) == {"coturn.conf", "coturn-tls.conf"}
    assert places["coturn.conf"] < places["coturn-tls.conf"]  # by the alphabet
    for name, place in places.items():
        told = (DEPLOY / "systemd" / name).read_text("utf-8").splitlines()[0]
        assert told.startswith(f"# /etc/systemd/system/coturn.service.d/{place}")
