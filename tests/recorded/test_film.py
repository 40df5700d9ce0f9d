"""The video of a recording: boxes on it, its sound kept."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from emotion_core.recorded.job import VideoJob
from emotion_core.sessions.storage import Session
from tests.recorded.films import SIZE, analyst, job, picture_at, place_at


def write_film_with_sound(path: Path, seconds: float = 3.0, codec: str = "aac") -> Path:
    """Write a film with a tone that begins after a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        sound = container.add_stream(codec, rate=16_000, layout="mono")
        for index in range(round(20 * seconds)):
            frame = av.VideoFrame.from_ndarray(picture_at(index / 20), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 20)
            container.mux(stream.encode(frame))
            wave = np.sin(np.arange(800) * 0.3) * (index >= 20) * 20_000
            part = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], "s16", "mono")
            part.sample_rate, part.pts, part.time_base = 16_000, 800 * index, Fraction(1, 16_000)
            container.mux(sound.encode(part))
        container.mux([*stream.encode(), *sound.encode()])
    return path


def analyzed(film: Path, target: Path, **settings: object) -> Session:
    plain = job(film, target, **settings)
    wanted = VideoJob(plain.source, plain.target, plain.model, plain.settings, with_video=True)
    with analyst() as reader:
        return reader.analyze(wanted)


def tone_begins(path: Path) -> float:
    """Return when the tone of a file is heard first, in seconds."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(float).ravel())
            loud = loud / (32_768 if loud.max() > 1.5 else 1)
            if loud.max() > 0.2:
                return float(frame.time + np.argmax(loud > 0.2) / frame.sample_rate)
    raise AssertionError("there is no tone")


@pytest.mark.parametrize(("name", "codec"), [("film.mp4", "aac"), ("film.mkv", "pcm_s16le")])
def test_boxes_are_drawn_and_the_sound_is_kept(tmp_path, name, codec):
    film = write_film_with_sound(tmp_path / name, codec=codec)
    session = analyzed(film, tmp_path / "film")
    assert session.video is not None
    assert session.header.video.frames == session.frames == 60
    with av.open(str(session.video)) as container:
        frames = [
            (frame.time, frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)
        ]
    assert [time for time, _ in frames] == pytest.approx([n / 20 for n in range(60)], abs=0.01)
    time, image = frames[30]
    x, y = place_at(time)
    difference = np.abs(image.astype(int) - picture_at(time)).max(axis=2)
    assert (difference[y - 3 : y + 68, x - 3 : x + 2] > 60).any(axis=1).mean() > 0.8
    assert np.median(difference) < 25
    assert tone_begins(session.video) == pytest.approx(1.0, abs=0.1)


def test_a_part_begins_at_its_own_time(tmp_path):
    film = write_film_with_sound(tmp_path / "film.mp4")
    session = analyzed(film, tmp_path / "film", start=0.5, end=2.0)
    assert session.header.video.start == pytest.approx(0.5)
    assert session.header.video.frames == session.frames == 30
    assert tone_begins(session.video) == pytest.approx(0.5, abs=0.1)
