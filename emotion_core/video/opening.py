"""Opens what `emotion_core.video.sources` describes and hands out its frames, one by one."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.stream import Disposition
from av.video.stream import VideoStream

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.faces.images import turned
from emotion_core.video.problems import ANSWER_SECONDS, lost, unreachable, unreadable
from emotion_core.video.sources import NetworkCamera, PluggedCamera, VideoFile, VideoSource

#: Larger frames are scaled down: a face is read at 48x48.
LARGEST_FRAME: Final = (1280, 720)
#: Frames with more pixels are not decoded. A video may make its decoder keep 16 frames and more; of
#: 4K, as here, they take 0.5 GB of the app's memory, of 8K 1.4 GB.
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

# FFmpeg knows formats that name further files and addresses to open, and takes text for video; what
# a stranger uploads must not be read as one of those.
_FILE_FORMATS: Final = "mov,matroska,webm,avi,mpegts,mpeg,ogg,flv,asf,gif"
_NETWORK_FORMATS: Final = f"{_FILE_FORMATS},rtsp,mpjpeg,mjpeg"
_NETWORK_PROTOCOLS: Final = "rtsp,rtp,udp,tcp,tls,http,https,httpproxy,crypto"


class OpenVideo(Protocol):
    """A source while it is being read.

    Attributes:
        paced: Whether the frames' times tell when to show them; else they come when they are due.
        complaint: What was wrong with a video that was read to its end all the same, or "".
    """

    paced: bool
    complaint: str

    def frames(self) -> Iterator[av.VideoFrame | None]:
        """Yield the frames, and None now and then so that the reader can look up.

        Raises:
            SourceError: nothing more can be read.
        """


def open_source(source: VideoSource) -> AbstractContextManager[OpenVideo]:
    """Return the opened source; leaving the context closes it.

    Raises:
        SourceLostError: a camera does not answer.
        SourceError: there is no video.
    """
    match source:
        case VideoFile():
            return contextlib.closing(_open_file(source))
        case NetworkCamera():
            return contextlib.closing(_open_network(source))
        case PluggedCamera():
            return contextlib.closing(_PluggedVideo(source))


def fit_frame(frame: av.VideoFrame, pixel_aspect: float = 1.0) -> av.VideoFrame:
    """Return ``frame`` upright, with square pixels, and no larger than `LARGEST_FRAME`.

    A frame that stands upright may be as high as others are wide. The time stamp is kept.

    Args:
        frame: a decoded frame of any size and pixel format.
        pixel_aspect: width of a pixel by its height.
    """
    width, height = _fitted_size(frame.width * pixel_aspect, frame.height)
    # Phones film as they are held, and write down how to turn the picture.
    turning = _turning(frame)
    if any(turning.values()):
        image = np.asarray(frame.to_ndarray(format="bgr24", width=width, height=height), np.uint8)
        fitted = av.VideoFrame.from_ndarray(turned(image, **turning), format="bgr24")
    else:
        fitted = frame.reformat(width=width, height=height, format="yuv420p")
    fitted.pts = frame.pts
    if frame.time_base is not None:
        fitted.time_base = frame.time_base
    return fitted


def _turning(frame: av.VideoFrame) -> dict[str, bool]:
    """Return what ``turned`` has to do to a frame, by multiples of 90 degrees, as ffmpeg does.

    `av.VideoFrame.rotation` does not tell a mirrored picture from one that is turned.
    """
    found = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(found, SideData):
        return {}
    # A point (x, y) is shown at (a * x + c * y, b * x + d * y).
    a, b, _, c, d = np.frombuffer(bytes(found), np.int32, 5).tolist()
    transposed = abs(b) > abs(a)
    return {
        "transposed": transposed,
        "upside_down": (b if transposed else d) < 0,
        "mirrored": (c if transposed else a) < 0,
    }


def _fitted_size(width: float, height: float) -> tuple[int, int]:
    longest, shortest = LARGEST_FRAME
    scale = min(1.0, longest / max(width, height), shortest / min(width, height))
    # Even, as the encoder wants it.
    return max(2, 2 * round(scale * width / 2)), max(2, 2 * round(scale * height / 2))


class _ContainerVideo:
    """A file or a stream as FFmpeg reads it."""

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
        self._container.close()

    def frames(self) -> Iterator[av.VideoFrame | None]:
        """Yield frames that fit; see `OpenVideo.frames`."""
        aspect = float(self._stream.sample_aspect_ratio or 1)
        last_picture = time.monotonic()
        for packet in self._packets():
            decoded = self._decode(packet, aspect)
            for frame in decoded:
                last_picture = time.monotonic()
                yield frame
            if not decoded:
                yield None
            if not self.paced and time.monotonic() - last_picture > PICTURE_SECONDS:
                raise SourceLostError(
                    f"expected pictures from {self._name}, found none in what it has sent for "
                    f"{PICTURE_SECONDS:.0f} s; start the camera anew if this goes on"
                )
        self._judge_end()

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
        f"expected a video, found no picture in {name} that can be decoded; save it anew as MP4 "
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


class _PluggedVideo:
    """A camera as OpenCV reads it, on Linux, macOS and Windows alike."""

    paced = False
    complaint = ""

    def __init__(self, camera: PluggedCamera) -> None:
        self._camera = camera
        _expect_device(camera)
        self._capture = cv2.VideoCapture(camera.index)
        # The newest picture, not one that has waited.
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not self._capture.isOpened():
            self._capture.release()
            raise SourceLostError(
                f"expected {camera.name}, found that it cannot be opened; look whether it is "
                "plugged in, whether another program uses it, and whether this one may"
            )

    def close(self) -> None:
        self._capture.release()

    def frames(self) -> Iterator[av.VideoFrame | None]:
        """Yield frames that fit; see `OpenVideo.frames`."""
        while True:
            read, image = self._capture.read()
            if not read:
                raise SourceLostError(
                    f"expected a picture from {self._camera.name}, found none; "
                    "look whether it is still plugged in"
                )
            pixels = np.asarray(image, np.uint8)
            yield fit_frame(av.VideoFrame.from_ndarray(pixels, format="bgr24"))


def _expect_device(camera: PluggedCamera) -> None:
    """Raise what OpenCV would only print: there is no such camera."""
    device = Path(f"/dev/video{camera.index}")
    if sys.platform == "linux" and not device.exists():
        raise SourceLostError(
            f"expected {camera.name}, found no {device}; plug it in, or choose another number"
        )


def _open_file(file: VideoFile) -> _ContainerVideo:
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


def _open_network(camera: NetworkCamera) -> _ContainerVideo:
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


def _read(container: InputContainer, name: str, *, live: bool) -> _ContainerVideo:
    try:
        return _ContainerVideo(container, name, live=live)
    except BaseException:
        container.close()
        raise
