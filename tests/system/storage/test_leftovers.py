"""What processes leave that are killed at several places; each is killed with SIGKILL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emotion_core.system.storage.files import new_folder, replace_file, replace_folder
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.leftovers import sweep, sweep_temporary
from emotion_core.system.storage.temporary import TemporaryFolder

DAY = 24 * 60 * 60


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    (tmp_path / "shelf" / "thing").mkdir(parents=True)
    (tmp_path / "shelf" / "thing" / "old").touch()
    return tmp_path / "shelf"


@contextmanager
def process(body: str, place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``body`` in a process until it prints a line."""
    code = (
        "import shutil, sys, tempfile, time\n"
        "from pathlib import Path\n"
        "from emotion_core.system.storage import files\n"
        "from emotion_core.system.storage.temporary import TemporaryFolder\n"
        f"place = Path({str(place)!r})\n"
        "def wait(*_, **__): print(flush=True); time.sleep(300)\n" + body
    )
    environment = os.environ | {"TMPDIR": tempfile.gettempdir()}
    running = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, stdout=subprocess.PIPE
    )
    assert running.stdout is not None
    try:
        assert running.stdout.readline() == b"\n"
        yield running
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


KILLED = {
    "a file half written": "with files.replace_file(place / 'thing' / 'checkpoint.npz') as new:\n"
    "    new.write_bytes(b'half'); wait()",
    "a file before its name": "files.to_disk = wait\n"
    "with files.replace_file(place / 'thing' / 'faces.csv') as new: new.touch()",
    "a new folder": "with files.new_folder(place / 'other') as new:\n"
    "    (new / 'half').touch(); wait()",
    "a new folder before its name": "files.publish = wait\n"
    "with files.new_folder(place / 'other') as new: (new / 'half').touch()",
    "a replaced folder": "with files.replace_folder(place / 'thing') as new:\n"
    "    (new / 'half').touch(); wait()",
    "between two folders": "files.publish = wait\n"
    "with files.replace_folder(place / 'thing') as new: (new / 'half').touch()",
}


@pytest.mark.parametrize("body", KILLED.values(), ids=list(KILLED))
def test_what_a_killed_process_was_writing_is_swept(shelf: Path, body: str) -> None:
    with process(body, shelf):
        writing = everything(shelf)
        sweep(shelf)
        assert everything(shelf) == writing  # it lives, so nothing of it goes
        assert len(writing) > 2
    sweep(shelf)
    assert everything(shelf) == ["thing", "thing/old"]


def test_what_a_killed_process_had_replaced_is_swept(shelf: Path) -> None:
    body = (
        "files.shutil.rmtree = wait\n"
        "with files.replace_folder(place / 'thing') as new: (new / 'new').touch()"
    )
    with process(body, shelf):
        sweep(shelf)
        assert (shelf / "thing" / "new").exists()
    sweep(shelf)
    assert everything(shelf) == ["thing", "thing/new"]


def test_what_a_killed_process_was_deleting_is_swept(shelf: Path) -> None:
    with process("files.shutil.rmtree = wait\nfiles.remove(place / 'thing')", shelf):
        pass
    assert [re.sub("[0-9a-f]{16}", "", name) for name in everything(shelf)] == [
        ".deleted-",
        ".deleted-/old",
    ]
    sweep(shelf)
    assert everything(shelf) == []


@pytest.mark.parametrize("purpose", ["import", "upload"])
def test_a_temporary_folder_goes_once_nobody_holds_it(temporary: Path, purpose: str) -> None:
    body = f"folder = TemporaryFolder({purpose!r})\n(folder.path / 'faces.csv').touch()\nwait()"
    with process(body, temporary):
        sweep_temporary()
        (found,) = temporary.rglob("faces.csv")
        assert found.parent.name.startswith(f"emotion-{purpose}-")
        if os.name != "nt":
            assert found.parent.stat().st_mode & 0o077 == 0
    sweep_temporary()
    assert everything(temporary) == []


def test_one_that_ends_as_it_should_leaves_nothing(temporary: Path) -> None:
    folder = TemporaryFolder("import")
    sweep_temporary()  # this process holds it
    (folder.path / "deep").mkdir()
    folder.remove()
    folder.remove()
    with TemporaryFolder("upload") as path:
        assert path.is_dir()
    code = (
        "from emotion_core.system.storage.temporary import TemporaryFolder\n"
        "TemporaryFolder('import')"
    )
    environment = os.environ | {"TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=environment, check=True)
    assert everything(temporary) == []


@pytest.mark.parametrize(
    "name",
    [
        ".checkpoint-a_8k3x0q.npz",
        ".thing-q8k3_0qz",
        ".session-1k2l3m4n.json",
        ".a b.c-0q9w8e7r-old",
    ],
)
def test_what_earlier_versions_left_goes_after_a_day(shelf: Path, name: str) -> None:
    path = shelf / name
    if "." in name[1:] and not name.endswith("-old"):
        path.touch()
    else:
        path.mkdir()
    sweep(shelf)
    assert path.exists()  # an earlier version may be at it
    os.utime(path, (time.time() - 2 * DAY,) * 2)
    sweep(shelf)
    left = {"thing", "thing/old"} | ({"a b.c"} if name.endswith("-old") else set())
    assert set(everything(shelf)) == left


@pytest.mark.parametrize("prefix", ["import", "upload"])
def test_temporary_folders_of_earlier_versions_go_after_a_day(temporary: Path, prefix: str) -> None:
    path = temporary / f"emotion-{prefix}-a_8k3x0q"
    path.mkdir()
    sweep_temporary()
    assert path.exists()
    os.utime(path, (time.time() - 2 * DAY,) * 2)
    sweep_temporary()
    assert everything(temporary) == []


@pytest.mark.parametrize(
    "name",
    [
        ".worker.lock", ".training.lock", ".vscode-insiders", ".backup-20260101",
        ".deleted-messages", ".hidden", "plain-a8k3x0qz", ".git", "emotion-notes-a8k3x0qz",
        "thing-0a1b2c3d",
    ],
)  # fmt: skip
def test_what_is_others_stays(shelf: Path, temporary: Path, name: str) -> None:
    for parent in (shelf, temporary):
        (parent / name).mkdir()
        os.utime(parent / name, (time.time() - 9 * DAY,) * 2)
    sweep(shelf)
    sweep_temporary()
    assert (shelf / name).exists()
    assert (temporary / name).exists()


def test_links_are_not_followed(shelf: Path, tmp_path: Path) -> None:
    left = tmp_path / "elsewhere" / ".deleted-0123456789abcdef"
    left.mkdir(parents=True)
    (shelf / "link").symlink_to(left.parent)
    sweep(shelf)
    assert left.exists()


def test_sweepers_and_writers_at_once(shelf: Path) -> None:
    """A lock that was just made is held before anybody can take it for a leftover."""
    sweeping = (
        "from emotion_core.system.storage.leftovers import sweep\n"
        "print(flush=True)\n"
        "while True: sweep(place)"
    )
    with process(sweeping, shelf), process(sweeping, shelf):
        end = time.monotonic() + 2
        written = 0
        while time.monotonic() < end or written < 20:
            with replace_file(shelf / "thing" / "file") as temporary:
                temporary.write_text(str(written))
            with replace_folder(shelf / "folder") as temporary:
                (temporary / "file").write_text(str(written))
            with new_folder(shelf / f"new {written}"):
                pass
            written += 1
    assert (shelf / "thing" / "file").read_text() == str(written - 1)
    assert (shelf / "folder" / "file").read_text() == str(written - 1)
    assert not list(shelf.rglob(".*"))


def test_a_file_system_without_locks_does(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bool:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("emotion_core.system.storage.locks._lock", refuse)
    with replace_file(shelf / "thing" / "file") as temporary:
        temporary.write_text("x")
        assert len(list(temporary.parent.iterdir())) == 2
    assert everything(shelf) == ["thing", "thing/file", "thing/old"]
