"""Shares with their 95% intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

#: Two-sided 95% quantile of the normal distribution.
Z_95: Final = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A share 0..1 with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> list[float]:
        """Both ends of the interval, as JSON takes them."""
        return [self.low, self.high]


def wilson_interval(successes: int, trials: int) -> Estimate:
    """Return ``successes / trials`` with its 95% score interval (Wilson 1927).

    Without trials nothing is known: the value is 0 and the interval 0 to 1.
    """
    if trials == 0:
        return Estimate(0.0, 0.0, 1.0)
    share = successes / trials
    denominator = 1 + Z_95**2 / trials
    center = share + Z_95**2 / (2 * trials)
    margin = Z_95 * math.sqrt(share * (1 - share) / trials + Z_95**2 / (4 * trials**2))
    low = max(0.0, (center - margin) / denominator)
    high = min(1.0, (center + margin) / denominator)
    return Estimate(share, low, high)
