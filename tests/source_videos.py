"""Videos to play in tests, and a camera on the network."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
from av.stream import Disposition

RATE = 20
SIZE = (320, 240)


def shade(index: int) -> int:
    """Return how bright picture number ``index`` of a test video is."""
    return 20 + 4 * (index % 50)


def gray_picture(brightness: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full((size[1], size[0], 3), brightness, np.uint8)


def write_video(
    path: Path, frames: int = 20, *, size: tuple[int, int] = SIZE, **options: str
) -> Path:
    """Write so many grey pictures, each brighter than the one before, at `RATE` a second."""
    images = (gray_picture(shade(index), size) for index in range(frames))
    return write_film(path, images, size=size, **options)


def write_film(
    path: Path, images: Iterable[np.ndarray], *, size: tuple[int, int] = SIZE, **options: str
) -> Path:
    """Write BGR pictures of one size at `RATE` a second."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def write_sound(path: Path, film: int = 0) -> Path:
    """Write a second of silence with a cover, and so many pictures of a film after it."""
    with av.open(str(path), "w", format="mp4") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        sound = container.add_stream("aac", rate=16_000)
        stream = container.add_stream("mpeg4", rate=RATE) if film else None
        if stream is not None:
            stream.width, stream.height = SIZE
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.float32), "fltp", "mono")
        silence.sample_rate = 16_000
        frame = av.VideoFrame.from_ndarray(gray_picture(200, (64, 64)), format="bgr24")
        container.mux([*cover.encode(frame), *cover.encode()])
        container.mux([*sound.encode(silence), *sound.encode()])
        if stream is not None:
            for index in range(film):
                picture = av.VideoFrame.from_ndarray(gray_picture(shade(index)), format="bgr24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
    return path


def turn_video(path: Path, a: int = 0, b: int = 1, c: int = -1, d: int = 0) -> Path:
    """Mark an MP4 to be shown with each point (x, y) at (a * x + c * y, b * x + d * y).

    Without more, it is filmed with the phone held upright: to be turned clockwise by a quarter.
    """
    content = bytearray(path.read_bytes())
    # The matrix of the track's header, version 0, as 16.16 and, in its last column, 2.30 numbers.
    matrix = content.index(b"tkhd") + 4 + 4 + 20 + 16
    one = 1 << 16
    struct.pack_into(
        ">9i", content, matrix, a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30
    )
    path.write_bytes(content)
    return path


class Camera:
    """What a network camera does; tests change it while it runs.

    Attributes:
        address: Where its stream is.
        pictures: What it sends to each viewer before it ends the stream, BGR.
        viewers: How many have come so far.
        then: What it does after its last picture.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.pictures = [gray_picture(shade(index)) for index in range(10)]
        self.viewers = 0
        self.then: Callable[[], None] = lambda: None


@contextmanager
def network_camera(files: Path | None = None) -> Iterator[Camera]:
    """Serve a camera's stream of JPEG pictures at /video, an error at /401, and files."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            try:
                if self.path.startswith("/video"):
                    self.stream()
                elif self.path[1:].isdecimal():
                    self.send_error(int(self.path[1:]))
                else:
                    self.send_file()
            except ConnectionError:
                pass  # the viewer has gone

        def stream(self) -> None:
            camera.viewers += 1
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
            self.end_headers()
            for picture in camera.pictures:
                jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
                head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
                self.wfile.write(head.encode() + b"\r\n\r\n" + jpeg + b"\r\n")
                time.sleep(1 / RATE)
            camera.then()

        def send_file(self) -> None:
            content = (
                b"<html>hello</html>" if files is None else (files / self.path[1:]).read_bytes()
            )
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        camera = Camera(f"http://127.0.0.1:{server.server_port}/video")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield camera
        finally:
            server.shutdown()
            thread.join()
