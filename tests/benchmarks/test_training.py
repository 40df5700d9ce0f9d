"""The benchmark of the page that trains still runs; what it measures is not looked at."""

import json
import subprocess
import sys

import pytest

from emotion_core.system.folders import PROJECT

BENCHMARK = PROJECT / "benchmarks" / "training_page.py"


def test_the_first_point_and_the_cost_of_watching():
    command = [sys.executable, BENCHMARK, "--window", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    if "need Chromium and none" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert 0 < figures["stages_began_seconds"]["starting"] < figures["first_point_seconds"]
    assert figures["page_percent_of_a_core"] >= 0
