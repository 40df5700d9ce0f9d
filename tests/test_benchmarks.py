"""Benchmarks still run; what they measure is nobody's business on a busy machine."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_reading_the_data_set():
    command = [sys.executable, BENCHMARKS / "dataset_read.py", "--rows", "30", "--repeat", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["equal_pixels"] is True
