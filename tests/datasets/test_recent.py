from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.datasets.recent import (
    MOST_RECENT,
    RecentDataset,
    path_id,
    recent_datasets,
    recent_file,
    remember_dataset,
)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "user data"))
    return tmp_path


@pytest.fixture
def entry(data_folder: Path):
    def make(name: str) -> RecentDataset:
        path = data_folder / name
        path.touch()
        return RecentDataset(str(path), name, 7)

    return make


def test_nothing_is_remembered_at_first():
    assert recent_datasets() == ()


def test_the_newest_comes_first_and_once(entry):
    first, second = entry("a.csv"), entry("b.csv")
    for opened in (first, second, first):
        remember_dataset(opened)
    assert recent_datasets() == (first, second)


def test_the_list_is_bounded(entry):
    for number in range(MOST_RECENT + 3):
        remember_dataset(entry(f"{number}.csv"))
    assert len(recent_datasets()) == MOST_RECENT
    assert recent_datasets()[0].name == f"{MOST_RECENT + 2}.csv"


def test_what_is_gone_is_not_offered(entry):
    gone = entry("a.csv")
    remember_dataset(gone)
    Path(gone.path).unlink()
    assert recent_datasets() == ()


@pytest.mark.parametrize("content", ["", "{}]", "[1]", '[{"path": "x"}]', '{"a": 1}', "\0"])
def test_a_damaged_list_is_begun_anew(entry, content):
    recent_file().parent.mkdir(parents=True)
    recent_file().write_text(content)
    assert recent_datasets() == ()
    remember_dataset(entry("a.csv"))
    assert [each.name for each in recent_datasets()] == ["a.csv"]


def test_a_list_that_cannot_be_written_is_no_error(entry, monkeypatch, tmp_path, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "file"))
    remember_dataset(entry("a.csv"))
    assert "cannot be written" in caplog.text


def test_an_id_names_the_file_but_not_its_folder():
    first, second = path_id("/home/ada/fer2013.csv"), path_id("/home/bob/fer2013.csv")
    assert first != second
    assert first.startswith("fer2013.csv-")
    assert "ada" not in first
