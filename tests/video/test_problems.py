"""What people are told when a network camera gives no video: each time what was really found."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import av
import pytest

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.video import demuxing, problems
from emotion_core.video.container import open_container
from emotion_core.video.problems import unreachable
from emotion_core.video.sources import NetworkCamera


@contextmanager
def machine_that_says(answer: bytes) -> Iterator[int]:
    """Answer whoever connects and says something, then hang up; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    try:
                        connection.recv(2000)
                        connection.sendall(answer)
                    except OSError:
                        pass

        thread = threading.Thread(target=run)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def told_of(address: str) -> str:
    """Return what is told of a camera that is tried again."""
    with pytest.raises(SourceLostError) as caught, closing(open_container(NetworkCamera(address))):
        pass
    return str(caught.value)


def told_after(error: Exception, seconds: float = 0.1) -> str:
    return str(unreachable(NetworkCamera("http://192.168.1.20/video"), error, seconds))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    for module in (demuxing, problems):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 2.0)


PAGE = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>hello</html>"
BEGINNING = "expected a video from {scheme}://127.0.0.1:{port}/video, found "


@pytest.mark.parametrize(
    ("scheme", "answer", "message"),
    [
        (
            "http",
            PAGE,
            "something else; give the address of the video itself, not that of the camera's web "
            "page",
        ),
        (
            "http",
            b"",
            "that 127.0.0.1, port {port} breaks off the connection; check whether the port is "
            "right, and whether the camera is busy with other viewers",
        ),
        (
            "rtsp",
            PAGE,
            "that 127.0.0.1, port {port} does not speak RTSP; check whether the port is right; "
            "some cameras have an http:// address instead",
        ),
        (
            "rtsp",
            b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n",
            "that it refuses (Server returned 404 Not Found); check whether the part of the "
            "address behind the host is right",
        ),
        (
            "https",
            PAGE,
            "no video behind an encrypted connection at 127.0.0.1, port {port}; if the camera "
            "does not encrypt, begin the address with http://",
        ),
        (
            "rtsps",
            PAGE,
            "no video behind an encrypted connection at 127.0.0.1, port {port}; if the camera "
            "does not encrypt, begin the address with rtsp://",
        ),
    ],
)
def test_a_machine_that_sends_no_video(scheme, answer, message):
    with machine_that_says(answer) as port:
        told = told_of(f"{scheme}://127.0.0.1:{port}/video")
    assert told == (BEGINNING + message).format(scheme=scheme, port=port)


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH])
def test_no_route(code):
    assert told_after(av.error.OSError(code, os.strerror(code))) == (
        "expected a video from http://192.168.1.20/video, found no way to 192.168.1.20 through "
        "the network; check whether the camera is on and in the same network"
    )


def test_a_firewall():
    told = unreachable(
        NetworkCamera("http://192.168.1.20/video"),
        av.error.PermissionError(errno.EPERM, "Operation not permitted"),
        0.1,
    )
    assert isinstance(told, SourceLostError)
    assert str(told) == (
        "expected a video from http://192.168.1.20/video, found that this machine does not let "
        "the app connect to 192.168.1.20; allow it in the firewall"
    )


def test_a_name_that_nobody_knows_even_if_it_took_long_to_ask(monkeypatch):
    def unknown(*_: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(problems.socket, "getaddrinfo", unknown)
    assert told_after(av.error.OSError(errno.EIO, "Input/output error"), 10.0) == (
        "expected a video from http://192.168.1.20/video, found no machine called 192.168.1.20; "
        "check whether the name is right, or use the camera's number address"
    )


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (av.error.TimeoutError(errno.ETIMEDOUT, "Connection timed out"), 0.1),
        (av.error.InvalidDataError(1094995529, "Invalid data found"), 2.0),
    ],
)
def test_no_answer(error, seconds):
    assert told_after(error, seconds) == (
        "expected a video from http://192.168.1.20/video, found no answer within 2 s; check "
        "whether the camera is on and in the same network"
    )


def test_nobody_at_that_port():
    assert told_after(av.error.ConnectionRefusedError(errno.ECONNREFUSED, "refused")) == (
        "expected a video from http://192.168.1.20/video, found nobody answering at 192.168.1.20, "
        "port 80; check whether the camera is on, and whether host and port are right"
    )


def test_a_wrong_password_ends_the_tries():
    told = unreachable(
        NetworkCamera("http://192.168.1.20/video"), av.HTTPUnauthorizedError(1, "401"), 0.1
    )
    assert not isinstance(told, SourceLostError)
    assert isinstance(told, SourceError)
    assert "it asks for another user name and password" in str(told)


def test_anything_else_is_named():
    assert told_after(av.error.ArgumentError(errno.EINVAL, "Invalid argument")) == (
        "expected a video from http://192.168.1.20/video, found none (Invalid argument); check "
        "whether the camera is on, and whether the address is right"
    )
