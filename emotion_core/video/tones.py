"""PQ video, as HDR10 has it, to what everything else takes pictures for: the tones of usual video.

Shown as it is stored it looks pale: its numbers mean other amounts of light. Each channel goes
through one curve, to light as PQ means it (ITU-R BT.2100), and back to numbers as usual video has
them (BT.1886). The white of paper stays near white; what is brighter is drawn together.

HLG, the other HDR, is made to be shown as it is stored (``benchmarks/hdr.py`` compares both).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

# How frames say that their numbers are PQ (ISO/IEC 23091-2, transfer characteristics).
_PQ: Final = 16

# Candelas a square metre: of white paper in HDR (ITU-R BT.2408), and the most that PQ can say.
_WHITE: Final = 203.0
_PEAK: Final = 10_000.0
# Of usual screens.
_GAMMA: Final = 2.4
# Up to this share of white, light stays what it is.
_KNEE: Final = 0.6


def is_pq(frame: av.VideoFrame) -> bool:
    """Tell PQ video by what its frames say."""
    return int(frame.color_trc) == _PQ


def usual_tones(frame: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """Return a frame of PQ video as usual video would show it.

    Args:
        frame: of a video that `is_pq`.
        width: of the picture.
        height: of the picture.

    Returns:
        RGB uint8 ``[height, width, 3]``, a little less colourful than it was filmed: of its
        colours, only the brightness is converted.
    """
    stored = frame.to_ndarray(format="rgb48le", width=width, height=height)
    return np.take(_curve(), np.asarray(stored, np.uint16))


@cache
def _curve() -> NDArray[np.uint8]:
    """Return what becomes of each 16-bit number, uint8 ``[65536]``."""
    light = _light(np.arange(65536) / 65535) / _WHITE
    above = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
    shown = np.minimum(light, _KNEE) + (1 - _KNEE) * (1 - np.exp(-above))
    return (255 * shown ** (1 / _GAMMA)).round().astype(np.uint8)


def _light(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what PQ means, in candelas a square metre (BT.2100, table 4)."""
    m1, m2 = 2610 / 16384, 128 * 2523 / 4096
    c1, c2, c3 = 3424 / 4096, 32 * 2413 / 4096, 32 * 2392 / 4096
    power = stored ** (1 / m2)
    return np.asarray(_PEAK * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1))
