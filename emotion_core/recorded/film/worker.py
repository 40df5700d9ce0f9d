"""Draws a recording's faces on its video: run by `film.writing` and `film.clip`."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Final

import av
import cv2
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.drawing import draw_faces_on
from emotion_core.live.smoothing import SteadyReading
from emotion_core.sessions.header import FACES_FILE, FRAMES_FILE, VIDEO_FILE, VideoFacts
from emotion_core.sessions.video import available_codec
from emotion_core.system.processes.isolation import cut_off, write_only_in
from emotion_core.system.processes.serving import Limits, serve
from emotion_core.system.progress import ShareProgress
from emotion_core.system.tables import as_it_was
from emotion_core.video.container import open_container
from emotion_core.video.demuxing import open_demuxer
from emotion_core.video.frames import frame_of, pictures_of
from emotion_core.video.sources import VideoFile

#: What this process may take.
LIMITS: Final = Limits(
    memory_bytes=2_000_000_000,
    processor_seconds=14 * 24 * 60 * 60,
    file_bytes=1 << 40,
    alone=False,
)

_TIME_BASE: Final = Fraction(1, 90_000)
_OPTIONS: Final = {"libx264": {"preset": "veryfast", "crf": "23"}, "mpeg4": {"qmin": "3"}}
# Sound that an MP4 takes as it is, and that browsers play; other sound is encoded anew.
_TAKEN: Final = ("aac", "mp3", "opus", "flac", "alac", "ac3")
# Seconds with four digits in the tables.
_ROUNDING: Final = 1e-3
# How long a recorded frame's faces are shown, beyond the time to the next one.
_SHOWN_LONGER: Final = 0.05
# The last picture is seen for a while; so long its sound is heard.
_SOUND_LONGER: Final = 0.1


def write(request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:
    """Write a video.

    Args:
        request: ``name`` and ``path`` of the file, ``folder`` with the tables, ``start``, ``end``
            and ``every`` of the settings, and ``seconds``, how long the file is, or null; with
            ``plain`` nothing is drawn, and there need be no tables.
        progress: called with the share that is done.

    Returns:
        `VideoFacts` of it.

    Raises:
        SourceError: the video cannot be read.
    """
    folder = Path(request["folder"])
    write_only_in([folder])
    source = VideoFile(request["name"], Path(request["path"]))
    start, end = request["start"], request.get("end", math.inf)
    whole = (min(end, request["seconds"] or math.inf)) - start
    path = folder / VIDEO_FILE
    path.touch(0o600)
    with (
        closing(open_container(source, start)) as video,
        closing(open_demuxer(source)) as sound,
        nullcontext() if request.get("plain") else _Faces(folder, request["every"]) as faces,
        av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as output,
    ):
        film = _Film(output, sound)
        for frame in video.frames():
            if frame is None or frame.pts is None:
                continue
            seconds = max(frame.time - video.origin, start)
            if seconds >= end:
                break
            image, _ = pictures_of(frame)
            if faces is not None:
                _draw(image, faces.at(seconds))
            film.add(seconds, video.origin, frame_of(image, frame))
            progress(min(1.0, (seconds - start) / whole) if 0 < whole < math.inf else 0.0)
        return asdict(film.finish())


class _Faces:
    """The faces of a recording, frame by frame, from its tables."""

    def __init__(self, folder: Path, every: float) -> None:
        self._every = every
        self._files: list[IO[str]] = []
        self._frames = self._read(folder / FRAMES_FILE)
        self._rows = self._read(folder / FACES_FILE)
        self._row = next(self._rows, None)
        self._next = next(self._frames, None)
        self._now: list[dict[str, str]] = []
        self._since = -math.inf

    def at(self, seconds: float) -> list[dict[str, str]]:
        """Return the rows of the newest recorded frame; later calls ask for later times."""
        while self._next is not None and float(self._next["seconds"]) <= seconds + _ROUNDING:
            self._since, number = float(self._next["seconds"]), self._next["frame"]
            self._now = []
            while self._row is not None and self._row["frame"] == number:
                self._now.append(self._row)
                self._row = next(self._rows, None)
            self._next = next(self._frames, None)
        return self._now if seconds - self._since <= self._every + _SHOWN_LONGER else []

    def _read(self, path: Path) -> Iterator[dict[str, str]]:
        file = path.open(encoding="utf-8", newline="")
        self._files.append(file)
        return csv.DictReader(file)

    def __enter__(self) -> _Faces:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()


class _Film:
    """The video that is written: pictures, and the sound up to each of them."""

    def __init__(self, output: OutputContainer, source: InputContainer) -> None:
        self._output = output
        self._codec = available_codec()
        self._video: VideoStream | None = None
        self._start = 0.0
        self._frames = 0
        self._dropped = 0
        self._last_pts = -1
        self._sound = _Sound(output, source) if source.streams.audio else None

    def add(self, seconds: float, origin: float, frame: av.VideoFrame) -> None:
        """Add the next picture; of two with one time, one is left out."""
        if self._video is None:
            self._video = self._begun(frame)
            self._start = seconds
            if self._sound is not None:
                self._sound.begin(origin + seconds)
        pts = round((seconds - self._start) / _TIME_BASE)
        if pts <= self._last_pts:
            self._dropped += 1
            return
        if (frame.width, frame.height) != (self._video.width, self._video.height):
            frame = frame.reformat(width=self._video.width, height=self._video.height)
        frame.pts, frame.time_base = pts, _TIME_BASE
        self._last_pts = pts
        self._frames += 1
        if self._sound is not None:
            self._sound.write_to(seconds - self._start)
        self._output.mux(self._video.encode(frame))

    def _begun(self, frame: av.VideoFrame) -> VideoStream:
        stream = self._output.add_stream(self._codec, options=_OPTIONS[self._codec])
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        # MPEG-4 part 2 allows no finer clock than 1/65535 s.
        fine = self._codec != "mpeg4"
        stream.codec_context.time_base = _TIME_BASE if fine else Fraction(1, 1000)
        return stream

    def finish(self) -> VideoFacts:
        """Write what the encoder still holds, and return what became of it."""
        if self._video is not None:
            if self._sound is not None:
                self._sound.write_to(self._last_pts * float(_TIME_BASE) + _SOUND_LONGER)
                self._sound.finish()
            self._output.mux(self._video.encode(None))
        return VideoFacts(self._codec, self._frames, self._dropped, self._start)


class _Sound:
    """The first sound of a file: as it is where an MP4 takes it, else as AAC."""

    def __init__(self, output: OutputContainer, source: InputContainer) -> None:
        self._output = output
        stream = source.streams.audio[0]
        self._source = stream
        self._packets = source.demux(stream)
        self._copied = stream.codec_context.name in _TAKEN
        self._stream: AudioStream
        if self._copied:
            self._stream = output.add_stream_from_template(stream)
        else:
            self._stream = output.add_stream("aac", rate=stream.rate or 44_100)
        self._begins = 0.0
        self._waiting: av.Packet[Any] | None = None
        self._over = self._begun = False

    def begin(self, seconds: float) -> None:
        """Leave out what is before a time of the file."""
        self._begins = seconds

    def write_to(self, seconds: float) -> None:
        """Write the sound up to so many seconds after the beginning."""
        while not self._over:
            packet = self._waiting or self._next()
            self._waiting = None
            if packet is None:
                return
            if self._time_of(packet) > seconds:
                self._waiting = packet
                return
            if self._time_of(packet) >= 0:
                self._write(packet)

    def finish(self) -> None:
        """Write what the encoder still holds."""
        if not self._copied and self._begun:
            self._output.mux(self._stream.encode(None))

    def _next(self) -> av.Packet[Any] | None:
        # What is damaged ends the sound, and not the video.
        with suppress(av.FFmpegError):
            for packet in self._packets:
                if packet.pts is not None and packet.dts is not None:
                    return packet
        self._over = True
        return None

    def _time_of(self, packet: av.Packet[Any]) -> float:
        assert packet.pts is not None
        return float(packet.pts * packet.time_base) - self._begins

    def _write(self, packet: av.Packet[Any]) -> None:
        shift = round(Fraction(self._begins) / packet.time_base)
        if self._copied:
            assert packet.pts is not None
            assert packet.dts is not None
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = self._stream
            self._output.mux(packet)
            return
        with suppress(av.FFmpegError):
            for frame in self._source.decode(packet):
                frame.pts = None if frame.pts is None else frame.pts - shift
                self._begun = True
                self._output.mux(self._stream.encode(frame))


def _draw(image: Any, rows: list[dict[str, str]]) -> None:
    faces = []
    for row in rows:
        scores = tuple(float(row[emotion]) for emotion in EMOTIONS)
        box = Box(*(int(row[name]) for name in ("x", "y", "width", "height")))
        # A threshold by which the answer is what it was.
        threshold = 0.0 if row["answer"] == row["emotion"] else 1.01
        faces.append(SteadyReading(box, scores, threshold, held=row["emotion"]))
    draw_faces_on(image, faces, numbers=[_called(row, alone=len(rows) == 1) for row in rows])


def _called(row: dict[str, str], *, alone: bool) -> str | None:
    """Return what stands before a label: the name, which only clips have, or the number."""
    number = None if alone else row["person"] or None
    return as_it_was(row.get("name") or "") or number


if __name__ == "__main__":
    cv2.setNumThreads(1)
    cut_off()
    serve(write, limits=LIMITS)
