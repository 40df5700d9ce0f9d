from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_core.datasets import SPLITS, VOTE_NAMES
from emotion_core.datasets.own.dataset import OwnDataset
from emotion_core.datasets.own.samples import add_samples
from emotion_core.datasets.own.storage import create_own_dataset, own_data_dir


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def faces() -> np.ndarray:
    """uint8 [6, 48, 48]; numbers of one, two and three digits in every place."""
    return np.random.default_rng(0).integers(0, 256, (6, 48, 48)).astype(np.uint8)


@pytest.fixture
def pixel_text() -> Callable[[np.ndarray], str]:
    return lambda face: " ".join(str(value) for value in face.ravel())


@pytest.fixture
def good_lines(faces: np.ndarray, pixel_text: Callable[[np.ndarray], str]) -> list[str]:
    """Header and six faces: label 0 to 5, two of each split."""
    return ["emotion,pixels,Usage"] + [
        f"{label},{pixel_text(face)},{SPLITS[label // 2]}" for label, face in enumerate(faces)
    ]


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., Path]:
    def write(lines: Iterable[str], name: str = "fer2013.csv", newline: str = "\n") -> Path:
        path = tmp_path / "data" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes("".join(line + newline for line in lines).encode())
        return path

    return write


@pytest.fixture
def vote_lines() -> list[str]:
    """FER+ votes for ``good_lines``: row r gives r votes to neutral, the others to happiness."""
    return ["Usage,Image name," + ",".join(VOTE_NAMES)] + [
        f"{SPLITS[row // 2]},fer{row:07}.png,{row},{10 - row},0,0,0,0,0,0,0,0" for row in range(6)
    ]


@pytest.fixture
def smooth_faces() -> np.ndarray:
    """uint8 [6, 48, 48]; different, as smooth and as grainy as photographs."""
    random = np.random.default_rng(3)
    coarse = random.normal(size=(6, 12, 12)).astype(np.float32)
    smooth = [cv2.resize(each, (48, 48), interpolation=cv2.INTER_CUBIC) for each in coarse]
    grain = random.normal(0, 8, (6, 48, 48))
    return np.clip(np.stack(smooth) * 40 + 128 + grain, 0, 255).astype(np.uint8)


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of all own datasets."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return own_data_dir()


@pytest.fixture
def me(parent: Path) -> OwnDataset:
    return create_own_dataset(parent, "me", "I agree.")


@pytest.fixture
def filled(me: OwnDataset, faces: np.ndarray) -> OwnDataset:
    """Two happy and one sad face of the first sitting, two sad ones of the second."""
    now = datetime(2026, 5, 22, 10, 15, tzinfo=UTC)
    me = add_samples(me, faces[:2], "happy", source="camera", sitting=1, now=now)
    later = now + timedelta(minutes=1)
    me = add_samples(me, faces[2:3], "sad", source="photo", sitting=1, now=later)
    return add_samples(me, faces[3:5], "sad", source="crop", sitting=2, now=later + timedelta(1))
