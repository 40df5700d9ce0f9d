from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from emotion_core.video.fitting import fit_frame
from emotion_core.video.frames import gray_picture_of


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


# Share of the signal, and the light that it means in candelas a square metre: black, 18% grey, a
# grey card and white paper (ITU-R BT.2408, table 1).
@pytest.mark.parametrize(("signal", "light"), [(0.0, 0), (0.38, 26), (0.56, 162), (0.58, 203)])
def test_pq_gets_the_tones_of_usual_video(signal, light):
    planes = np.full((96, 64), 512, np.uint16)
    planes[:64] = round(64 + 876 * signal)
    frame = av.VideoFrame.from_ndarray(planes, "yuv420p10le")
    frame.color_range, frame.colorspace, frame.color_trc = 1, 9, 16
    assert gray_picture_of(fit_frame(frame)).mean() == pytest.approx(usual(light), abs=3)
    frame.color_trc = 18  # HLG stays what it is
    assert gray_picture_of(fit_frame(frame)).mean() == pytest.approx(255 * signal, abs=2)


def usual(light: float) -> float:
    """Return how bright usual video shows light; above 122 candelas it draws it together."""
    return {162: 226, 203: 239}.get(light, 255 * (light / 203) ** (1 / 2.4))
