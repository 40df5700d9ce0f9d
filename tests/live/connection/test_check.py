from __future__ import annotations

import datetime
import ipaddress
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aioice import stun
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from emotion_core.live.connection.check import ServerCheck, check_servers, misplaced_relay
from emotion_core.live.connection.servers import IceSettings
from emotion_core.system.storage.folders import PROJECT
from tests.coturn import SECRET, Coturn, host_for_tests, running_coturn


@pytest.fixture(scope="module")
def coturn(tmp_path_factory) -> Iterator[Coturn]:
    options = ("--use-auth-secret", f"--static-auth-secret={SECRET}")
    with running_coturn(tmp_path_factory.mktemp("coturn"), *options) as server:
        yield server


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the address of a UDP socket that never answers."""
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """Give an address where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def with_secret(*turn: str, secret: str = SECRET) -> IceSettings:
    return IceSettings(turn=turn, turn_shared_secret=secret)


def test_nothing_to_ask():
    assert check_servers(IceSettings()) == ()


def test_a_real_server_relays(coturn):
    urls = (f"turn:{coturn.address}", f"turn:{coturn.address}?transport=tcp")
    relays = f"relays through {coturn.host}"
    assert check_servers(with_secret(*urls)) == tuple(
        ServerCheck(url, True, relays) for url in urls
    )


def test_a_real_server_tells_the_address(coturn):
    url = f"stun:{coturn.address}"
    sees = f"sees this machine as {coturn.host}"
    assert check_servers(IceSettings(stun=(url,))) == (ServerCheck(url, True, sees),)


def test_a_wrong_secret(coturn):
    (check,) = check_servers(with_secret(f"turn:{coturn.address}", secret="other"))
    assert not check.works
    assert check.finding == (
        "refused (401 Unauthorized): turn_shared_secret must be the static-auth-secret of "
        "turnserver.conf, which also needs use-auth-secret; and both clocks must be right"
    )


def test_credentials_that_ran_out(coturn, monkeypatch):
    monkeypatch.setattr("emotion_core.live.connection.check.time.time", lambda: 1_000_000_000.0)
    (check,) = check_servers(with_secret(f"turn:{coturn.address}"))
    assert check.finding.startswith("refused (401 Unauthorized)")


def test_fixed_credentials(tmp_path):
    with running_coturn(tmp_path, "--lt-cred-mech", "--user=me:hush") as coturn:
        turn = (f"turn:{coturn.address}",)
        right = IceSettings(turn=turn, turn_username="me", turn_password="hush")
        wrong = IceSettings(turn=turn, turn_username="me", turn_password="hash")
        assert [check.works for check in check_servers(right)] == [True]
        (check,) = check_servers(wrong)
    assert not check.works
    assert check.finding == (
        "refused (401 Unauthorized): turn_username and turn_password must be those in "
        "turnserver.conf (user=name:password)"
    )


def test_no_answer(silent):
    settings = IceSettings(
        stun=(f"stun:{silent}",), turn=(f"turn:{silent}",), turn_shared_secret=SECRET
    )
    port = silent.split(":")[1]
    for check in check_servers(settings, timeout=1):
        assert not check.works
        assert check.finding == (
            "gave no answer within 1 s: check its address, whether it runs, and whether a "
            f"firewall lets UDP to port {port} through"
        )


def test_nothing_listens(closed):
    (check,) = check_servers(with_secret(f"turn:{closed}?transport=tcp"))
    assert not check.works
    assert check.finding == (
        f"does not listen on TCP port {closed.split(':')[1]}: check the address, and whether "
        "the server runs"
    )


def write_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Write a certificate for the IP address ``host``, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "coturn")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def test_a_certificate_counts_only_if_somebody_known_signed_it(tmp_path, monkeypatch):
    certificate, key = write_certificate(tmp_path, host_for_tests())
    options = ("--use-auth-secret", f"--static-auth-secret={SECRET}")
    options += (f"--cert={certificate}", f"--pkey={key}")
    with running_coturn(tmp_path, *options) as coturn:
        settings = with_secret(f"turns:{coturn.address}")
        (unknown,) = check_servers(settings)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        (known,) = check_servers(settings)
    assert not unknown.works
    assert unknown.finding == (
        "has no valid certificate (self-signed certificate): renew it, or correct the name"
    )
    assert known.works
    assert known.finding == f"relays through {coturn.host}"


def test_the_configuration_in_the_guide_works(tmp_path):
    """All of it but what belongs to one machine: addresses, ports and certificate."""
    guide = (PROJECT / "docs" / "connection.md").read_text("utf-8")
    (block,) = re.findall("```conf\n(.*?)```", guide, re.DOTALL)
    lines = [line.split("#")[0].strip() for line in block.splitlines()]
    own = ("listening-port", "tls-listening-port", "external-ip", "cert", "pkey")
    own += ("min-port", "max-port", "allowed-peer-ip")
    options = [f"--{line}" for line in lines if line and line.split("=")[0] not in own]
    (secret,) = re.findall("static-auth-secret=(.*)", "\n".join(lines))
    with running_coturn(tmp_path, *options) as coturn:
        (check,) = check_servers(with_secret(f"turn:{coturn.address}", secret=secret))
        log = coturn.log.read_text()
    assert check.works, check.finding
    assert "Bad configuration" not in log
    assert "unrecognized option" not in log


def test_no_tls():
    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"plain text, no TLS")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        (check,) = check_servers(with_secret(f"turns:127.0.0.1:{port}"))
        thread.join()
    assert not check.works
    assert check.finding.startswith(f"speaks no TLS on port {port} (")
    assert check.finding.endswith("): set cert and pkey there")


def test_an_unknown_name(monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    (check,) = check_servers(with_secret("turn:nowhere.invalid"))
    assert not check.works
    assert check.finding == "has a host name that cannot be found: check the spelling"


def test_a_stun_server_that_refuses():
    """After a datagram that is no STUN at all, which is passed over."""

    def answer(server: socket.socket) -> None:
        data, client = server.recvfrom(2000)
        request = stun.parse_message(data)
        refusal = stun.Message(request.message_method, stun.Class.ERROR, request.transaction_id)
        refusal.attributes["ERROR-CODE"] = (400, "Bad Request")
        server.sendto(b"hello", client)
        server.sendto(bytes(refusal), client)

    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        url = f"stun:127.0.0.1:{server.getsockname()[1]}"
        (check,) = check_servers(IceSettings(stun=(url,)))
        thread.join()
    assert check == ServerCheck(url, False, "refused (400 Bad Request): its log says why")


@pytest.mark.parametrize(
    ("relay", "server", "wrong"),
    [
        ("10.0.0.5", "8.8.8.8", True),
        ("127.0.0.1", "8.8.8.8", True),
        ("8.8.8.8", "8.8.8.8", False),
        ("10.0.0.5", "10.0.0.5", False),  # all of it within one network
        ("127.0.0.1", "127.0.0.1", False),
    ],
)
def test_a_relay_behind_nat_that_does_not_know_it(relay, server, wrong):
    problem = misplaced_relay(relay, server)
    assert bool(problem) is wrong
    assert not wrong or problem == (
        f"relays through {relay}, which nobody outside its network can reach; "
        f"set external-ip={server} in turnserver.conf"
    )
