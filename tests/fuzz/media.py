"""Fuzzes what reads pictures and videos."""

from __future__ import annotations

import io
import itertools
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from hypothesis import strategies as st
from PIL import Image

from emotion_core.errors import SourceError
from emotion_core.faces.pictures.images import read_image
from emotion_core.video.apart import Decoder
from emotion_core.video.container import open_container
from emotion_core.video.opening import open_source
from emotion_core.video.sources import VideoFile
from tests.fuzz.readers import Reader, damaged

_PIXELS = np.arange(48 * 48 * 3, dtype=np.uint8).reshape(48, 48, 3)


def _by_pillow(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[274] = 6  # the orientation
    Image.fromarray(_PIXELS).convert(mode).save(file, kind, exif=exif, **options)
    return file.getvalue()


def _by_opencv(ending: str, pixels: np.ndarray = _PIXELS) -> bytes:
    return cv2.imencode(ending, pixels)[1].tobytes()


def _pictures() -> list[bytes]:
    gray = _PIXELS[..., 0]
    files = [_by_pillow(kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "JPEG2000")]
    files += [_by_pillow("JPEG", progressive=True), _by_pillow("PNG", "P"), _by_pillow("GIF", "P")]
    files += [_by_pillow("WEBP", "RGBA", lossless=True), _by_pillow("TIFF", big_tiff=True)]
    files += [_by_pillow("TIFF", compression="tiff_lzw"), _by_pillow("AVIF", "RGBA")]
    files += [_by_opencv(ending) for ending in (".bmp", ".ras", ".ppm", ".pam", ".hdr")]
    files += [_by_opencv(".pgm", gray), _by_opencv(".pbm", gray)]
    files += [_by_opencv(".pfm", _PIXELS.astype(np.float32))]
    files += [_by_opencv(".png", _PIXELS.astype(np.uint16)), _by_opencv(".tif", gray * 1.5)]
    return files


def _film(kind: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        frame = av.VideoFrame.from_ndarray(_PIXELS, format="bgr24").reformat(64, 48, stream.pix_fmt)
        for number in range(6):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _films() -> list[bytes]:
    kinds = {
        "mp4": ("mpeg4",),
        "matroska": ("mpeg4", "mjpeg"),
        "avi": ("mpeg4", "mjpeg"),
        "mpegts": ("mpeg2video",),
        "mpeg": ("mpeg2video",),
        "flv": ("flv1",),
        "asf": ("mpeg4",),
        "webm": ("libvpx",),
        "ogg": ("libtheora",),
        "mov": ("libx264",),
    }
    return [
        _film(kind, codec)
        for kind, codecs in kinds.items()
        for codec in codecs
        if codec in av.codecs_available
    ] + [_by_pillow("GIF", "P")]


def _read_picture(path: Path) -> list[int]:
    return list(read_image(path).shape)


def _read_video(path: Path) -> int:
    with closing(open_container(VideoFile.at(path))) as video:
        frames = itertools.islice(video.frames(), 300)
        return sum(frame is not None for frame in frames)


def _play_video(path: Path) -> int:
    """Read a video as the page does: harm that the other process came to is what is looked for."""
    import resource  # not on Windows

    # That one has limits of its own. Here all readers were imported, and no thread would start.
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        with Decoder() as decoder, open_source(VideoFile.at(path), decoder) as video:
            frames = itertools.islice(video.frames(), 300)
            return sum(frame is not None for frame in frames)
    except SourceError as error:
        if error.__cause__ is not None:
            raise RuntimeError(str(error)) from error
        raise


# Two in this process, so that what a decoder does to it is seen, and soon; one as users meet it.
READERS = {
    "pictures": Reader(".png", _read_picture, st.one_of(damaged(_pictures()), st.binary())),
    "videos": Reader(".mp4", _read_video, st.one_of(damaged(_films()), st.binary())),
    "played": Reader(".mp4", _play_video, st.one_of(damaged(_films()), st.binary())),
}
