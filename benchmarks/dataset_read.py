"""How fast ``open_dataset`` reads a FER2013 CSV file, against pandas and splitting every string.

    python benchmarks/dataset_read.py /path/to/fer2013.csv
    python benchmarks/dataset_read.py --rows 200    # a small generated file, for a smoke test

Prints JSON: best of several runs in seconds (``first_read`` with an empty cache, filling it;
``reopen`` from the cache) and in seconds of processor time (the fairer figure on a busy machine),
peak memory of each process in MB, and whether all gave equal pixels.
Every run is a process of its own; imports are not timed. This process imports nothing large, for
on Linux a child's peak memory starts at its parent's.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

METHODS = ("pandas_split", "first_read", "reopen")
CACHE_DIR_VARIABLE = "EMOTION_CACHE_DIR"


def main() -> None:
    """Run every method several times and print the best of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", nargs="?", type=Path, help="fer2013.csv")
    parser.add_argument("--rows", type=int, help="generate a file of so many faces instead")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each method (default: 3)")
    parser.add_argument("--measure", choices=METHODS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        print(json.dumps(measure(options.measure, options.csv)))
        return
    if (options.csv is None) == (options.rows is None):
        parser.error("give either a CSV file or --rows")
    with tempfile.TemporaryDirectory() as folder:
        path = options.csv or write_random_faces(Path(folder) / "fer2013.csv", options.rows)
        print(json.dumps(compare(path, Path(folder), options.repeat), indent=2))


def compare(path: Path, folder: Path, repeat: int) -> dict[str, Any]:
    """Return the figures of all methods on one file; the methods take turns."""
    path.read_bytes()  # so that nobody waits for the disk
    runs: dict[str, list[dict[str, Any]]] = {method: [] for method in METHODS}
    for turn in range(repeat):
        cache = str(folder / f"cache-{turn}")
        for method in METHODS:
            runs[method].append(run_apart(method, path, cache))
    best, least_cpu = (
        {method: min(run[key] for run in runs[method]) for method in METHODS}
        for key in ("seconds", "cpu_seconds")
    )
    digests = {run["digest"] for method in METHODS for run in runs[method]}
    return {
        "file_mb": round(path.stat().st_size / 1e6, 1),
        "seconds": {method: round(seconds, 4) for method, seconds in best.items()},
        "cpu_seconds": {method: round(seconds, 4) for method, seconds in least_cpu.items()},
        "peak_mb": {
            method: round(max(run["peak_mb"] for run in runs[method])) for method in METHODS
        },
        "first_read_speedup": round(best["pandas_split"] / best["first_read"], 1),
        "first_read_cpu_speedup": round(least_cpu["pandas_split"] / least_cpu["first_read"], 1),
        "equal_pixels": len(digests) == 1,
    }


def run_apart(method: str, path: Path, cache: str) -> dict[str, Any]:
    """Measure one method in a process of its own."""
    output = subprocess.run(
        [sys.executable, __file__, "--measure", method, str(path)],
        env=os.environ | {CACHE_DIR_VARIABLE: cache, "PYTHONPATH": str(Path(__file__).parents[1])},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    result: dict[str, Any] = json.loads(output)
    return result


def measure(method: str, path: Path) -> dict[str, Any]:
    """Read the file once and return seconds, peak memory and a digest of the pixels."""
    read = prepare_pandas() if method == "pandas_split" else prepare_emotion_core()
    cpu_start, start = time.process_time(), time.perf_counter()
    images = read(path)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_mb": peak / (1e6 if sys.platform == "darwin" else 1e3),  # bytes there, KiB elsewhere
        "digest": hashlib.sha256(images.tobytes()).hexdigest(),
    }


def prepare_pandas() -> Callable[[Path], Any]:
    """Return the reader of the tutorials: pandas for the lines, numpy for string after string."""
    import numpy as np
    import pandas as pd

    def read(path: Path) -> Any:
        table = pd.read_csv(path)
        return np.stack([np.array(text.split(), dtype=np.uint8) for text in table["pixels"]])

    return read


def prepare_emotion_core() -> Callable[[Path], Any]:
    """Return the project's own reader."""
    from emotion_core.datasets import open_dataset

    return lambda path: open_dataset(path).images


def write_random_faces(path: Path, rows: int) -> Path:
    """Write a file of the official form whose faces are noise."""
    source = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        file.write("emotion,pixels,Usage\n")
        for row in range(rows):
            pixels = " ".join(str(value) for value in source.randbytes(48 * 48))
            file.write(f"{row % 7},{pixels},Training\n")
    return path


if __name__ == "__main__":
    main()
