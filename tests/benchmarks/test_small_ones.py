"""Benchmarks still run; what they measure is nobody's business on a busy machine."""

import json
import os
import subprocess
import sys

import pytest

from emotion_core.system.folders import PROJECT

BENCHMARKS = PROJECT / "benchmarks"


def test_the_layout():
    command = [sys.executable, BENCHMARKS / "layout.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["circles"], figures["upwards"]) == ([], [])
    assert figures["names"]["emotion_core"] > figures["names"]["emotion_core/system"] > 0


def test_reading_the_data_set():
    command = [sys.executable, BENCHMARKS / "dataset_read.py", "--rows", "30", "--repeat", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["equal_pixels"] is True


def test_speed_of_one_face(tiny_model):
    command = [sys.executable, BENCHMARKS / "classifier_speed.py", tiny_model, "--faces", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert len(figures) == 2
    assert figures[str(tiny_model)]["million_multiply_accumulates"] > 0


def test_training_throughput():
    command = [sys.executable, BENCHMARKS / "training_throughput.py"]
    done = subprocess.run(
        [*command, "--images", "64", "--repeat", "1"], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["host augmentation, float32"]["ratio"] == 1
    assert len(figures) == 7


def test_ablation_resumes_and_compares(tmp_path):
    command = [sys.executable, BENCHMARKS / "ablation.py", "--data", "demo", "--out", tmp_path]
    small = ["--set", "filters=4,8", "--set", "depths=1,1", "--epochs", "1"]
    for _ in range(2):  # the second time nothing is left to train
        done = subprocess.run(
            [*command, *small, "--only", "no flip"], capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, done.stderr
    assert "no flip, seed 0" not in done.stderr
    figures = json.loads(done.stdout)
    assert figures["baseline"]["points_above_baseline"] == 0
    assert figures["baseline"]["clear"] is False
    assert {"baseline-0", "no-flip-0"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.fer2013
def test_turning_tilted_faces_upright():
    if "FER2013_CSV" not in os.environ:
        pytest.skip("FER2013_CSV names no data set")
    command = [sys.executable, BENCHMARKS / "tilt.py", "--data", os.environ["FER2013_CSV"]]
    done = subprocess.run([*command, "--images", "60"], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    angles = json.loads(done.stdout)["angles"]
    assert angles["0"]["as it is"] == angles["0"]["turned upright"]
    assert angles["45"]["as it is"] < angles["45"]["turned upright"]
