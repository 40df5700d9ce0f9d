from __future__ import annotations

from fractions import Fraction

import av
import pytest

from emotion_core.video.fitting import fit_frame


@pytest.mark.parametrize(
    ("size", "aspect", "fitted"),
    [
        ((640, 480), 1.0, (640, 480)),
        ((1280, 720), 1.0, (1280, 720)),
        ((1920, 1080), 1.0, (1280, 720)),
        ((3840, 1600), 1.0, (1280, 534)),
        ((1600, 1200), 1.0, (960, 720)),
        ((1080, 1920), 1.0, (720, 1280)),
        ((720, 576), 16 / 15, (768, 576)),
        ((641, 481), 1.0, (640, 480)),
        ((1, 1), 1.0, (2, 2)),
    ],
)
def test_sizes(size, aspect, fitted):
    frame = av.VideoFrame(*size, "yuv420p")
    frame.pts, frame.time_base = 7, Fraction(1, 20)
    result = fit_frame(frame, aspect)
    assert (result.width, result.height) == fitted
    assert result.time == frame.time
