import pytest

from emotion_core.folders import collection_dir, data_dir, folder_called, folders_in


def test_folders_in_order_without_hidden_ones_and_files(tmp_path):
    for name in ("b", "a", ".half-written"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    assert [folder.name for folder in folders_in(tmp_path)] == ["a", "b"]
    assert folders_in(tmp_path / "missing") == []
    with pytest.raises(NotADirectoryError):
        folders_in(tmp_path / "file")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../other", "file", "link", "missing"])
def test_no_name_leads_elsewhere(tmp_path, name):
    parent = tmp_path / "parent"
    (parent / "a" / "b").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (parent / "file").touch()
    (parent / "link").symlink_to(tmp_path / "other")
    assert folder_called(parent, name) is None
    assert folder_called(parent, "a") == parent / "a"


def test_folders_are_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("EMOTION_THINGS_DIR", str(tmp_path / "things"))
    assert data_dir() == tmp_path
    assert collection_dir("EMOTION_THINGS_DIR", "things") == tmp_path / "things"
    monkeypatch.delenv("EMOTION_DATA_DIR")
    monkeypatch.setenv("EMOTION_THINGS_DIR", "")
    assert data_dir().name == "emotion-dashboard"
    assert collection_dir("EMOTION_THINGS_DIR", "things") == data_dir() / "things"
