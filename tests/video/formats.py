"""Every format that people have: how a film of it is made, and what is to be seen of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.source_videos import turn_video
from tests.video.making import (
    FRAMES,
    RATE,
    SIZE,
    animated,
    by_ffmpeg,
    make,
    trim,
)

VARYING = (0.0, 0.1, 0.15, 0.4, 1.4, 1.45)


@dataclass(frozen=True)
class Film:
    """What comes of a film.

    Attributes:
        name: of the file; it says the container.
        make: writes it.
        times: when its pictures are shown, in seconds; None: one after the other at the rate.
        which: the number of each picture; None: all, in order.
        size: as it is shown.
        corners: what stands at the left and right top and at the left bottom; the number of the
            picture, as grey, stands at the right bottom, where ``turned`` does not say otherwise.
        near: how far colours may be off, in steps of 255.
        complaint: said at the end.
    """

    name: str
    make: Callable[[Path], object]
    times: Sequence[float] | None = None
    which: Sequence[int] | None = None
    size: tuple[int, int] = SIZE
    turned: int = 0
    gray: bool = False
    near: float = 8
    complaint: str = ""


def of(codec: str, **options) -> Callable[[Path], object]:
    return lambda path: make(path, codec, **options)


def turned_by(quarters: int, **options) -> Callable[[Path], object]:
    a, b, c, d = ((1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0))[quarters]
    return lambda path: turn_video(make(path, **options), a, b, c, d)


VP9 = {"deadline": "realtime", "cpu-used": "8"}
FAST = {"preset": "ultrafast"}
X265 = {"preset": "ultrafast", "x265-params": "log-level=error"}
AV1 = {"preset": "12", "crf": "10"}

FILMS = {
    # --- codecs and containers
    "H.264 in MP4": Film("film.mp4", of("libx264")),
    "H.264 in MOV": Film("film.mov", of("libx264")),
    "H.264 in MKV": Film("film.mkv", of("libx264")),
    "H.264 in AVI": Film("film.avi", of("libx264")),
    "H.264 in TS": Film("film.ts", of("libx264")),
    "H.264 in FLV": Film("film.flv", of("libx264")),
    "H.264 in fragments": Film(
        "film.mp4", of("libx264", muxing={"movflags": "frag_keyframe+empty_moov"})
    ),
    "H.264 in lossless 4:4:4": Film("film.mp4", of("libx264", pixels="yuv444p", qp="0"), near=3),
    "H.264 of RGB": Film("film.mkv", of("libx264rgb", pixels="rgb24"), near=3),
    "HEVC in MP4": Film("film.mp4", of("libx265", **X265)),
    "HEVC in MKV": Film("film.mkv", of("libx265", **X265)),
    "HEVC in TS": Film("film.ts", of("libx265", **X265)),
    "VP8 in WebM": Film("film.webm", of("libvpx", **VP9)),
    "VP9 in WebM": Film("film.webm", of("libvpx-vp9", **VP9)),
    "VP9 in MP4": Film("film.mp4", of("libvpx-vp9", **VP9)),
    "AV1 in MP4": Film("film.mp4", of("libsvtav1", **AV1)),
    "AV1 in WebM": Film("film.webm", of("libsvtav1", **AV1)),
    "MPEG-4 ASP in AVI": Film("film.avi", of("mpeg4", bf="2", qmin="2", qmax="4")),
    "MPEG-4 ASP in MP4": Film("film.mp4", of("mpeg4", bf="2", qmin="2", qmax="4")),
    "Motion JPEG in AVI": Film("film.avi", of("mjpeg", pixels="yuvj420p", full=True, qmax="4")),
    "Motion JPEG in MOV": Film("film.mov", of("mjpeg", pixels="yuvj422p", full=True, qmax="4")),
    "MPEG-2 in TS": Film("film.ts", of("mpeg2video", qmax="4")),
    "MPEG-2 in MPG": Film("film.mpg", of("mpeg2video", qmax="4")),
    "ProRes in MOV": Film("film.mov", of("prores_ks", pixels="yuv422p10le")),
    "ProRes 4444 with a mask": Film("film.mov", of("prores_ks", pixels="yuva444p10le")),
    "FFV1 in MKV": Film("film.mkv", of("ffv1"), near=3),
    # --- the way it stands, and its shape
    **{
        f"turned by {90 * quarters} in {kind}": Film(
            f"film.{kind}",
            turned_by(quarters),
            size=SIZE if quarters == 2 else SIZE[::-1],
            turned=quarters,
        )
        for quarters in (1, 2, 3)
        for kind in ("mp4", "mov")
    },
    "16 x 16": Film("film.mp4", of("libx264", size=(16, 16)), size=(16, 16), near=15),
    "odd sides": Film("film.webm", of("libvpx-vp9", size=(97, 65), **VP9), size=SIZE),
    "4K": Film("film.mp4", of("libx264", size=(3840, 2160), count=1, **FAST), size=(1280, 720)),
    "4K upright": Film(
        "film.mp4",
        turned_by(1, size=(3840, 2160), count=1, **FAST),
        size=(720, 1280),
        turned=1,
    ),
    "wide pixels in MP4": Film("film.mp4", of("libx264", aspect=Fraction(4, 3)), size=(128, 64)),
    "wide pixels in MKV": Film("film.mkv", of("libx264", aspect=Fraction(4, 3)), size=(128, 64)),
    "narrow pixels in AVI": Film(
        "film.avi", of("mpeg4", aspect=Fraction(2, 3), qmax="4"), size=(64, 64)
    ),
    "wide pixels in TS": Film(
        "film.ts",
        of("mpeg2video", size=(720, 576), aspect=Fraction(64, 45), count=2, qmax="4"),
        size=(1024, 576),
    ),
    "wide pixels, turned": Film(
        "film.mp4", turned_by(1, aspect=Fraction(4, 3)), size=(64, 128), turned=1
    ),
    # --- colours
    "10 bits, HEVC": Film("film.mp4", of("libx265", pixels="yuv420p10le", **X265)),
    "10 bits, AV1": Film("film.mp4", of("libsvtav1", pixels="yuv420p10le", **AV1)),
    "10 bits, VP9": Film(
        "film.webm",
        lambda path: by_ffmpeg(path, "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p10le", "-crf", "10"),
    ),
    "10 bits, 4:2:2": Film("film.mkv", of("libx264", pixels="yuv422p10le")),
    "4:2:2": Film("film.mp4", of("libx264", pixels="yuv422p")),
    "full range, H.264": Film("film.mp4", of("libx264", pixels="yuvj420p", full=True)),
    "full range, HEVC of 10 bits": Film(
        "film.mp4", of("libx265", pixels="yuv420p10le", full=True, **X265)
    ),
    "full range, turned": Film(
        "film.mp4",
        turned_by(1, pixels="yuvj420p", full=True),
        size=SIZE[::-1],
        turned=1,
    ),
    "BT.709": Film("film.mp4", of("libx264", standard="709")),
    "BT.709, turned": Film("film.mp4", turned_by(1, standard="709"), size=SIZE[::-1], turned=1),
    "BT.709, full range": Film(
        "film.mkv", of("libx264", standard="709", pixels="yuvj420p", full=True)
    ),
    "grey, H.264": Film("film.mp4", of("libx264", pixels="gray"), gray=True),
    "grey, full range": Film("film.mkv", of("libx264", pixels="gray", full=True), gray=True),
    # FFV1 does not say which range its grey has: it is taken for the full one.
    "grey, FFV1": Film("film.mkv", of("ffv1", pixels="gray", full=True), gray=True),
    # --- times
    **{
        f"varying rate in {kind}": Film(
            f"film.{kind}", of(codec, times=VARYING, **options), VARYING
        )
        for kind, codec, options in (
            ("mp4", "libx264", {}),
            ("mkv", "libx264", {}),
            ("ts", "libx264", {}),
            ("webm", "libvpx-vp9", VP9),
        )
    },
    "one picture": Film("film.mp4", of("libx264", count=1)),
    "no length in its header": Film("film.webm", of("libvpx-vp9", muxing={"live": "1"}, **VP9)),
    "begins late by its edit list": Film(
        "film.mp4", of("libx264", times=[0.5 + index / RATE for index in range(FRAMES)])
    ),
    "begins later than its sound": Film(
        "film.mp4",
        of("libx264", times=[0.5 + index / RATE for index in range(FRAMES)], sound=True),
        [0.5 + index / RATE for index in range(FRAMES)],
    ),
    "begins in its middle by its edit list": Film(
        "film.mp4",
        lambda path: trim(make(path, g="30"), 2 / RATE),
        [index / RATE for index in range(FRAMES - 2)],
        range(2, FRAMES),
    ),
    "a clock that starts at an hour": Film(
        "film.ts",
        of("libx264", times=[3600 + index / RATE for index in range(FRAMES)]),
    ),
    "two recordings in one": Film(
        "film.ts",
        lambda path: path.write_bytes(2 * make(path, "libx264", times=VARYING).read_bytes()),
        [*VARYING, *(1.5 + time for time in VARYING)],
        2 * list(range(FRAMES)),
        complaint=(
            "expected times that go on, found that those of film.ts begin anew 1 time; its parts "
            "were put one after the other"
        ),
    ),
    # --- moving pictures that are no video
    "GIF": Film(
        "film.gif",
        lambda path: animated(path, [100, 50, 250, 1000, 50, 50]),
        VARYING,
        near=25,  # of 256 colours, in squares
    ),
    # --- names
    "spaces, umlauts and a line break": Film("ein Film\nfür ümläute.mp4", of("libx264")),
    "a name that looks like an address": Film("http:film.mp4", of("libx264")),
    "a name that looks like a pattern": Film("film%03d*.mp4", of("libx264")),
}
