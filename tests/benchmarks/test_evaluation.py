"""The benchmarks of the page Evaluate still run; their times are nobody's business here."""

import json
import subprocess
import sys

from emotion_core.system.folders import PROJECT

BENCHMARKS = PROJECT / "benchmarks"


def figures_of(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_evaluation_page(tiny_model):
    figures = figures_of(BENCHMARKS / "evaluation_page.py", "--data", "demo", "--model", tiny_model)
    assert figures["images"] == figures["robustness_images"] == 126
    assert figures["report_megabytes"] > 3


def test_explanations(tiny_model):
    figures = figures_of(
        BENCHMARKS / "explanations.py", "--data", "demo", "--model", tiny_model, "--images", "1"
    )
    assert figures["images"] == 1
    for method in figures["methods"].values():
        assert 0 <= method["deletion"] <= 1
