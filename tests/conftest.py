"""What many tests share: a small demo dataset and a tiny model trained on it for one epoch."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports TensorFlow: no page of build details in the test output.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The tests share one process and a busy machine: what that can serve is not what they are about.
os.environ.setdefault("EMOTION_MOST_VIEWERS", "50")

# Before TensorFlow as well: TensorFlow 2.21 exports names that pylibsrtp 1.0, which aiortc needs,
# takes for its own when it is loaded second, and the process dies. The app avoids this by never
# importing TensorFlow; the tests have both in one process.
import pylibsrtp  # noqa: F401

from emotion_core.datasets import FaceDataset, demo_dataset
from emotion_core.training.config import AugmentationConfig, TrainingConfig

#: One epoch of this takes about a second.
TINY_CONFIG = TrainingConfig(
    filters=(4, 8),
    depths=(1, 1),
    epochs=1,
    batch_size=16,
    dropout=0.1,
    augmentation=AugmentationConfig(erase_probability=0.2),
    seed=7,
)


@pytest.hookimpl(trylast=True)  # when the tests in a browser are marked as such
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def nobodys_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what somebody made or put to use on this machine out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOTION_DATA_DIR", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def no_precedence() -> Iterator[None]:
    """Nothing that a test calls may raise its thread above all others of the machine."""
    yield
    if hasattr(os, "sched_getscheduler") and os.sched_getscheduler(0) in (
        os.SCHED_FIFO,
        os.SCHED_RR,
    ):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        pytest.fail("expected this thread to be scheduled as others are, found it in real time")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for models of its own, which is not there yet, and a setting of its own."""
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "models"


@pytest.fixture(autouse=True)
def same_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what Streamlit replaces by the app: a process spawned later would run the app."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def demo() -> FaceDataset:
    return demo_dataset(images_per_class=12, seed=0)


@pytest.fixture(scope="session")
def tiny_model(demo: FaceDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder. Read-only by agreement: copy it before changing a file."""
    from emotion_core.training.fitting.export import export_run
    from emotion_core.training.fitting.loop import TrainingLoop

    folder = tmp_path_factory.mktemp("models")
    run = TrainingLoop.start(TINY_CONFIG, demo, folder / "tiny.training")
    export_run(run, run.run(), folder / "tiny")
    return folder / "tiny"
