"""A film from some place on is what it is there when it is read from its beginning.

Recorded video is read in parts, whichever the format: each frame has to be the same, at its time.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from emotion_core.video.container import open_container
from emotion_core.video.frames import pictures_of
from emotion_core.video.sources import VideoFile
from tests.video.formats import VP9
from tests.video.making import RATE, make, picture

FRAMES = 300


def frames_of(path, start: float) -> list[tuple[float, bytes]]:
    """Return the time and the picture of each frame from ``start`` on."""
    with closing(open_container(VideoFile.at(path), start)) as video:
        return [
            (round(frame.time - video.origin, 4), pictures_of(frame)[1].tobytes())
            for frame in video.frames()
            if frame is not None
        ]


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("film.mp4", "libx264", {}),
        ("fragments.mp4", "libx264", {"muxing": {"movflags": "frag_keyframe+empty_moov"}}),
        ("interlaced.mp4", "libx264", {"flags": "+ildct"}),
        ("film.mkv", "libx264", {}),
        ("film.avi", "libx264", {}),
        ("reordered.avi", "mpeg4", {"bf": "2", "qmax": "4"}),
        ("film.ts", "libx264", {}),
        ("interlaced.ts", "mpeg2video", {"flags": "+ildct+ilme"}),
        ("film.mpg", "mpeg2video", {}),
        ("film.flv", "libx264", {}),
        ("film.webm", "libvpx-vp9", VP9),
        ("live.webm", "libvpx-vp9", {**VP9, "muxing": {"live": "1"}}),
    ],
)
def test_it_makes_no_difference_where_reading_begins(tmp_path, name, codec, options):
    images = [picture(index % 12) for index in range(FRAMES)]
    path = make(tmp_path / name, codec, count=FRAMES, images=images, g="25", **options)
    whole = frames_of(path, 0.0)
    assert len(whole) == FRAMES
    for start in (4.0, 12.43):
        part = frames_of(path, start)
        assert part == whole[-len(part) :]
        assert part[0][0] == pytest.approx(start, abs=1 / RATE)
