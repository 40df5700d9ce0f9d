"""Hostile videos: small files that claim, or hold, far more than a video should."""

from __future__ import annotations

import io
import itertools
import os
import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import Image

from emotion_core.video.apart import Decoder
from emotion_core.video.opening import open_source
from emotion_core.video.sources import VideoFile
from tests.hostile.cases import Case

TOO_LARGE = (
    r"expected frames of at most 9 megapixels \(4K\), found {0} x {0} in film\S*; reduce it first, "
    r"for example with ffmpeg -i FILE -vf scale=1280:-2 small\.mp4"
)
NO_VIDEO = "expected a video such as MP4, MOV, MKV, WebM or AVI, found something else"
NO_FILE = "expected a video file, found a pipe or a device at"


def play(path: Path) -> list[int]:
    """Return the number of frames, at most 100, and the size of the last one."""
    count, width, height = 0, 0, 0
    with Decoder() as decoder, open_source(VideoFile.at(path), decoder) as video:
        for frame in itertools.islice(video.frames(), 1000):
            if frame is not None:
                count, width, height = count + 1, frame.width, frame.height
    return [count, width, height]


def file(name: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content())
        return path

    return make


def film(
    kind: str, codec: str, width: int = 64, height: int = 64, count: int = 5, **options: str
) -> bytes:
    """Return a grey film."""
    packed = io.BytesIO()
    with av.open(packed, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=10, options=options)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        frame = av.VideoFrame(width, height, stream.pix_fmt)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for number in range(count):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return packed.getvalue()


def replaced(content: bytes, before: bytes, packed: bytes, offset: int = 0) -> bytes:
    """Return a film with other bytes at ``offset`` behind each ``before``."""
    changed = bytearray(content)
    place = changed.find(before)
    while place >= 0:
        place += len(before) + offset
        changed[place : place + len(packed)] = packed
        place = changed.find(before, place + len(packed))
    return bytes(changed)


def vp8(side: int) -> bytes:
    sides = struct.pack("<HH", side, side)
    return replaced(film("webm", "libvpx"), b"\x9d\x01\x2a", sides)


def growing(side: int) -> bytes:
    """Return a film whose frames are large after the first ones."""
    small, large = film("mpegts", "mpeg2video"), film("mpegts", "mpeg2video", side, side, 2)
    return small + large


def gif(width: int, height: int) -> bytes:
    packed = io.BytesIO()
    frames = [Image.new("L", (64, 64), shade) for shade in (0, 9, 99)]
    frames[0].save(packed, "GIF", save_all=True, append_images=frames[1:])
    return packed.getvalue()[:6] + struct.pack("<HH", width, height) + packed.getvalue()[10:]


def mp4_box(kind: bytes, packed: bytes, offset: int = 0) -> bytes:
    return replaced(film("mp4", "mpeg4"), kind, packed, offset)


def many_streams() -> bytes:
    packed = io.BytesIO()
    with av.open(packed, "w", format="matroska") as container:
        streams = []
        for _ in range(120):
            stream = container.add_stream("mpeg4", rate=10)
            stream.width = stream.height = 64
            streams.append(stream)
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.pts = 0
        for stream in streams:
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return packed.getvalue()


def pipe(folder: Path) -> Path:
    path = folder / "film.mp4"
    os.mkfifo(path)
    return path


def zeros_without_end(folder: Path) -> Path:
    path = folder / "film.mp4"
    path.symlink_to("/dev/zero")
    return path


CASES = {
    "a good one": Case(file("film.mp4", lambda: film("mp4", "mpeg4")), play, answer=[5, 64, 64]),
    "H.264 of 8192 x 8192": Case(
        file(
            "film.mp4",
            lambda: film("mp4", "libx264", 8192, 8192, 1, preset="ultrafast", tune="zerolatency"),
        ),
        play,
        TOO_LARGE.format(8192),
    ),
    "VP8 of 16383 x 16383": Case(
        file("film.webm", lambda: vp8(16383)), play, "expected (frames of at most|a video, found)"
    ),
    "MPEG-2 of 4080 x 4080": Case(
        file("film.mpg", lambda: film("mpeg", "mpeg2video", 4080, 4080, 2)),
        play,
        TOO_LARGE.format(4080),
    ),
    "frames that grow": Case(
        file("film.ts", lambda: growing(4080)),
        play,
        answer=[4, 64, 64],
    ),
    "GIF of 65535 x 65535": Case(
        file("film.gif", lambda: gif(65535, 65535)),
        play,
        "expected a video, found no picture in film.gif that can be decoded",
    ),
    "GIF of 65535 x 1": Case(file("film.gif", lambda: gif(65535, 1)), play, answer=[3, 1280, 2]),
    "GIF of no size": Case(file("film.gif", lambda: gif(0, 0)), play, "expected"),
    "Motion JPEG of 65500 x 65500": Case(
        file(
            "film.avi",
            lambda: replaced(
                film("avi", "mjpeg"), b"\xff\xc0", struct.pack(">HH", 65500, 65500), 3
            ),
        ),
        play,
        "expected a video, found no picture in film.avi that can be decoded",
    ),
    "MP4 with 2^31 sizes of frames": Case(
        file("film.mp4", lambda: mp4_box(b"stsz", b"\x7f\xff\xff\xff", 8)), play, "expected"
    ),
    "MP4 with 2^31 times of frames": Case(
        file("film.mp4", lambda: mp4_box(b"stts", b"\x7f\xff\xff\xff", 4)),
        play,
        NO_VIDEO,
    ),
    "MP4 whose frames last for ever": Case(
        file("film.mp4", lambda: mp4_box(b"stts", b"\x7f\xff\xff\xff", 12)),
        play,
        answer=[1, 64, 64],
    ),
    "MP4 with a box in itself": Case(
        file("film.mp4", lambda: mp4_box(b"trak", b"\0\0\0\x08trak" * 4)), play, "expected"
    ),
    "MP4 without its end": Case(
        file("film.mp4", lambda: film("mp4", "mpeg4")[:-200]),
        play,
        "expected a video, found no picture in film.mp4; record or export it again",
    ),
    "120 films in one": Case(file("film.mkv", many_streams), play, answer=[1, 64, 64]),
    "a list of other files": Case(
        file("film.mp4", lambda: b"ffconcat version 1.0\nfile /etc/passwd\n"), play, NO_VIDEO
    ),
    "a list of addresses": Case(
        file("film.mp4", lambda: b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n"),
        play,
        NO_VIDEO,
    ),
    "nothing": Case(file("film.mp4", bytes), play, NO_VIDEO),
    "zeros": Case(file("film.mp4", lambda: bytes(900_000)), play, NO_VIDEO),
    "beginnings of MPEG": Case(
        file("film.mpg", lambda: b"\0\0\1\xba" * 200_000), play, "expected a video"
    ),
    "beginnings of a transport stream": Case(
        file("film.ts", lambda: (b"\x47" + bytes(187)) * 4_000), play, "expected a video"
    ),
    "a pipe": Case(pipe, play, NO_FILE),
    "a link to /dev/zero": Case(zeros_without_end, play, NO_FILE),
}


@pytest.mark.parametrize("name", CASES)
def test_ends_well(name, host, tmp_path):
    if name.startswith("H.264") and "libx264" not in av.codecs_available:
        pytest.skip("this FFmpeg encodes no H.264")
    host.check(name, tmp_path)
