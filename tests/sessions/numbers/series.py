"""Series whose mean and correlation are known."""

from __future__ import annotations

import numpy as np


def autoregressive(count: int, share: float, series: int, seed: int) -> np.ndarray:
    """Return AR(1) series with mean 0, float64 ``[count, series]``."""
    random = np.random.default_rng(seed)
    values = np.empty((count, series))
    values[0] = random.normal(size=series) / np.sqrt(1 - share**2)
    for place in range(1, count):
        values[place] = share * values[place - 1] + random.normal(size=series)
    return values
