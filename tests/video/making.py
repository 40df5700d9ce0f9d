"""Small films of every kind, by the encoders that PyAV brings, of a picture that tells all it must.

Its quarters are red, green, blue and grey, so that it shows which way it stands and whether its
colours are right; how bright the grey is, from one picture to the next, says which one it is.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

RATE = 20
SIZE = (96, 64)
FRAMES = 6

#: What red, green and blue weigh in luma: ITU-R BT.601 and BT.709.
WEIGHTS = {"601": (0.299, 0.114), "709": (0.2126, 0.0722)}
_NUMBERS = {"601": 6, "709": 1}  # ISO/IEC 23091-2, matrix coefficients

RED, GREEN, BLUE = (200, 60, 60), (60, 170, 60), (70, 80, 190)


def gray_of(index: int) -> int:
    """Return how bright the last quarter of picture number ``index`` is."""
    return 40 + 15 * index


def picture(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return a picture, RGB uint8 ``[H, W, 3]``."""
    width, height = size
    image = np.empty((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = RED
    image[: height // 2, width // 2 :] = GREEN
    image[height // 2 :, : width // 2] = BLUE
    image[height // 2 :, width // 2 :] = gray_of(index)
    return image


def encoded(image: np.ndarray, standard: str = "601", *, full: bool = False) -> np.ndarray:
    """Return Y'CbCr of 8 bits, uint8 ``[3, H, W]``, by the formula and not by any library."""
    red, green, blue = np.moveaxis(image / 255, -1, 0)
    of_red, of_blue = WEIGHTS[standard]
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    chroma = ((blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red))
    low, span, chroma_span = (0, 255, 255) if full else (16, 219, 224)
    planes = [low + span * luma, *(128 + chroma_span * each for each in chroma)]
    return np.stack([np.clip(np.rint(plane), 0, 255) for plane in planes]).astype(np.uint8)


def frame_of(
    image: np.ndarray, pixels: str, standard: str = "601", *, full: bool = False
) -> av.VideoFrame:
    """Return a frame of this pixel format that says of itself how its colours are meant."""
    if pixels.startswith(("rgb", "gbr")):
        return av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=pixels)
    # Large pictures are encoded at an eighth of their size: floating-point numbers take memory.
    scale = 8 if image.shape[0] > 1000 else 1
    planes = encoded(image[::scale, ::scale], standard, full=full)
    planes = planes.repeat(scale, axis=1).repeat(scale, axis=2)
    if pixels == "gray":
        frame = av.VideoFrame.from_ndarray(planes[0], "gray")
    else:
        frame = av.VideoFrame.from_ndarray(planes, "yuv444p")
        frame.color_range = 2 if full else 1
        frame = frame.reformat(format=pixels)
    frame.color_range = 2 if full else 1
    frame.colorspace = _NUMBERS[standard]
    return frame


@contextmanager
def own_turn() -> Iterator[None]:
    """Let this thread be scheduled afterwards as it was.

    SVT-AV1, run by root, raises the thread that opens its encoder above all others of the machine
    (``SCHED_FIFO``, priority 99), for good: whatever it started later left no core to anybody.
    """
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


def make(
    path: Path,
    codec: str = "libx264",
    *,
    count: int = FRAMES,
    size: tuple[int, int] = SIZE,
    pixels: str = "yuv420p",
    times: Sequence[float] | None = None,
    standard: str = "601",
    full: bool = False,
    aspect: Fraction | None = None,
    images: Sequence[np.ndarray] | None = None,
    kind: str | None = None,
    sound: bool = False,
    muxing: dict[str, str] | None = None,
    **options: str,
) -> Path:
    """Write a film.

    Args:
        path: its ending says which container, unless ``kind`` does.
        codec: name of the encoder.
        count: of pictures, at ``RATE`` a second.
        size: of a picture, in pixels.
        pixels: the pixel format.
        times: when each picture is shown, in seconds; without them one after the other.
        standard: which luma weights.
        full: luma from 0 to 255, not from 16 to 235.
        aspect: width of a pixel by its height.
        images: what to film instead, RGB.
        kind: name of the container.
        sound: whether it has a second of silence, from its beginning on.
        muxing: options of the container.
        options: of the encoder.
    """
    if codec not in av.codecs_available:  # pragma: no cover - PyAV's own FFmpeg has them all
        raise LookupError(f"this FFmpeg has no encoder {codec}")
    unit = Fraction(1, 1000) if times else Fraction(1, RATE)
    with own_turn(), av.open(str(path), "w", format=kind, options=muxing or {}) as container:
        stream = container.add_stream(codec, rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        context = stream.codec_context
        context.time_base = unit
        context.color_range = 2 if full else 1
        if not pixels.startswith(("rgb", "gbr")):
            context.colorspace = _NUMBERS[standard]
        if aspect is not None:
            context.sample_aspect_ratio = aspect
        if sound:
            track = container.add_stream("aac", rate=16_000)
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.float32), "fltp", "mono")
            silence.sample_rate = 16_000
            container.mux([*track.encode(silence), *track.encode()])
        for index in range(count):
            image = picture(index, size) if images is None else images[index]
            frame = frame_of(image, pixels, standard, full=full)
            frame.pts = index if times is None else round(times[index] / unit)
            frame.time_base = unit
            container.mux(stream.encode(frame))
        if not count:
            container.start_encoding()
        container.mux(stream.encode(None))
    return path


def moving_bar(count: int) -> list[np.ndarray]:
    """Return pictures of a white bar that moves, each of two halves of different moments.

    The lower of two lines was filmed first, which is what encoders write unless they are told.
    """
    width, height = SIZE
    images = []
    for index in range(count):
        image = np.full((height, width, 3), 60, np.uint8)
        for half in (0, 1):
            left = 2 * (2 * index + half)
            image[1 - half :: 2, left : left + 32] = 200
        images.append(image)
    return images


def by_ffmpeg(path: Path, *options: str) -> Path:
    """Write a film with the program ffmpeg, for what PyAV's own has no encoder for."""
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("there is no ffmpeg here (apt-get install ffmpeg)")
    source = make(path.with_name("source.mkv"), "ffv1")
    command = [program, "-v", "error", "-i", str(source), *options, str(path)]
    if subprocess.run(command, check=False).returncode:
        pytest.skip(f"this ffmpeg cannot encode with {' '.join(options)}")
    return path


def trim(path: Path, seconds: float) -> Path:
    """Let the edit list of an MP4 begin so much later in the film."""
    content = bytearray(path.read_bytes())
    unit = struct.unpack_from(">I", content, content.index(b"mdhd") + 4 + 4 + 8)[0]
    # One entry, version 0: its length in the unit of the film, and where in the stream it begins.
    entry = content.index(b"elst") + 4 + 4
    assert struct.unpack_from(">I", content, entry) == (1,)
    length, begins = struct.unpack_from(">Ii", content, entry + 4)
    whole = struct.unpack_from(">I", content, content.index(b"mvhd") + 4 + 4 + 8)[0]
    struct.pack_into(
        ">Ii",
        content,
        entry + 4,
        length - round(seconds * whole),
        begins + round(seconds * unit),
    )
    path.write_bytes(content)
    return path


def damage(path: Path, begin: float, end: float) -> Path:
    """Overwrite a part of a file, from one share of it to another, with zeros."""
    content = bytearray(path.read_bytes())
    first, last = round(begin * len(content)), round(end * len(content))
    content[first:last] = bytes(last - first)
    path.write_bytes(content)
    return path


def cut(path: Path, share: float) -> Path:
    """Leave out the end of a file, and keep this share of it."""
    content = path.read_bytes()
    path.write_bytes(content[: round(share * len(content))])
    return path


def animated(path: Path, milliseconds: Sequence[int]) -> Path:
    """Write a GIF or an animated WebP whose pictures are shown for so long."""
    images = [Image.fromarray(picture(index)) for index in range(len(milliseconds))]
    images[0].save(path, save_all=True, append_images=images[1:], duration=list(milliseconds))
    return path
