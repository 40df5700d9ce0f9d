"""What users made with earlier versions is listed, opened, renamed and deleted as ever.

``tests/data/earlier`` is a data folder as the version before there were shelves wrote it, with
names that it allowed and today's rule does not.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from emotion_core.datasets import open_dataset
from emotion_core.datasets.checks.exclusions import (
    delete_exclusions,
    exclusions_dir,
    list_exclusions,
    load_exclusions,
    save_exclusions,
)
from emotion_core.datasets.own.storage import (
    create_own_dataset,
    delete_own_dataset,
    find_own_dataset,
    list_own_datasets,
    own_data_dir,
    rename_own_dataset,
)
from emotion_core.datasets.uploads import delete_upload, list_uploads
from emotion_core.errors import DatasetError
from emotion_core.models.changes import delete_model, rename_model
from emotion_core.models.library import list_models
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.exports.tables import TABLE_KINDS
from emotion_core.sessions.storage import (
    delete_session,
    find_session,
    list_sessions,
    rename_session,
    sessions_dir,
)
from emotion_core.sessions.summary import summarize_session
from emotion_core.training.runs.storage import (
    delete_run,
    describe_run,
    find_run,
    list_runs,
    runs_dir,
)
from tests.model_files import add_model_folder

PRIVATE = "_private_"
LONG = "_blurred and dark ones no faces at all and all that is doubtful."


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("SESSIONS", "RUNS", "EXCLUSIONS"):
        monkeypatch.delenv(f"EMOTION_{kind}_DIR", raising=False)
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return shutil.copytree(Path(__file__).parent / "data" / "earlier", tmp_path / "data")


def test_own_data() -> None:
    parent = own_data_dir()
    with pytest.raises(DatasetError, match="expected a name of 1 to 60"):
        create_own_dataset(parent, PRIVATE, "")
    assert list_own_datasets(parent).datasets == (find_own_dataset(parent, PRIVATE),)
    assert len(open_dataset(f"own/{PRIVATE}")) == 2
    rename_own_dataset(find_own_dataset(parent, PRIVATE), "mine")
    assert [path.name for path in parent.iterdir()] == ["mine"]
    (parent / "mine").rename(parent / PRIVATE)
    delete_own_dataset(parent, PRIVATE)
    assert list(parent.iterdir()) == []


def test_exclusion_lists() -> None:
    stored = list_exclusions()
    assert {each.name for each in stored.lists} == {LONG, "dark"}
    assert stored.problems == ()
    exclusions = load_exclusions(LONG)
    assert len(exclusions) == 1
    assert save_exclusions(exclusions).name == f"{LONG}.json"
    delete_exclusions(LONG)
    delete_exclusions("dark")
    assert list(exclusions_dir().iterdir()) == []
    with pytest.raises(DatasetError, match="expected a name of 1 to 60"):
        save_exclusions(exclusions)


def test_sessions() -> None:
    parent = sessions_dir()
    (session,) = list_sessions(parent).sessions
    assert session.header.name == "Ada, first: with glasses / without"
    assert (session.header.kind, session.length) == ("live", "1.5 s")
    assert rename_session(find_session(parent, session.id), name="Ada", notes="").frames == 2
    delete_session(parent, session.id)
    assert list(parent.iterdir()) == []


@pytest.mark.parametrize("kind", TABLE_KINDS)
def test_sessions_of_format_1_are_exported(kind: str, tmp_path: Path) -> None:
    (session,) = list_sessions(sessions_dir()).sessions
    assert (session.header.format, session.persons) == (1, 2)
    assert [each.person for each in summarize_session(session).persons] == [1, 2]
    path = tmp_path / f"a.{kind}"
    export_session(session, path)
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            recorded = (session.folder / "faces.csv").read_bytes()
            assert archive.read(f"{session.id}/faces.csv") == recorded
            assert b"faces.csv,face," in archive.read(f"{session.id}/codebook.csv")
        return
    table = pd.read_csv(path) if kind == "csv" else pd.read_parquet(path)
    assert table["person"].tolist() == table["track"].tolist() == [1, 1, 2]


def test_a_session_that_was_exported_and_unpacked_again_can_be_deleted(tmp_path: Path) -> None:
    parent = sessions_dir()
    (session,) = list_sessions(parent).sessions
    export_session(session, tmp_path / "a.zip")
    delete_session(parent, session.id)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(parent)
    export_session(find_session(parent, session.id), tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert len(archive.namelist()) == len(set(archive.namelist())) == 5
    delete_session(parent, session.id)
    assert list(parent.iterdir()) == []


def test_runs() -> None:
    parent = runs_dir()
    (run,) = list_runs(parent).runs
    assert find_run(parent, run.id) == find_run(parent, "mine / 1!") == run
    assert describe_run(run, name="other", notes="").plan.name == "other"
    delete_run(run)
    assert list(parent.iterdir()) == []


def test_uploads() -> None:
    (path,) = list_uploads()
    assert path.name == "_my faces.csv"
    delete_upload(path)
    assert list_uploads() == ()


def test_models(library: Path) -> None:
    old = add_model_folder(library / ".deleted-x1y2z3" / "old")  # of an interrupted deletion
    add_model_folder(library / "_by hand.")
    assert [model.name for model in list_models().models[1:]] == ["_by hand."]
    rename_model("_by hand.", "by hand")
    delete_model("by hand")
    assert list(library.iterdir()) == [old.parent]
