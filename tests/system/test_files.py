import json
import os
import shutil
from pathlib import Path

import pytest

from emotion_core.system.files import (
    FileTooLargeError,
    NotRegularError,
    is_half_deleted,
    new_folder,
    open_regular,
    read_regular,
    remove,
    replace_file,
    replace_folder,
    write_json,
)


def test_file_is_replaced_at_the_end(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with replace_file(path) as temporary:
        assert temporary.suffix == ".csv"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_file_stays_when_the_block_fails(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replace_file(path) as temporary:
        temporary.write_text(f"half {1 / 0}")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_parent_folders_are_made(tmp_path):
    write_json(tmp_path / "a" / "b.json", {"x": 1})
    assert json.loads((tmp_path / "a" / "b.json").read_text()) == {"x": 1}


def test_folder_is_replaced_whole(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "old").touch()
    with replace_folder(folder) as temporary:
        (temporary / "new").touch()
        assert (folder / "old").exists()
    assert [path.name for path in folder.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [folder]


def test_folder_stays_when_the_block_fails(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "old").touch()
    with pytest.raises(FileNotFoundError), replace_folder(folder) as temporary:
        (temporary / "new" / "deep").touch()
    assert [path.name for path in folder.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_new_folder_is_there_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "models" / "mine"
    with new_folder(folder) as temporary:
        (temporary / "card").touch()
        assert not folder.exists()
    assert [path.name for path in folder.iterdir()] == ["card"]
    with pytest.raises(ZeroDivisionError), new_folder(folder.with_name("half")) as temporary:
        (temporary / "card").write_text(f"{1 / 0}")
    assert list(folder.parent.iterdir()) == [folder]


def test_of_two_who_make_a_folder_the_first_to_finish_has_it(tmp_path):
    folder = tmp_path / "mine"
    slow, quick = new_folder(folder), new_folder(folder)
    (slow.__enter__() / "second").touch()
    with quick as temporary:
        (temporary / "first").touch()
    with pytest.raises(FileExistsError):
        slow.__exit__(None, None, None)
    assert [path.name for path in folder.iterdir()] == ["first"]
    assert list(tmp_path.iterdir()) == [folder]


def test_a_file_a_link_and_a_folder_are_removed(tmp_path):
    folder, file, link = (tmp_path / name for name in ("folder", "file", "link"))
    (folder / "deep").mkdir(parents=True)
    file.touch()
    link.symlink_to(folder)
    for path in (link, file, folder):
        remove(path)
        assert not path.is_symlink()
        assert folder.exists() == (path != folder)
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_of_a_removal_is_hidden(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()

    def refuse(_path):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", refuse)
        with pytest.raises(PermissionError):
            remove(folder)
    (left,) = tmp_path.iterdir()
    assert is_half_deleted(left)
    remove(left)
    assert list(tmp_path.iterdir()) == []


def test_two_remove_the_same(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    rmtree, calls = shutil.rmtree, []

    def rmtree_with_a_rival(path):
        calls.append(path)
        if len(calls) == 1:
            (path / "deep").rmdir()
            raise FileNotFoundError
        rmtree(path)

    monkeypatch.setattr(shutil, "rmtree", rmtree_with_a_rival)
    remove(folder)
    assert list(tmp_path.iterdir()) == []


def test_what_others_call_deleted_is_not_ours():
    assert not is_half_deleted(Path(".deleted-messages"))
    assert not is_half_deleted(Path("deleted"))


def test_nothing_to_remove(tmp_path):
    with pytest.raises(FileNotFoundError):
        remove(tmp_path / "model")


@pytest.mark.parametrize("name", ["x" * 255, "x" * 250 + ".json", f"x.{'y' * 253}", "好" * 85])
def test_the_longest_name_can_be_written_whole(tmp_path, name):
    with replace_file(tmp_path / "file" / name) as temporary:
        temporary.touch()
    with new_folder(tmp_path / "new" / name):
        pass
    for _ in range(2):
        with replace_folder(tmp_path / "replaced" / name):
            pass
    assert {path.name for path in tmp_path.glob("*/*")} == {name}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_what_has_no_end_is_no_file_to_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for name, found in (("pipe", "a pipe"), ("link", "a device")):
        with pytest.raises(NotRegularError) as raised:
            read_regular(tmp_path / name, 100)
        assert raised.value.found == found
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)


def test_a_file_is_read_up_to_a_size(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", 5) == b"12345"
    with pytest.raises(FileTooLargeError) as raised:
        read_regular(tmp_path / "a", 4)
    assert raised.value.size == 5
