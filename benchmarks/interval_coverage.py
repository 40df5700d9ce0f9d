"""How often 95% intervals over time hold the mean of a known process, and tests call like unlike.

    python benchmarks/interval_coverage.py --json figures.json

AR(1) processes with mean 0, in which each value keeps ``share`` of the one before, ``count`` values
a series, a value standing for a bin of a quarter of a second. ``held``: the share of ``--series``
series whose interval (`emotion_core.sessions.numbers.resampling`) holds 0; ``held_frame_by_frame``:
the same of mean ± 1.96 standard errors as if values were independent. ``called_different``: the
share of pairs of such series for which p is below 0.05, by blocks of time, as two groups and as
pairs (`emotion_core.sessions.numbers.comparing`).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from emotion_core.sessions.numbers.comparing import blocks_of, common_length
from emotion_core.sessions.numbers.resampling import Bins, estimates
from emotion_core.sessions.numbers.testing import differences
from emotion_core.system.storage.files import write_json
from tests.sessions.numbers.series import autoregressive

#: What of a value the next one keeps, and how many there are: 50 s, two and a half minutes, ten.
PROCESSES: Final = ((0.8, 200), (0.8, 600), (0.8, 2400), (0.95, 600), (0.95, 2400))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=300, help="of each process (default 300)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    figures = {
        f"{share}, {count}": measured(share, count, options.series) for share, count in PROCESSES
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def measured(share: float, count: int, series: int) -> dict[str, Any]:
    """Return the figures of one process."""
    first, second = (autoregressive(count, share, series, seed) for seed in (1, 2))
    found = [estimates(bins_of(column))[0][0] for column in first.T]
    margin = 1.96 * first.std(axis=0) / np.sqrt(count)
    p: dict[str, list[float]] = {"groups": [], "pairs": []}
    for one, other in zip(first.T, second.T, strict=True):
        sides = bins_of(one), bins_of(other)
        length = common_length(sides)
        units = [blocks_of(each, length) for each in sides]
        for name in p:
            (difference,) = differences(units[0], units[1], paired=name == "pairs")
            p[name].append(1.0 if difference.p is None else difference.p)
    return {
        "held": mean_of(each.low is not None and each.low <= 0 <= each.high for each in found),
        "held_frame_by_frame": mean_of(np.abs(first.mean(axis=0)) <= margin),
        "called_different": {name: mean_of(np.array(each) < 0.05) for name, each in p.items()},
    }


def bins_of(values: np.ndarray) -> Bins:
    """Return values as bins in which somebody was seen all the time."""
    count = len(values)
    return Bins(np.ones(count), values[:, None], np.zeros(count, np.intp), np.arange(count))


def mean_of(values: Any) -> float:
    """Return a share with three digits."""
    return round(float(np.mean(list(values))), 3)


if __name__ == "__main__":
    main()
