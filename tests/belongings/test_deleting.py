"""All kinds of things that people make, made, counted and deleted."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from emotion_core.access.tokens import add_token, list_tokens
from emotion_core.belongings.deleting import delete_everything
from emotion_core.belongings.kinds import KINDS, Amount, amount_of
from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.exclusions import exclusion_list, save_exclusions
from emotion_core.datasets.own.samples import add_samples
from emotion_core.datasets.own.storage import create_own_dataset, own_data_dir
from emotion_core.datasets.reading import cache
from emotion_core.datasets.uploads import keep_upload
from emotion_core.models.changes import add_model
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.in_use import model_in_use, put_to_use
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks.adding import add_task
from emotion_core.recorded.tasks.storage import tasks_dir
from emotion_core.sessions.storage import list_sessions, sessions_dir, take_sessions_back
from emotion_core.system.storage.folders import PERSONAL_VARIABLES
from emotion_core.system.viewer_settings import change_settings, read_settings
from emotion_core.training.runs.plan import RunPlan
from emotion_core.training.runs.storage import create_run, runs_dir
from emotion_core.video.sources import VideoFile
from tests.sessions.recordings import record, start
from tests.training.runs.conftest import pictures, plan  # noqa: F401

VIEWER = "ab" * 16


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in (*PERSONAL_VARIABLES, "EMOTION_MODELS_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def amounts() -> dict[str, Amount]:
    return {kind.name: amount_of(kind) for kind in KINDS}


def test_nothing_is_there_at_first() -> None:
    assert set(amounts().values()) == {Amount(0, 0)}
    done = delete_everything()
    assert (done.deleted, done.aside, done.problems) == ({}, (), ())


def test_one_of_each_is_counted_and_deleted(
    plan: RunPlan,  # noqa: F811
    demo: FaceDataset,
    tmp_path: Path,
) -> None:
    record(sessions_dir(), [(0.1, {1: "happy"})])
    dataset = create_own_dataset(own_data_dir(), "me", "yes")
    add_samples(dataset, np.zeros((2, 48, 48), np.uint8), "happy", source="camera", sitting=1)
    film = tmp_path / "film.mp4"
    film.write_bytes(b"no film")
    add_task(tasks_dir(), VideoFile.at(film), default_model_dir(), RecordedSettings())
    keep_upload({"faces.csv": io.BytesIO(b"x" * 1000)})
    save_exclusions(exclusion_list(demo, "odd ones", {"odd": np.array([0])}))
    create_run(runs_dir(), plan)
    shipped = default_model_dir()
    mine = add_model(shipped, "mine", load_card(shipped))
    put_to_use(mine.folder)
    change_settings(VIEWER, "live_camera", {"live_details": True})
    secret = add_token("lab", ["live"]).secret
    cache.store(cache.dataset_key(("csv", "faces.csv"), ()), demo)

    found = amounts()
    assert {name: each.count for name, each in found.items()} == {
        "Sessions": 1, "My data": 1, "Videos to read": 1, "Uploaded datasets": 1,
        "Correction lists": 1, "Training runs": 1, "Models": 1, "Settings": 2, "Tokens": 1,
        "Cache": 1,
    }  # fmt: skip
    assert found["Uploaded datasets"].size == 1000
    assert found["Models"].size > 1_000_000
    assert all(secret not in path.read_text() for path in (tmp_path / "data/tokens").glob("*"))

    done = delete_everything()
    assert done.problems == ()
    assert done.deleted == {name: each.count for name, each in found.items() if each.count}
    assert set(amounts().values()) == {Amount(0, 0)}
    assert model_in_use().folder == shipped  # which stays, and reads faces now
    assert read_settings(VIEWER) == {}
    assert list_tokens().tokens == ()
    assert film.exists()

    take_sessions_back(done.aside)
    assert len(list_sessions(sessions_dir()).sessions) == 1


def test_what_is_at_work_stays_and_is_told_and_the_rest_goes() -> None:
    recorder = start(sessions_dir())
    (sessions_dir() / "holiday").mkdir()
    add_token("lab", ["live"])
    done = delete_everything()
    assert len(done.problems) == 2
    assert f"{recorder.folder.name} is being recorded; stop the recording first" in done.problems
    assert any("holiday: expected a session with session.json" in each for each in done.problems)
    assert done.deleted == {"Tokens": 1}
    recorder.stop()
