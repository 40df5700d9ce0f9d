"""Video of a file or a network camera as FFmpeg reads it, within this very process.

What is foreign is not opened here but through `emotion_core.video.apart`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import av
from av.container import InputContainer

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.quantities import counted
from emotion_core.video.deinterlacing import Deinterlacer
from emotion_core.video.demuxing import (
    empty,
    film_of,
    limit,
    open_demuxer,
    open_network,
    undecodable,
)
from emotion_core.video.fitting import fit_frame
from emotion_core.video.problems import lost
from emotion_core.video.sources import NetworkCamera, VideoFile
from emotion_core.video.timeline import Timeline

#: How long a camera may send anything but pictures.
PICTURE_SECONDS: Final = 10.0
#: How long a file may be read without a picture: some gigabytes of it.
FILE_PICTURE_SECONDS: Final = 30.0

# Of these, FFmpeg knows where each key frame lies. In others it guesses, and where the clock begins
# anew in the middle, what is found is somewhere else.
_INDEXED: Final = ("mov", "matroska", "avi")
# Seconds before a place from which such a file is decoded, to be there with whole pictures.
_SECONDS_BEFORE: Final = 1.0


def open_container(
    source: VideoFile | NetworkCamera, start: float = 0.0, relay: int | None = None
) -> ContainerVideo:
    """Open a file or a camera; the caller closes it.

    Args:
        source: what to open.
        start: of a file, seconds after its start before which no frame is wanted.
        relay: of a camera, see ``open_network``.

    Raises:
        SourceLostError: a camera does not answer.
        SourceError: there is no video.
    """
    if not isinstance(source, VideoFile):
        return _read(open_network(source, relay), source.name, live=True)
    video = _read(open_demuxer(source), source.name, live=False)
    if start > 0 and not video.go_to(start):
        video.close()
        video = _read(open_demuxer(source), source.name, live=False)
        video.leave_out(start)
    return video


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
        self._stream = stream = film_of(container, name)
        limit(stream, name)
        if self.paced:
            # Quicker on several cores; on a live stream, each thread would hold a frame back.
            stream.codec_context.thread_type = "AUTO"
        self._timeline = Timeline(stream)
        self._deinterlacer = Deinterlacer()
        self._packets_read = 0
        self._pictures = 0
        self._damaged = 0
        self._reached = 0.0
        self._wanted_from = -math.inf

    @property
    def origin(self) -> float:
        """The time that its frames' times count from, in seconds."""
        return float(self._container.start_time or 0) / av.time_base

    @property
    def seconds(self) -> float | None:
        """How long it is by its header, if that says so."""
        duration = self._container.duration
        return None if duration is None or duration <= 0 else duration / av.time_base

    @property
    def rate(self) -> float | None:
        """Frames a second by its header, if that says so."""
        return float(self._stream.average_rate or 0) or None

    @property
    def indexed(self) -> bool:
        """Whether one can go to a place in it; else it is decoded up to there."""
        return self._container.format.name.startswith(_INDEXED)

    @property
    def filmed(self) -> str | None:
        """When it was filmed, as its header has it."""
        return self._container.metadata.get("creation_time")

    def go_to(self, start: float) -> bool:
        """Go on some seconds before a place, and leave out the frames before it.

        Args:
            start: seconds after the start of the file.

        Returns:
            False where the file does not allow that: it is then somewhere else.
        """
        self.leave_out(start)
        place = self._wanted_from - _SECONDS_BEFORE
        if place <= self.origin:
            return True
        if not self.indexed:
            return False
        try:
            self._container.seek(int(place * av.time_base))
            first = next(packet for packet in self._container.demux(self._stream) if packet.size)
            if first.pts is None or first.pts * first.time_base > self._wanted_from:
                return False
            self._container.seek(int(place * av.time_base))
        except (av.FFmpegError, StopIteration):
            return False
        return bool(first.is_keyframe)

    def leave_out(self, start: float) -> None:
        """Leave out the frames before ``start``, in seconds after the start of the file."""
        self._wanted_from = self.origin + start

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
        yield from self._fitted(self._deinterlacer.flush, aspect)
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
        if packet.size:
            self._packets_read += 1
            self._timeline.expect(packet)
        return self._fitted(lambda: self._whole(packet), aspect)

    def _whole(self, packet: av.Packet[Any]) -> list[av.VideoFrame]:
        """Return the frames that a packet completes, none of them interlaced."""
        whole = []
        for frame in self._stream.decode(packet):
            assert isinstance(frame, av.VideoFrame)
            in_time = not self.paced or self._timeline.place(frame)
            self._damaged += frame.is_corrupt or not in_time
            if in_time:
                whole += self._deinterlacer.feed(frame)
        return whole

    def _fitted(
        self, decode: Callable[[], list[av.VideoFrame]], aspect: float
    ) -> list[av.VideoFrame]:
        try:
            # What FFmpeg cannot scale is as damaged as what it cannot decode.
            frames = [
                fit_frame(frame, aspect)
                for frame in decode()
                if frame.time is None or frame.time >= self._wanted_from
            ]
        except av.FFmpegError:
            self._damaged += 1
            self._timeline.give_up()
            return []
        self._pictures += len(frames)
        return frames

    def _judge_end(self) -> None:
        if not self.paced:
            raise SourceLostError(
                f"expected a stream without end from {self._name}, found its end; "
                "check whether the camera is still on"
            )
        if not self._pictures and self._wanted_from == -math.inf:
            raise undecodable(self._name) if self._packets_read else empty(self._name)
        start, whole = (
            (time or 0) / av.time_base
            for time in (self._container.start_time, self._container.duration)
        )
        reached = self._reached - start
        if reached < 0.95 * whole - 1:
            self._complain(
                f"expected {whole:.0f} s of video, found that {self._name} breaks off after "
                f"{reached:.0f} s; what there is was played"
            )
        elif self._damaged:
            self._complain(
                f"expected a whole video, found damaged places in {self._name}; they were left out"
            )
        elif self._timeline.jumps:
            self._complain(
                f"expected times that go on, found that those of {self._name} begin anew "
                f"{counted(self._timeline.jumps, 'time')}; its parts were put one after the other"
            )

    def _complain(self, text: str) -> None:
        self.complaint = str(SourceError(text))  # on one line, whatever the file is called


def _read(container: InputContainer, name: str, *, live: bool) -> ContainerVideo:
    try:
        return ContainerVideo(container, name, live=live)
    except BaseException:
        container.close()
        raise
