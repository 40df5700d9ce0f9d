"""Video of a file or a network camera as FFmpeg reads it, within this very process.

What is foreign is not opened here but through `emotion_core.video.apart`.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.video.fitting import fit_frame
from emotion_core.video.problems import ANSWER_SECONDS, lost, unreachable, unreadable
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
#: How long a camera may send anything but pictures.
PICTURE_SECONDS: Final = 10.0
#: How long a file may be read without a picture: some gigabytes of it.
FILE_PICTURE_SECONDS: Final = 30.0

# FFmpeg knows formats that name further files and addresses to open, and takes text for video; what
# a stranger uploads must not be read as one of those.
_FILE_FORMATS: Final = "mov,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf,gif"
_NETWORK_FORMATS: Final = f"{_FILE_FORMATS},rtsp,mpjpeg,mjpeg"
_NETWORK_PROTOCOLS: Final = "rtsp,rtp,udp,tcp,tls,http,https,httpproxy,crypto"


def open_container(source: VideoFile | NetworkCamera) -> ContainerVideo:
    """Open a file or a camera; the caller closes it.

    Raises:
        SourceLostError: a camera does not answer.
        SourceError: there is no video.
    """
    return _open_file(source) if isinstance(source, VideoFile) else _open_network(source)


class ContainerVideo:
    """A file or a stream while it is being read.

    Attributes:
        paced: Whether the frames' times tell when to show them; else they come when they are due.
        complaint: What was wrong with a video that was read to its end all the same, or "".
    """

    def __init__(self, container: InputContainer, name: str, *, live: bool) -> None:
        self.complaint = ""
        self._container = container
        self._name = name
        # A file at an HTTP address arrives faster than it plays.
        self.paced = not live or container.duration is not None
        self._stream = stream = _film_of(container, name)
        _limit(stream, name)
        if self.paced:
            # Quicker on several cores; on a live stream, each thread would hold a frame back.
            stream.codec_context.thread_type = "AUTO"
        self._pictures = 0
        self._damaged = 0
        self._reached = 0.0

    def close(self) -> None:
        """Let go of the file or the camera."""
        self._container.close()

    def frames(self) -> Iterator[av.VideoFrame | None]:
        """Yield frames that fit, see `fit_frame`, and None for what was read and held none.

        Raises:
            SourceLostError: a camera sends no more pictures.
            SourceError: there are no pictures, or none for too long.
        """
        aspect = float(self._stream.sample_aspect_ratio or 1)
        last_picture = time.monotonic()
        for packet in self._packets():
            decoded = self._decode(packet, aspect)
            for frame in decoded:
                yield frame
                last_picture = time.monotonic()  # not before: who takes frames may have waited
            if not decoded:
                yield None
                self._miss(time.monotonic() - last_picture)
        self._judge_end()

    def _miss(self, seconds: float) -> None:
        """Raise what to tell when nothing that was read for so long has been a picture."""
        if not self.paced and seconds > PICTURE_SECONDS:
            raise SourceLostError(
                f"expected pictures from {self._name}, found none in what it has sent for "
                f"{PICTURE_SECONDS:.0f} s; restart the camera if this goes on"
            )
        if seconds > FILE_PICTURE_SECONDS:
            raise SourceError(
                f"expected pictures in {self._name}, found none in {FILE_PICTURE_SECONDS:.0f} s "
                "of reading; convert it to MP4 with H.264"
            )

    def _packets(self) -> Iterator[av.Packet[Any]]:
        try:
            yield from self._container.demux()
        except av.FFmpegError as error:
            if not self.paced:
                raise lost(self._name, error) from None
            self._damaged += 1

    def _decode(self, packet: av.Packet[Any], aspect: float) -> list[av.VideoFrame]:
        if packet.pts is not None:
            self._reached = max(self._reached, float(packet.pts * packet.time_base))
        if packet.stream.index != self._stream.index:
            return []
        try:
            # What FFmpeg cannot scale is as damaged as what it cannot decode.
            frames = [fit_frame(frame, aspect) for frame in self._stream.decode(packet)]
        except av.FFmpegError:
            self._damaged += 1
            return []
        self._pictures += len(frames)
        return frames

    def _judge_end(self) -> None:
        if not self.paced:
            raise SourceLostError(
                f"expected a stream without end from {self._name}, found its end; "
                "look whether the camera is still on"
            )
        if not self._pictures:
            raise _undecodable(self._name)
        start, whole = (
            (time or 0) / av.time_base
            for time in (self._container.start_time, self._container.duration)
        )
        reached = self._reached - start
        if reached < 0.95 * whole - 1:
            self.complaint = (
                f"expected {whole:.0f} s of video, found that {self._name} breaks off after "
                f"{reached:.0f} s; what there is was played"
            )
        elif self._damaged:
            self.complaint = (
                f"expected a whole video, found damaged places in {self._name}; they were left out"
            )


def _film_of(container: InputContainer, name: str) -> VideoStream:
    """Return the stream to show: a cover is a picture too, but no film."""
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


def _undecodable(name: str) -> SourceError:
    return SourceError(
        f"expected a video, found no picture in {name} that can be decoded; convert it to MP4 "
        "with H.264"
    )


def _limit(stream: VideoStream, name: str) -> None:
    """Refuse frames that are too large, and let the decoder refuse those that come later."""
    context = stream.codec_context
    if context is None:  # of a kind that FFmpeg has no decoder for
        raise _undecodable(name)
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


def _open_file(file: VideoFile) -> ContainerVideo:
    content = file.content
    if not isinstance(content, bytes):
        content = Path(content)
    # A pipe or a device would be waited for without end.
    if isinstance(content, Path) and not content.is_file():
        found = "a folder" if content.is_dir() else "nothing"
        if content.exists() and not content.is_dir():
            found = "a pipe or a device"
        raise SourceError(
            f"expected a video file, found {found} at {content}; look whether the path is right"
        )
    try:
        container = av.open(
            io.BytesIO(content) if isinstance(content, bytes) else str(content),
            "r",
            options={"max_pixels": f"{_MOST_LOOKED_AT}"},
            container_options={"format_whitelist": _FILE_FORMATS, "protocol_whitelist": "file"},
            timeout=(_OPENING_SECONDS, None),
            metadata_errors="replace",  # titles are written in any encoding
        )
    except av.FFmpegError as error:
        raise unreadable(file, error) from None
    return _read(container, file.name, live=False)


def _open_network(camera: NetworkCamera) -> ContainerVideo:
    started = time.monotonic()
    try:
        container = av.open(
            camera.address,
            "r",
            container_options={
                "format_whitelist": _NETWORK_FORMATS,
                "protocol_whitelist": _NETWORK_PROTOCOLS,
                # Over UDP, pictures of many cameras arrive in pieces.
                "rtsp_flags": "prefer_tcp",
                "analyzeduration": "2000000",
                # Microseconds. It holds where the one below does not: when a stream is closed.
                "timeout": f"{ANSWER_SECONDS * 1e6:.0f}",
            },
            timeout=ANSWER_SECONDS,
            metadata_errors="replace",
        )
    # What FFmpeg says holds the whole address, with the password: none of it is passed on.
    except (av.FFmpegError, ValueError) as error:
        raise unreachable(camera, error, time.monotonic() - started) from None
    return _read(container, camera.name, live=True)


def _read(container: InputContainer, name: str, *, live: bool) -> ContainerVideo:
    try:
        return ContainerVideo(container, name, live=live)
    except BaseException:
        container.close()
        raise
