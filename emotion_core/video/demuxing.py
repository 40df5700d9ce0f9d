"""Opens files and addresses with FFmpeg, within bounds, and finds the film in them.

What is foreign is not opened here but through `emotion_core.video.apart`.
"""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from emotion_core.errors import SourceError
from emotion_core.video.problems import ANSWER_SECONDS, unreachable, unreadable
from emotion_core.video.sources import NetworkCamera, VideoFile

#: Frames with more pixels are not decoded. A video may make its decoder keep 16 frames and more; of
#: 4K, as here, they take 0.5 GB of memory, of 8K 1.4 GB.
MOST_PIXELS: Final = 4096 * 2304
# Of larger frames, only so many are decoded at once: each thread keeps some of its own.
_MANY_PIXELS: Final = 1920 * 1088
_FEW_THREADS: Final = 4
# To tell the size of some formats, FFmpeg decodes a frame.
_MOST_LOOKED_AT: Final = 8192 * 8192
# How long a file may be looked at before its first frame.
_OPENING_SECONDS: Final = 20.0

# FFmpeg knows formats that name further files and addresses to open, and takes text for video; what
# a stranger uploads must not be read as one of those.
_FILE_FORMATS: Final = "mov,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf,gif"
_NETWORK_FORMATS: Final = f"{_FILE_FORMATS},rtsp,mpjpeg,mjpeg"
_NETWORK_PROTOCOLS: Final = "rtsp,rtp,udp,tcp,tls,http,https,httpproxy,crypto"
# Where a relay says what may be reached: nothing that would go past it.
_RELAYED_RTSP: Final = "rtsp,tcp"
_RELAYED_HTTP: Final = "tcp,tls,http,https,httpproxy"


def open_demuxer(file: VideoFile) -> InputContainer:
    """Open a file, with its pictures and its sound; the caller closes it.

    Raises:
        SourceError: there is no video.
    """
    content = file.content
    if not isinstance(content, bytes):
        content = Path(content)
    # A pipe or a device would be waited for without end.
    if isinstance(content, Path) and not content.is_file():
        found = "a folder" if content.is_dir() else "nothing"
        if content.exists() and not content.is_dir():
            found = "a pipe or a device"
        raise SourceError(
            f"expected a video file, found {found} at {content}; check whether the path is right"
        )
    try:
        return av.open(
            io.BytesIO(content) if isinstance(content, bytes) else str(content),
            "r",
            options={"max_pixels": f"{_MOST_LOOKED_AT}"},
            container_options={"format_whitelist": _FILE_FORMATS, "protocol_whitelist": "file"},
            timeout=(_OPENING_SECONDS, None),
            metadata_errors="replace",  # titles are written in any encoding
        )
    except av.FFmpegError as error:
        raise unreadable(file, error) from None


def open_network(camera: NetworkCamera, relay: int | None = None) -> InputContainer:
    """Open what a network camera sends; the caller closes it.

    Args:
        camera: which one.
        relay: the port of this machine through which alone it may be reached, see
            `emotion_core.access.reach.relay`; None: it is connected to directly.

    Raises:
        SourceLostError: it does not answer.
        SourceError: it wants another password.
    """
    started = time.monotonic()
    address, way = _directly(camera) if relay is None else _through(camera, relay)
    try:
        return av.open(
            address,
            "r",
            container_options={
                "format_whitelist": _NETWORK_FORMATS,
                "analyzeduration": "2000000",
                # Microseconds. It holds where the one below does not: when a stream is closed.
                "timeout": f"{ANSWER_SECONDS * 1e6:.0f}",
                **way,
            },
            timeout=ANSWER_SECONDS,
            metadata_errors="replace",
        )
    # What FFmpeg says holds the whole address, with the password: none of it is passed on.
    except (av.FFmpegError, ValueError) as error:
        raise unreachable(camera, error, time.monotonic() - started) from None


def _directly(camera: NetworkCamera) -> tuple[str, dict[str, str]]:
    """Return the address to open, and FFmpeg's options."""
    # Over UDP, pictures of many cameras arrive in pieces.
    return camera.address, {"protocol_whitelist": _NETWORK_PROTOCOLS, "rtsp_flags": "prefer_tcp"}


def _through(camera: NetworkCamera, relay: int) -> tuple[str, dict[str, str]]:
    """Return the address to open, and FFmpeg's options: it connects to the relay, whatever comes.

    Of RTSP all goes through that one connection: over UDP a camera would name the address itself.
    """
    parts = urlsplit(camera.address)
    if not parts.scheme.startswith("rtsp"):
        proxy = f"http://127.0.0.1:{relay}"
        return camera.address, {"protocol_whitelist": _RELAYED_HTTP, "http_proxy": proxy}
    user, at, _ = parts.netloc.rpartition("@")
    parts = parts._replace(scheme="rtsp", netloc=f"{user}{at}127.0.0.1:{relay}")
    return parts.geturl(), {"protocol_whitelist": _RELAYED_RTSP, "rtsp_transport": "tcp"}


def film_of(container: InputContainer, name: str) -> VideoStream:
    """Return the stream to show: a cover is a picture too, but no film.

    Raises:
        SourceError: there is none.
    """
    pictures = container.streams.video
    films = [each for each in pictures if not each.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    for film in films:
        if film is best:
            return film
    if films:
        return films[0]
    found = "sound with a picture as its cover" if pictures else "no picture"
    raise SourceError(f"expected a video, found {found} in {name}; choose another one")


def undecodable(name: str) -> SourceError:
    """Return what to tell of a file without a picture that can be decoded."""
    return SourceError(
        f"expected a video, found no picture in {name} that can be decoded; convert it to MP4 "
        "with H.264"
    )


def empty(name: str) -> SourceError:
    """Return what to tell of a file that has room for pictures, and none."""
    return SourceError(f"expected a video, found no picture in {name}; record or export it again")


def limit(stream: VideoStream, name: str) -> None:
    """Refuse frames that are too large, and let the decoder refuse those that come later.

    Raises:
        SourceError: they are too large, or of a kind that nobody decodes.
    """
    context = stream.codec_context
    if context is None:  # of a kind that FFmpeg has no decoder for
        raise undecodable(name)
    pixels = context.width * context.height
    if pixels > MOST_PIXELS:
        raise SourceError(
            f"expected frames of at most {MOST_PIXELS // 1_000_000} megapixels (4K), found "
            f"{context.width} x {context.height} in {name}; reduce it first, for example with "
            "ffmpeg -i FILE -vf scale=1280:-2 small.mp4"
        )
    context.options = {"max_pixels": f"{MOST_PIXELS}"}
    if pixels > _MANY_PIXELS:
        context.thread_count = min(_FEW_THREADS, os.cpu_count() or 1)
