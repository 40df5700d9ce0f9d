"""Cameras that somebody names who may not reach everything: through a relay that judges."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from emotion_core.access.reach.rules import Reach
from emotion_core.errors import SourceError, SourceLostError
from emotion_core.video import apart
from emotion_core.video.apart import Decoder
from emotion_core.video.opening import open_source
from emotion_core.video.sources import NetworkCamera
from tests.source_videos import network_camera
from tests.video.rtsp_camera import rtsp_camera

NAMED = Reach.allowing(["camera.test"])
REFUSED = "expected an address of the Internet, or one that is allowed, found"


def resolve(monkeypatch: pytest.MonkeyPatch, meaning: Callable[[str], str]) -> None:
    """Let names mean what ``meaning`` returns; addresses mean themselves."""
    as_ever = socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: Any, **options: Any) -> list[tuple]:
        with contextlib.suppress(ValueError):
            return as_ever(str(ipaddress.ip_address(host)), *arguments, **options)
        return [(0, 0, 0, "", (meaning(host), 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture(autouse=True)
def looked_up(monkeypatch) -> list[str]:
    """Let every name mean this machine, and return those that were looked up."""
    asked: list[str] = []
    resolve(monkeypatch, lambda host: asked.append(host) or "127.0.0.1")
    return asked


class Inside:
    """A server of this machine that nobody from elsewhere is to reach.

    Attributes:
        port: its own.
        asked: what was asked of it.
        answer: gives status, headers and content for a path.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[str], tuple[int, dict[str, str], bytes]] = lambda _: (200, {}, b"")
        self.port = 0


@pytest.fixture
def inside() -> Iterator[Inside]:
    found = Inside()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            found.asked.append(self.path)
            status, headers, content = found.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def play(address: str, rule: Reach = NAMED) -> int:
    """Return how many pictures come before the camera ends."""
    count = 0
    camera = NetworkCamera(address, rule)
    with (
        Decoder() as decoder,
        open_source(camera, decoder) as video,
        contextlib.suppress(SourceLostError),  # as it ends
    ):
        for frame in video.frames():
            count += frame is not None
    return count


class TestHttp:
    def test_a_camera_that_is_allowed_by_its_name_plays(self, looked_up):
        with network_camera() as camera:
            assert play(camera.address.replace("127.0.0.1", "camera.test")) > 5
        assert set(looked_up) == {"camera.test"}

    @pytest.mark.parametrize("host", ["127.0.0.1", "other.test", "2130706433", "[::ffff:7f00:1]"])
    def test_one_that_is_not_is_never_connected_to(self, inside, host):
        with pytest.raises(SourceError, match=REFUSED) as caught:
            play(f"http://{host}:{inside.port}/video")
        assert not isinstance(caught.value, SourceLostError)
        assert inside.asked == []

    @pytest.mark.parametrize("address", ["http://169.254.169.254/", "https://[fe80::1]/x.mp4"])
    def test_nor_is_what_clouds_keep_their_secrets_at(self, address):
        with pytest.raises(SourceError, match="of this machine's own link"):
            play(address)

    def test_a_redirect_is_judged_like_the_first_address(self, inside):
        elsewhere = f"http://127.0.0.1:{inside.port}/secret"
        inside.answer = lambda _: (302, {"Location": elsewhere}, b"")
        with pytest.raises(SourceError, match=f"{REFUSED} 127.0.0.1"):
            play(f"http://camera.test:{inside.port}/video")
        assert inside.asked == ["/video"]

    def test_a_redirect_to_what_is_allowed_is_followed(self, inside):
        with network_camera() as camera:
            moved = camera.address.replace("127.0.0.1", "camera.test")
            inside.answer = lambda _: (302, {"Location": moved}, b"")
            assert play(f"http://camera.test:{inside.port}/old") > 5

    def test_a_name_that_changes_its_meaning_is_judged_each_time(self, monkeypatch, inside):
        answers = ["127.0.0.1", "169.254.169.254", "127.0.0.1"]
        resolve(monkeypatch, lambda _: answers.pop(0))
        rule = Reach.allowing(["127.0.0.1"])
        with pytest.raises(SourceLostError, match="expected a video from"):  # one without pictures
            play(f"http://rebinding.test:{inside.port}/1", rule)
        with pytest.raises(SourceError, match="of this machine's own link"):
            play(f"http://rebinding.test:{inside.port}/2", rule)
        assert inside.asked == ["/1"]

    @pytest.mark.parametrize(
        "named",
        ["http://127.0.0.1:{port}/secret", "file:///etc/passwd", "rtsp://127.0.0.1:{port}/secret"],
    )
    @pytest.mark.parametrize(
        "playlist",
        [
            "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{named}\n#EXT-X-ENDLIST\n",
            "ffconcat version 1.0\nfile '{named}'\n",
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
            'mediaPresentationDuration="PT5S"><Period><AdaptationSet mimeType="video/mp4">'
            '<Representation id="1" bandwidth="1"><BaseURL>{named}</BaseURL></Representation>'
            "</AdaptationSet></Period></MPD>",
        ],
    )
    def test_a_playlist_leads_nowhere(self, inside, playlist, named):
        told = playlist.format(named=named.format(port=inside.port)).encode()
        inside.answer = lambda path: (200, {}, told if path != "/secret" else b"secret")
        with pytest.raises(SourceError, match="expected a video from"):
            play(f"http://camera.test:{inside.port}/list.m3u8")
        assert set(inside.asked) == {"/list.m3u8"}

    def test_what_is_wrong_is_told_as_ever(self, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(SourceLostError, match=f"nobody answering at camera.test, port {port}"):
            play(f"http://camera.test:{port}/video")

        def unknown(_: str) -> str:
            raise socket.gaierror(-2, "Name or service not known")

        resolve(monkeypatch, unknown)
        with pytest.raises(SourceLostError, match=r"no machine called camera\.test"):
            play("https://camera.test/video")


class TestRtsp:
    def test_a_camera_plays(self):
        with rtsp_camera() as camera:
            assert play(camera.address.replace("127.0.0.1", "camera.test")) > 5

    def test_one_that_is_not_allowed_is_never_connected_to(self):
        with rtsp_camera() as camera:
            with pytest.raises(SourceError, match=f"{REFUSED} 127.0.0.1"):
                play(camera.address)
            assert camera.asked == []

    @pytest.mark.parametrize(
        "header", [b"Location: %s", b"LOCATION:%s", b"Lo\rcation: %s", b"Location\r: %s"]
    )
    def test_it_sends_nobody_on(self, header):
        with rtsp_camera() as camera, rtsp_camera() as secret:
            moved = header % secret.address.encode()
            camera.redirect = b"RTSP/1.0 302 Found\r\nCSEQ\r\n" + moved + b"\r\n\r\n"
            with pytest.raises(SourceError, match="found one that sends on to another address"):
                play(camera.address.replace("127.0.0.1", "camera.test"))
            assert secret.asked == []

    def test_without_a_rule_it_is_connected_to_as_ever(self):
        with (
            rtsp_camera() as camera,
            Decoder() as decoder,
            open_source(NetworkCamera(camera.address), decoder) as video,
        ):
            assert next(frame for frame in video.frames() if frame is not None).width == 320


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has Landlock")
def test_the_decoder_itself_reaches_the_relay_alone(monkeypatch, inside):
    """Where the system can hold it to that: whoever took it over would reach nothing more."""
    monkeypatch.setattr(apart, "_WORKER", "tests.video.reaching_worker")
    camera = NetworkCamera(f"http://camera.test:{inside.port}/", NAMED)
    with (
        Decoder() as decoder,
        pytest.raises(SourceError) as caught,
        open_source(camera, decoder),
    ):
        pass
    if "cannot" in str(caught.value):
        pytest.skip("this kernel has no Landlock for the network")
    assert str(caught.value) == "relay reached, the other refused, UDP refused"


@contextlib.contextmanager
def encrypted(port: int, folder: Path) -> Iterator[int]:
    """Serve what is at a port with encryption at another one, with a certificate of nobody's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "camera.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = socket.create_server(("127.0.0.1", 0))
    copying: list[threading.Thread] = []
    opened: list[socket.socket] = []

    def copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client = context.wrap_socket(server.accept()[0], server_side=True)
                inner = socket.create_connection(("127.0.0.1", port))
                opened.extend((client, inner))
                for way in ((client, inner), (inner, client)):
                    copying.append(threading.Thread(target=copy, args=way, daemon=True))
                    copying[-1].start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()
    for each in copying:
        each.join()
    for each in opened:
        each.close()


def test_what_is_encrypted_plays_too(tmp_path):
    with network_camera() as camera, encrypted(urlsplit(camera.address).port, tmp_path) as port:
        assert play(f"https://camera.test:{port}/video") > 5
        with pytest.raises(SourceError, match=REFUSED):
            play(f"https://other.test:{port}/video")
    with rtsp_camera() as camera, encrypted(camera.port, tmp_path) as port:
        assert play(f"rtsps://camera.test:{port}/live") > 5
        assert camera.asked
