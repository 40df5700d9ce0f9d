"""Each thing that people do with what is kept is in the audit list, once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.access.tokens import add_token, revoke_token
from emotion_core.belongings.backup import back_up, restore
from emotion_core.datasets.checks.exclusions import delete_exclusions
from emotion_core.datasets.own.storage import (
    create_own_dataset,
    delete_own_dataset,
    export_own_dataset,
    own_data_dir,
)
from emotion_core.datasets.source import DataSource
from emotion_core.datasets.uploads import delete_upload, keep_upload
from emotion_core.models.changes import delete_model, export_to, rename_model
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks.adding import add_task
from emotion_core.recorded.tasks.storage import delete_task, tasks_dir
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.exports.offered import offered_files, write_all, write_marks_csv
from emotion_core.sessions.storage import (
    Session,
    delete_session,
    sessions_dir,
    set_session_aside,
    take_sessions_back,
)
from emotion_core.training.runs.plan import RunPlan
from emotion_core.training.runs.storage import create_run, delete_run, export_run_zip, runs_dir
from emotion_core.video.sources import VideoFile
from tests.conftest import TINY_CONFIG
from tests.model_files import add_model_folder
from tests.sessions.recordings import record


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("SESSIONS", "RUNS", "EXCLUSIONS", "VIDEOS"):
        monkeypatch.delenv(f"EMOTION_{kind}_DIR", raising=False)
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def noted() -> list[str]:
    """Return what is in the list, the oldest first."""
    found = [
        " ".join(filter(None, (each.action, each.kind, each.name, each.detail)))
        for each in entries().entries
    ]
    return found[::-1]


def made() -> Session:
    return record(sessions_dir(), [(0.0, {1: "happy"}), (1.0, {1: "happy"})])


def test_a_session_recorded_deleted_and_brought_back() -> None:
    session = made()
    aside = set_session_aside(sessions_dir(), session.id)
    take_sessions_back([aside])
    delete_session(sessions_dir(), session.id)
    assert noted() == [
        f"{action} session {session.id}"
        for action in ("recorded", "deleted", "brought back", "deleted")
    ]


def test_a_session_exported(tmp_path: Path) -> None:
    session = made()
    export_session(session, tmp_path / "a.csv")
    export_session(session, tmp_path / "a_events.tsv")
    for offered in offered_files(session, with_events=True):
        offered.write(session, io.BytesIO(), raw=False)
    write_all([session], io.BytesIO())
    write_marks_csv(session, io.BytesIO())
    kinds = ["csv", "tsv", "csv", "parquet", "zip", "html", "tsv", "eaf", "vtt", "events"]
    assert noted()[1:] == [
        f"exported session {session.id} {kind}" for kind in (*kinds, "zip", "marks")
    ]


def test_own_data(tmp_path: Path) -> None:
    dataset = create_own_dataset(own_data_dir(), "mine", "yes")
    export_own_dataset(dataset, tmp_path / "mine.zip")
    delete_own_dataset(own_data_dir(), "mine")
    assert noted() == ["exported dataset mine", "deleted dataset mine"]


def test_uploads_and_correction_lists(data: Path) -> None:
    path = keep_upload({"faces.csv": io.BytesIO(b"emotion,pixels,Usage\n")})
    delete_upload(path)
    (data / "exclusions").mkdir()
    (data / "exclusions" / "dark.json").write_text("{}")
    delete_exclusions("dark")
    assert noted() == [
        "imported upload faces.csv", "deleted upload faces.csv", "deleted correction list dark",
    ]  # fmt: skip


def test_models(library: Path, tmp_path: Path) -> None:
    add_model_folder(library / "grey")
    export_to("grey", tmp_path / "grey.zip")
    rename_model("grey", "gray")
    delete_model("gray")
    assert noted() == ["exported model grey", "deleted model gray"]


def test_runs(tmp_path: Path) -> None:
    plan = RunPlan(
        name="tiny", config=TINY_CONFIG, data=DataSource("demo"),
        created="2026-11-23T01:00:00+00:00", library=str(tmp_path / "models"),
    )  # fmt: skip
    run = create_run(runs_dir(), plan)
    export_run_zip(run, tmp_path / "run.zip")
    delete_run(run)
    assert noted() == [
        f"{action} run tiny {run.id}" for action in ("trained", "exported", "deleted")
    ]


def test_videos_to_read() -> None:
    video = VideoFile("a film.mp4", b"frames")
    task = add_task(tasks_dir(), video, default_model_dir(), RecordedSettings(), uploaded=True)
    delete_task(task)
    assert noted() == ["added video to read a film.mp4", "deleted video to read a film.mp4"]


def test_tokens() -> None:
    add_token("lab", ["record", "live"])
    revoke_token("lab")
    assert noted() == ["added token lab live, record", "deleted token lab"]


def test_backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made()
    back_up(tmp_path / "all.tar")
    assert noted()[1:] == ["backed up everything all.tar 1 thing"]
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "new"))
    restore(tmp_path / "all.tar")
    assert noted() == ["restored everything all.tar 1 thing"]


def test_a_recording_goes_on_where_the_list_cannot_be_written(data: Path) -> None:
    data.mkdir()
    (data / "audit").touch()
    session = made()
    assert (session.state, session.frames) == ("complete", 2)
    (problem,) = entries().problems
    assert problem.endswith("1 line could not be written; free up space, or allow writing there")
    (data / "audit").unlink()
    made()
    assert [line.split()[0] for line in noted()] == ["recorded", "recorded"]
