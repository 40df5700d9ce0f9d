"""Every format that people have, one by one: the right pictures at the right times, or one line.

The table in ``formats`` says of each film how it is made and what comes of it: how many pictures,
when they are shown, how large, the right way up, and in which colours.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from emotion_core.errors import SourceError
from emotion_core.video.apart import Decoder
from emotion_core.video.container import open_container
from emotion_core.video.frames import pictures_of
from emotion_core.video.opening import open_source
from emotion_core.video.sources import VideoFile
from tests.source_videos import write_sound
from tests.video.formats import FILMS, VP9, of
from tests.video.making import (
    BLUE,
    FRAMES,
    GREEN,
    RATE,
    RED,
    animated,
    cut,
    damage,
    gray_of,
    make,
    moving_bar,
    picture,
)


@pytest.mark.parametrize("name", FILMS)
def test_a_film_is_seen_as_it_was_made(name, tmp_path):
    film = FILMS[name]
    path = tmp_path / film.name
    film.make(path)
    with closing(open_container(VideoFile.at(path))) as video:
        frames = [frame for frame in video.frames() if frame is not None]
        origin = video.origin
        assert video.complaint == film.complaint
    which = list(range(len(frames)) if film.which is None else film.which)
    times = [index / RATE for index in range(len(frames))] if film.times is None else film.times
    assert [frame.time - origin for frame in frames] == pytest.approx(list(times), abs=0.0021)
    assert {(frame.width, frame.height) for frame in frames} == {film.size}
    seen = [corners(pictures_of(frame)[0]) for frame in frames]
    for index, colours in zip(which, seen, strict=True):
        wanted = np.array([RED, GREEN, BLUE, 3 * (gray_of(index),)])
        if film.gray:
            wanted = (wanted @ (0.299, 0.587, 0.114))[:, None].repeat(3, axis=1)
        top_left, top_right, bottom_left, bottom_right = np.roll(
            wanted[[0, 1, 3, 2]], film.turned, axis=0
        )[[0, 1, 3, 2]]
        np.testing.assert_allclose(
            colours, [top_left, top_right, bottom_left, bottom_right], atol=film.near
        )


def corners(image: np.ndarray) -> np.ndarray:
    """Return the colours of a picture's quarters, RGB ``[4, 3]``: left and right top, then below.

    Their edges are left out, where an encoder mixes colours.
    """
    height, width = (side // 2 for side in image.shape[:2])
    quarters = [
        image[top : top + height, left : left + width] for top in (0, height) for left in (0, width)
    ]
    return np.array(
        [
            quarter[height // 4 : -(height // 4), width // 4 : -(width // 4), ::-1].mean((0, 1))
            for quarter in quarters
        ]
    )


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("film.ts", "mpeg2video", {"flags": "+ildct+ilme", "qmax": "3"}),
        ("film.mp4", "libx264", {"flags": "+ildct", "crf": "10"}),
    ],
)
def test_an_interlaced_film_has_no_combs(tmp_path, name, codec, options):
    path = make(tmp_path / name, codec, images=moving_bar(FRAMES), **options)
    with closing(open_container(VideoFile.at(path))) as video:
        frames = [frame for frame in video.frames() if frame is not None]
        origin = video.origin
    times = [frame.time - origin for frame in frames]
    assert times == pytest.approx(np.arange(FRAMES) / RATE, abs=0.001)
    for index, frame in enumerate(frames):
        gray = pictures_of(frame)[1][8:-8].astype(float)
        combs = np.abs(2 * gray[1:-1] - gray[:-2] - gray[2:]).mean()
        assert combs < 3, f"picture {index}"  # 9 as it was filmed
        # The bar stands where it stood when the first half was taken.
        bright = (gray > 130).mean(axis=0)
        assert (bright @ np.arange(len(bright))) / bright.sum() == pytest.approx(
            2 * 2 * index + 15.5, abs=1
        )


def long_film(path: Path, codec: str, **options) -> Path:
    """Write five seconds in which a damaged place is a small one: most of each picture is noise."""
    noise = np.random.default_rng(7).integers(0, 256, (64, 80, 3)).astype(np.uint8)
    images = []
    for index in range(100):
        images.append(picture(index % 12, (160, 128)))
        images[-1][:64, :80] = np.roll(noise, index * 7, axis=0)
    return make(path, codec, count=len(images), images=images, size=(160, 128), g="10", **options)


FRONT = {"muxing": {"movflags": "faststart"}}
LEFT_OUT = "expected a whole video, found damaged places in {0}; they were left out"
BREAKS_OFF = "expected 5 s of video, found that {0} breaks off after 3 s; what there is was played"


@pytest.mark.parametrize(
    ("name", "codec", "options", "damaged", "cut_off"),
    [
        ("film.mp4", "libx264", FRONT, LEFT_OUT, BREAKS_OFF),
        ("film.mkv", "libx264", {}, LEFT_OUT, BREAKS_OFF),
        ("film.flv", "libx264", {}, LEFT_OUT, BREAKS_OFF),
        ("film.mov", "mjpeg", {"pixels": "yuvj420p", "full": True, **FRONT}, LEFT_OUT, BREAKS_OFF),
        # Matroska goes on behind a broken place, and nobody sees that VP9 frames are missing.
        ("film.webm", "libvpx-vp9", VP9, "", BREAKS_OFF),
        # These do not say how long they are.
        ("film.ts", "libx264", {}, LEFT_OUT, ""),
        ("film.mpg", "mpeg2video", {}, LEFT_OUT, LEFT_OUT),
    ],
)
def test_a_break_and_a_missing_end_cost_what_is_missing(
    tmp_path, name, codec, options, damaged, cut_off
):
    path = long_film(tmp_path / name, codec, **options)
    whole = path.read_bytes()
    for spoil, complaint, least in (
        (lambda: damage(path, 0.5, 0.53), damaged, 85),
        (lambda: cut(path, 0.6), cut_off, 50),
    ):
        path.write_bytes(whole)
        spoil()
        with closing(open_container(VideoFile.at(path))) as video:
            frames = [frame for frame in video.frames() if frame is not None]
            origin = video.origin
            assert video.complaint == complaint.format(name)
        places = [round((frame.time - origin) * RATE) for frame in frames]
        assert least <= len(places) < 100
        assert places == sorted(set(places))
        # All but the one in which a decoder fills in what is missing are what they were.
        wrong = [
            place
            for place, frame in zip(places, frames, strict=True)
            if abs(corners(pictures_of(frame)[0])[3].mean() - gray_of(place % 12)) > 8
        ]
        assert len(wrong) <= 1


def test_a_name_of_any_letters_is_read_by_the_other_process_too(tmp_path):
    path = make(tmp_path / "ein Film\nfür ümläute.mp4", count=2)
    with Decoder() as decoder, open_source(VideoFile.at(path), decoder) as video:
        assert len([frame for frame in video.frames() if frame is not None]) == 2
    cut(path, 0.5)
    with (
        Decoder() as decoder,
        pytest.raises(SourceError) as raised,
        open_source(VideoFile.at(path), decoder),
    ):
        pass
    assert "something else in ein Film für ümläute.mp4; choose" in str(raised.value)


NO_VIDEO = "expected a video such as MP4, MOV, MKV, WebM or AVI, found "


REFUSED = {
    "no frames, MP4": (
        "film.mp4",
        of("libx264", count=0),
        "expected a video, found no picture in film.mp4; choose another one",
    ),
    "no frames, AVI": (
        "film.avi",
        of("mpeg4", count=0),
        "expected a video, found no picture in film.avi; record or export it again",
    ),
    "sound": ("film.m4a", write_sound, "expected a video, found sound with a picture"),
    "sound alone": (
        "film.mp3",
        lambda path: path.write_bytes(b"ID3\x04" + bytes(100)),
        NO_VIDEO + "sound in film.mp3; choose a file with a picture",
    ),
    "no frames, MKV": (
        "film.mkv",
        of("libx264", count=0),
        NO_VIDEO + "no picture in film.mkv; record or export it again",
    ),
    "animated WebP": (
        "film.webp",
        lambda path: animated(path, [100, 100]),
        NO_VIDEO + "a picture (WebP) in film.webp; convert one that moves to GIF or MP4",
    ),
    "a photo": (
        "film.png",
        lambda path: animated(path, [100]),
        NO_VIDEO + "a picture (PNG) in film.png; open it on the page Photo",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_seen_is_told_in_one_line(name, tmp_path):
    file, write, message = REFUSED[name]
    write(tmp_path / file)
    with (
        pytest.raises(SourceError) as raised,
        closing(open_container(VideoFile.at(tmp_path / file))) as video,
    ):
        list(video.frames())
    assert str(raised.value).startswith(message)
    assert len(str(raised.value).splitlines()) == 1
