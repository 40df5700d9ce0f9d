"""The benchmarks of live video still run; what they measure is nobody's business here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(name: str, *arguments: str) -> dict:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / name, *arguments],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_following_faces(tmp_path):
    file = tmp_path / "figures.json"
    figures = run("live_tracking.py", "--seconds", "0.2", "--repeat", "1", "--json", str(file))
    assert json.loads(file.read_text("utf-8")) == figures
    assert set(figures["films_without_faces"]["tracker"].values()) == {0}
    assert figures["milliseconds_a_frame"]["640x480, one face"]["tracker"]["faces_shown"] > 0.5


def test_the_lag_of_labels():
    lag = run("label_flicker.py")["lag_seconds"]
    assert lag["0 s"]["sure"] == 0
    assert 0.3 < lag["0.5 s"]["sure"] < 0.6


@pytest.mark.fer2013
def test_the_crop_rule():
    if "FER2013_CSV" not in os.environ:
        pytest.skip("FER2013_CSV names no data set")
    figures = run("crop_rule.py", "--data", os.environ["FER2013_CSV"], "--images", "6")
    assert figures["pictures"] == 6
    assert 0 < figures["photo preset"]["found"] <= 1


@pytest.mark.skipif(
    "EMOTION_TEST_MEDIA" not in os.environ, reason="EMOTION_TEST_MEDIA names no folder of videos"
)
def test_the_clips():
    figures = run(
        "live_tracking.py", "--media", os.environ["EMOTION_TEST_MEDIA"], "--seconds", "0.1",
        "--repeat", "1",
    )  # fmt: skip
    turning = figures["clips"]["two-people-turning-heads"]["tracker"]
    walking = figures["clips"]["people-walking-and-pausing"]["tracker"]
    assert turning["coverage"] >= 0.9
    assert walking["coverage"] >= 0.95
    for clip in (turning, walking):
        assert set(clip["numbers"].values()) == {1}
        assert (clip["shared_numbers"], clip["false_boxes"]) == (0, 0)
