"""A video of what was seen: H.264 in an MP4 file that plays even when its writer was killed."""

from __future__ import annotations

import contextlib
import logging
import queue
import struct
import threading
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream
from numpy.typing import NDArray

from emotion_core.sessions.header import VideoFacts

_LOGGER = logging.getLogger(__name__)

# Half a second at 30 frames a second; a picture of 640x480 takes 0.9 MB.
_MOST_WAITING: Final = 15
# MPEG-4 part 2 allows no finer clock than 1/65535 s.
_TIME_BASE: Final = Fraction(1, 1000)
# Seconds. A fragment is written when the next key frame comes: with what waits to be encoded, less
# than a second is lost when the process is killed.
_KEY_FRAME_EVERY: Final = 0.5
_OPTIONS: Final = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
# zerolatency: no picture waits in the encoder for later ones.
_CODEC_OPTIONS: Final = {
    "libx264": {"preset": "superfast", "tune": "zerolatency", "crf": "23"},
    "mpeg4": {"qmin": "3", "qmax": "10"},
}


class VideoRecorder:
    """Encodes pictures in a thread of its own; who hands them over never waits.

    Each picture is shown when it was taken: the frame rate varies as the camera's does. The size
    is that of the first picture (its last row or column is left out where odd); later pictures of
    another size are scaled to fit, with black bars.

    Args:
        path: the file to write; made with the first picture.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.codec = available_codec()
        # Handing over to this kind of queue takes no lock. One thread hands over, so that the queue
        # is no longer than it finds it.
        self._waiting: queue.SimpleQueue[tuple[float, NDArray[np.uint8]]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._frames = 0
        self._dropped = 0
        self._start = 0.0
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="video-recorder", daemon=True)
        self._thread.start()

    @property
    def facts(self) -> VideoFacts:
        """What became of the video so far."""
        return VideoFacts(self.codec, self._frames, self._dropped, self._start, self._problem)

    def record(self, seconds: float, image: NDArray[np.uint8]) -> None:
        """Hand one picture over; it is dropped and counted when the encoder is busy.

        Args:
            seconds: when it was taken, from the start of the session; later than the one before.
            image: uint8 ``[H, W, 3]``, BGR; must not be changed afterwards.
        """
        if self._stopping.is_set() or self._problem is not None:
            return
        if self._waiting.qsize() < _MOST_WAITING:
            self._waiting.put((seconds, image))
        else:
            self._dropped += 1

    def request_stop(self) -> None:
        """Let the thread encode what waits and close the file; does not wait for it."""
        self._stopping.set()

    def stop(self, timeout: float = 10.0) -> VideoFacts:
        """Close the file and return the facts; waits ``timeout`` seconds at most."""
        self.request_stop()
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._problem = "The video could not be finished in time: its end may be missing."
        return self.facts

    def _run(self) -> None:
        try:
            self._encode_all()
        except Exception as error:
            reason = " ".join(str(error).split())
            with contextlib.suppress(OSError):
                keep_whole_fragments(self.path)
            self._problem = (
                f"The video ended early ({reason}): what was filmed until then plays, and the "
                "readings are recorded without it."
            )
            _LOGGER.error("The video of a session ended early.", exc_info=error)

    def _encode_all(self) -> None:
        first = self._next()
        if first is None:
            return
        self._start, size = first[0], _even_size(first[1])
        self.path.touch(0o600)  # whatever PyAV would let others do with it
        container = av.open(str(self.path), "w", format="mp4", options=_OPTIONS)
        try:
            encoder = _Encoder(container, self.codec, size)
            item: tuple[float, NDArray[np.uint8]] | None = first
            while item is not None:
                self._count(encoder.encode(*item))
                item = self._next()
            encoder.finish()
        except BaseException:
            # Closing writes as well, and fails for the same reason; the first error says more.
            with contextlib.suppress(Exception):
                container.close()
            raise
        container.close()

    def _count(self, encoded: bool) -> None:
        if encoded:
            self._frames += 1
        else:
            self._dropped += 1

    def _next(self) -> tuple[float, NDArray[np.uint8]] | None:
        """Return the next picture, or None once the recorder is stopped and none waits."""
        while True:
            # Asked before looking: nothing is handed over once the recorder is stopped.
            stopping = self._stopping.is_set()
            try:
                return self._waiting.get(timeout=0 if stopping else 0.1)
            except queue.Empty:
                if stopping:
                    return None


class _Encoder:
    """One stream of one container."""

    def __init__(self, container: OutputContainer, codec: str, size: tuple[int, int]) -> None:
        self._container = container
        self._size = size
        stream = container.add_stream(codec, options=_CODEC_OPTIONS[codec])
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = _TIME_BASE
        stream.thread_count = 1  # the live view needs the other cores
        self._stream = stream
        self._last_pts: int | None = None
        self._key_frame_pts = 0

    def encode(self, seconds: float, image: NDArray[np.uint8]) -> bool:
        """Write one picture; return False for one no later than the one before."""
        pts = round(seconds / _TIME_BASE)
        if self._last_pts is not None and pts <= self._last_pts:
            return False
        frame = av.VideoFrame.from_ndarray(_fitted(image, self._size), format="bgr24")
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = pts, _TIME_BASE
        if self._last_pts is None or (pts - self._key_frame_pts) * _TIME_BASE >= _KEY_FRAME_EVERY:
            frame.pict_type = PictureType.I
            self._key_frame_pts = pts
        self._last_pts = pts
        self._container.mux(self._stream.encode(frame))
        return True

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._stream.encode(None))


def available_codec() -> str:
    """Return the best encoder that PyAV has here: libx264, else mpeg4."""
    return "libx264" if "libx264" in av.codecs_available else "mpeg4"


def keep_whole_fragments(path: Path) -> None:
    """Cut a fragmented MP4 file where its last whole fragment ends, so that it plays to its end.

    A full disk leaves a fragment without its last pictures. Without any whole fragment, nothing
    would play, and the file is removed.

    Raises:
        OSError: the file cannot be read or written.
    """
    end = 0
    size = path.stat().st_size
    with path.open("r+b") as file:
        position = 0
        # Boxes of ISO/IEC 14496-12: a length of four bytes, a kind, a content.
        while position + 8 <= size:
            file.seek(position)
            length, kind = struct.unpack(">I4s", file.read(8))
            position += max(8, length)
            if kind == b"mdat" and position <= size:
                end = position
        file.truncate(end)
    if end == 0:
        path.unlink()


def _even_size(image: NDArray[np.uint8]) -> tuple[int, int]:
    """Return width and height that colours at half the resolution allow."""
    height, width = image.shape[:2]
    return max(2, width - width % 2), max(2, height - height % 2)


def _fitted(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return ``image`` in another size: cut by one pixel, or scaled and with black bars."""
    width, height = size
    if _even_size(image) == size and min(image.shape[:2]) > 1:
        return np.ascontiguousarray(image[:height, :width])
    factor = min(width / image.shape[1], height / image.shape[0])
    inner = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner)
    return canvas
