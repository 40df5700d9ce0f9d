"""A camera that speaks RTSP: one stream, over the connection that it is asked on."""

from __future__ import annotations

import io
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import av

from tests.source_videos import RATE, SIZE, gray_picture, shade

_SDP = (
    b"v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:stream\r\n"
)
# As many packets of 188 bytes as go into one of RTP.
_PIECE = 7 * 188


class RtspCamera:
    """What it does; tests change it.

    Attributes:
        address: where its stream is.
        redirect: an answer to DESCRIBE in place of the stream's; b"" for none.
        asked: the first line of each request.
    """

    def __init__(self, port: int) -> None:
        self.address = f"rtsp://127.0.0.1:{port}/live"
        self.port = port
        self.redirect = b""
        self.asked: list[str] = []


@contextmanager
def rtsp_camera() -> Iterator[RtspCamera]:
    """Serve a second of video to each who asks."""
    server = socket.create_server(("127.0.0.1", 0))
    camera = RtspCamera(server.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_serve, args=(camera, client), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield camera
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def _serve(camera: RtspCamera, client: socket.socket) -> None:
    with client, client.makefile("rb") as lines:
        try:
            while head := _head(lines):
                camera.asked.append(head[0])
                number = next(line for line in head if line.lower().startswith("cseq"))
                method = head[0].split(" ")[0]
                if method == "DESCRIBE" and camera.redirect:
                    client.sendall(camera.redirect.replace(b"CSEQ", number.encode()))
                    continue
                _answer(client, method, number)
                if method == "PLAY":
                    _play(client)
        except (OSError, StopIteration):
            pass


def _head(lines: io.BufferedReader) -> list[str]:
    head = []
    for line in iter(lines.readline, b"\r\n"):
        if not line:
            return []
        head.append(line.decode().strip())
    return head


def _answer(client: socket.socket, method: str, number: str) -> None:
    more, body = "", b""
    if method == "OPTIONS":
        more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
    elif method == "DESCRIBE":
        body = _SDP
        more = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
    elif method == "SETUP":
        more = "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
    elif method == "PLAY":
        more = "Session: 1\r\n"
    client.sendall(f"RTSP/1.0 200 OK\r\n{number}\r\n{more}\r\n".encode() + body)


def _play(client: socket.socket) -> None:
    content = _film()
    for place in range(0, len(content), _PIECE):
        piece = content[place : place + _PIECE]
        header = struct.pack(">BBHII", 0x80, 33, place // _PIECE, place * 30, 1)
        packet = header + piece
        client.sendall(b"$" + struct.pack(">BH", 0, len(packet)) + packet)
        time.sleep(0.002)
    client.shutdown(socket.SHUT_WR)


def _film() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for index in range(RATE * 2):
            picture = av.VideoFrame.from_ndarray(gray_picture(shade(index)), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return file.getvalue()
