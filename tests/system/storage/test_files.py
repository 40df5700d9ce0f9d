import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_core.system.storage.files import (
    FileTooLargeError,
    is_half_deleted,
    keep_private,
    new_folder,
    open_regular,
    read_regular,
    remove,
    remove_files,
    replace_file,
    replace_folder,
    write_json,
)
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.shelf import Shelf

POSIX = pytest.mark.skipif(os.name == "nt", reason="folders inherit who may read them there")


@pytest.fixture
def power_cut(monkeypatch):
    """Return what a power cut may lose: names that came before their content, or were never kept.

    Each rename must find all of its content on the disk, and the folder's new name must follow.
    """
    synced, lost = set(), []
    fsync, replace = os.fsync, Path.replace

    def fsync_and_note(handle):
        fsync(handle)
        synced.add(os.fstat(handle).st_ino)

    def replace_and_look(path, target):
        parts = [path, *path.rglob("*")] if path.is_dir() else [path]
        lost.extend(f"{part.name} before its content" for part in parts if _ino(part) not in synced)
        synced.discard(_ino(target.parent))
        lost_name = (target.parent, f"the name {target.name}")
        replace(path, target)
        names.append(lost_name)

    def _ino(path):
        return path.stat().st_ino

    names = []
    monkeypatch.setattr(os, "fsync", fsync_and_note)
    monkeypatch.setattr(Path, "replace", replace_and_look)

    def look():
        return lost + [name for folder, name in names if _ino(folder) not in synced]

    return look


def test_a_power_cut_loses_nothing_that_was_written(tmp_path, power_cut):
    write_json(tmp_path / "a.json", {"x": 1})
    write_json(tmp_path / "a.json", {"x": 2})
    with new_folder(tmp_path / "new") as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep" / "images.npy").write_bytes(b"12")
    for _ in range(2):
        with replace_folder(tmp_path / "model") as temporary:
            (temporary / "model.keras").write_bytes(b"12")
    shelf = Shelf("a thing", "all things", OSError, bool)  # type: ignore[arg-type]
    shelf.rename(tmp_path / "model", "renamed")
    assert power_cut() == []


def test_what_nobody_needs_after_a_power_cut_does_not_wait_for_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("it waits"))
    write_json(tmp_path / "status.json", {}, lasting=False)
    assert (tmp_path / "status.json").exists()


def test_a_power_cut_brings_nothing_back_that_was_deleted(tmp_path, monkeypatch):
    fsync, synced = os.fsync, []

    def fsync_and_note(handle):
        fsync(handle)
        synced.append((os.fstat(handle).st_ino, sorted(path.name for path in tmp_path.iterdir())))

    (tmp_path / "folder").mkdir()
    for name in ("folder/a", "file", "one", "two"):
        (tmp_path / name).touch()
    monkeypatch.setattr(os, "fsync", fsync_and_note)
    here = tmp_path.stat().st_ino
    remove(tmp_path / "folder")
    assert synced[-1] == (here, ["file", "one", "two"])
    remove(tmp_path / "file")
    assert synced[-1] == (here, ["one", "two"])
    remove_files(tmp_path / name for name in ("one", "gone", "two"))
    assert synced[-1] == (here, [])
    made_again = tmp_path / "cache"
    made_again.touch()
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("it waits"))
    remove(made_again, lasting=False)
    assert not made_again.exists()


def test_an_error_of_the_disk_is_told(tmp_path, monkeypatch):
    def fails(_handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output error"):
        write_json(tmp_path / "a.json", {})
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_fsync_for_folders_does(tmp_path, monkeypatch):
    fsync = os.fsync

    def only_files(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112
            raise OSError(22, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", only_files)
    write_json(tmp_path / "a.json", {})
    assert (tmp_path / "a.json").exists()


def modes_under(mask, tmp_path, *, personal):
    """Write a file and folders in a process with a umask, and return what others may do."""
    code = (
        "from pathlib import Path; import os\n"
        "from emotion_core.system.storage.files import new_folder, replace_folder, write_json\n"
        f"place = Path({str(tmp_path)!r})\n"
        f"os.umask({mask})\n"
        "write_json(place / 'made' / 'a.json', {})\n"
        "for make in (new_folder, replace_folder):\n"
        "    with make(place / make.__name__) as temporary:\n"
        "        (temporary / 'deep').mkdir()\n"
        "        (temporary / 'deep' / 'b').touch()\n"
    )
    data = tmp_path if personal else tmp_path / "elsewhere"
    environment = os.environ | {"EMOTION_DATA_DIR": str(data)}
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=True)
    paths = [path for path in tmp_path.rglob("*") if path != data]
    assert len(paths) == 8
    return {(path.is_dir(), path.stat().st_mode & 0o777) for path in paths}


@POSIX
@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_personal_data_is_for_its_owner_alone_whatever_the_umask(tmp_path, mask):
    assert modes_under(mask, tmp_path, personal=True) == {(True, 0o700), (False, 0o600)}


@POSIX
@pytest.mark.parametrize(("mask", "folder", "file"), [(0o022, 0o755, 0o644), (0o077, 0o700, 0o600)])
def test_other_files_are_as_the_umask_says(tmp_path, mask, folder, file):
    assert modes_under(mask, tmp_path, personal=False) == {(True, folder), (False, file)}


@POSIX
def test_links_are_not_followed_when_others_are_shut_out(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(0o644)
    (tmp_path / "folder").mkdir(0o755)
    (tmp_path / "folder" / "link").symlink_to(elsewhere)
    keep_private(tmp_path / "folder")
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
    assert elsewhere.stat().st_mode & 0o777 == 0o644


def test_on_windows_nobody_is_shut_out(tmp_path, monkeypatch):
    (tmp_path / "file").touch(0o644)
    monkeypatch.setattr("emotion_core.system.storage.files.ON_WINDOWS", True)
    keep_private(tmp_path / "file")
    monkeypatch.undo()
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


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


class TestOpenRegular:
    def test_reads_a_file_and_what_a_link_to_one_leads_to(self, tmp_path):
        (tmp_path / "a").write_bytes(b"\r\n\x1a")
        (tmp_path / "b").symlink_to("a")
        for name in "ab":
            with open_regular(tmp_path / name) as file:
                assert file.read() == b"\r\n\x1a"

    def test_names_what_cannot_be_opened(self, tmp_path):
        with pytest.raises(FileNotFoundError) as caught:
            open_regular(tmp_path / "none")
        assert caught.value.filename == str(tmp_path / "none")
        with pytest.raises(OSError, match=r"directory|denied"):
            open_regular(tmp_path)

    @pytest.mark.skipif(sys.platform == "win32", reason="these are no files there")
    @pytest.mark.parametrize("kind", ["a pipe", "a link to a device"])
    def test_waits_for_no_pipe_and_reads_no_device(self, tmp_path, kind):
        path = tmp_path / "a.csv"
        if kind == "a pipe":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero")
        with pytest.raises(OSError, match="it is a pipe or a device and no file") as caught:
            open_regular(path)
        assert caught.value.strerror == "it is a pipe or a device and no file"


def test_a_file_is_read_up_to_a_size(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", 5) == b"12345"
    with pytest.raises(FileTooLargeError) as raised:
        read_regular(tmp_path / "a", 4)
    assert raised.value.size == 5
