"""Faces, and what came of them, are for their owner alone, whatever the umask was."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.own.samples import add_samples, relabel_samples
from emotion_core.datasets.own.storage import create_own_dataset, own_data_dir, rename_own_dataset
from emotion_core.datasets.reading import cache
from emotion_core.datasets.uploads import keep_upload
from emotion_core.sessions.edits.persons import name_person
from emotion_core.sessions.storage import rename_session, sessions_dir
from emotion_core.system.storage.folders import PERSONAL_VARIABLES
from emotion_core.system.storage.temporary import TemporaryFolder
from emotion_core.training.runs.plan import RunPlan
from emotion_core.training.runs.run import open_run
from emotion_core.training.runs.storage import create_run, runs_dir
from emotion_core.training.runs.trainer import train
from tests.sessions.recordings import IMAGE, STARTED, event, face, start
from tests.training.runs.conftest import pictures, plan  # noqa: F401

pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders inherit who may read them there")


@pytest.fixture(autouse=True)
def anybody_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Write under a umask that lets all do all, and then look at what was written."""
    for variable in PERSONAL_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)
    written = [*tmp_path.glob("data/**/*"), *tmp_path.glob("cache/**/*")]
    assert len(written) > 2
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_sessions() -> None:
    recorder = start(sessions_dir(), with_video=True)
    recorder.record(STARTED + 1, [face(1, "happy")], IMAGE)
    recorder.record_event(event(1))
    session = recorder.stop()
    assert session.video is not None
    rename_session(session, name="Ada", notes="")
    name_person(session, 1, "Ada")


def test_own_faces() -> None:
    dataset = create_own_dataset(own_data_dir(), "me", "yes")
    faces = np.zeros((2, 48, 48), np.uint8)
    dataset = add_samples(dataset, faces, "happy", source="camera", sitting=1)
    dataset = relabel_samples(dataset, dataset.samples, "sad")
    rename_own_dataset(dataset, "you")


def test_uploads_and_what_is_read_of_them(demo: FaceDataset) -> None:
    keep_upload({"faces.csv": io.BytesIO(b"x")})
    cache.store(cache.dataset_key(("csv", "faces.csv"), ()), demo)
    folder = TemporaryFolder("upload")
    assert folder.path.stat().st_mode & 0o077 == 0


def test_runs(plan: RunPlan, tmp_path: Path) -> None:  # noqa: F811
    run = create_run(runs_dir(), plan)
    train(run.folder)
    assert open_run(run.folder).state == "done"
    assert list(tmp_path.rglob("events.out.tfevents.*"))
