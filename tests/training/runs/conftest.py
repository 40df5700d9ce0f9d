"""Runs in a folder of their own, with the smallest network on faces in files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.datasets.source import DataSource
from emotion_core.emotions import EMOTIONS
from emotion_core.training.runs.plan import RunPlan
from tests.conftest import TINY_CONFIG


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture(scope="session")
def pictures(demo: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demo as a folder of pictures, which another process can open."""
    folder = tmp_path_factory.mktemp("pictures")
    for index, face in enumerate(demo.images):
        split, emotion = SPLITS[demo.splits[index]], EMOTIONS[demo.labels[index]]
        path = folder / split / emotion / f"{index:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), face)
    return folder


@pytest.fixture
def plan(tmp_path: Path, pictures: Path) -> RunPlan:
    return RunPlan(
        name="tiny run",
        config=replace(TINY_CONFIG, epochs=3),
        data=DataSource(str(pictures)),
        created="2026-11-23T01:00:00+00:00",
        library=str(tmp_path / "models"),
    )
