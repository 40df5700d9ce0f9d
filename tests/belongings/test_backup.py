"""All that people made, in one file and back."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
from collections import namedtuple
from pathlib import Path

import pytest

from emotion_core.belongings import backup, migrations
from emotion_core.belongings.backup import back_up, restore
from emotion_core.belongings.kinds import KINDS
from emotion_core.errors import BackupError
from emotion_core.system.storage.folders import PROJECT, cache_dir
from emotion_core.system.storage.formats import FORMATS

ANN, BEN = "a" * 16, "b" * 16

HAVE = {
    "sessions/2026-11-28-10-00-00-abcd/session.json": b'{"format": 1}',
    "sessions/2026-11-28-10-00-00-abcd/frames.csv": b"seconds\n0.0\n",
    "own_data/my faces/Training/happy/1.png": b"\x89PNG",
    "exclusions/list.json": b"{}",
    "settings/abc.json": b'{"a": 1}',
    "model_in_use.json": b'{"folder": "x"}',
    "runs/one/plan.json": b"{}",
}


#: What the app itself keeps beside what people make.
BESIDE = ("closed_to_others.json", "audit.jsonl", "audit.lock", ".format", ".formats.lock")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A function that makes a folder the one of the user's data."""
    for kind in ("SESSIONS", "RUNS", "EXCLUSIONS", "VIDEOS", "MODELS"):
        monkeypatch.delenv(f"EMOTION_{kind}_DIR", raising=False)

    def use(name):
        monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / name))
        return tmp_path / name

    return use


def fill(folder: Path) -> None:
    for name, content in HAVE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in BESIDE
    }


def test_there_and_back_on_another_machine(place, tmp_path):
    old = place("old")
    fill(old)
    (old / "own_data/my faces/Training/sad").mkdir()  # a class without faces yet
    (old / "sessions/.half-written-0123abcd").mkdir()
    (old / "sessions/2026-11-28-10-00-00-abcd/elsewhere").symlink_to("/etc/hostname")
    os.utime(old / "exclusions/list.json", (1e9, 1e9))
    seen = []
    found = back_up(tmp_path / "all.tar", progress=lambda *told: seen.append(told))
    assert {name: count for name, count in found.items() if count} == {
        "Sessions": 1, "My data": 1, "Correction lists": 1, "Training runs": 1, "Settings": 2,
    }  # fmt: skip
    assert seen[-1] == (sum(map(len, HAVE.values())),) * 2
    assert stat.S_IMODE((tmp_path / "all.tar").stat().st_mode) == 0o600

    new = place("new")
    result = restore(tmp_path / "all.tar")
    assert files_of(new) == HAVE
    assert (new / "own_data/my faces/Training/sad").is_dir()
    assert (new / "exclusions/list.json").stat().st_mtime == 1e9
    assert (result.kept, result.problems) == ({}, ())
    assert result.restored["Settings"] == ["abc.json", "model_in_use.json"]


def test_what_is_there_stays_and_the_same_call_goes_on(place, tmp_path):
    fill(place("old"))
    back_up(tmp_path / "all.tar")
    new = place("new")
    (new / "exclusions").mkdir(parents=True)
    (new / "exclusions/list.json").write_text("mine")
    first = restore(tmp_path / "all.tar")
    assert (new / "exclusions/list.json").read_text() == "mine"
    assert first.kept == {"Correction lists": ["list.json"]}
    shutil.rmtree(new / "sessions")
    again = restore(tmp_path / "all.tar")
    assert again.restored == {"Sessions": ["2026-11-28-10-00-00-abcd"]}
    assert files_of(new) == {**HAVE, "exclusions/list.json": b"mine"}


def test_what_can_be_computed_again_is_left_out():
    assert [kind.place for kind in KINDS if not kind.key] == [cache_dir]
    assert len({kind.key for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("share", [0.15, 0.3, 0.5, 0.7, 0.9])
def test_one_that_is_cut_off_gives_what_is_whole_and_names_the_rest(place, tmp_path, share):
    fill(place("old"))
    back_up(tmp_path / "all.tar")
    content = (tmp_path / "all.tar").read_bytes()
    end = content.index(b"end\0", 512)
    (tmp_path / "cut.tar").write_bytes(content[: int(share * end) // 512 * 512])
    new = place("new")
    result = restore(tmp_path / "cut.tar")
    things = {"/".join(name.split("/")[:2]) for name in HAVE}
    back = sum(map(len, result.restored.values()))
    assert len(result.problems) == len(things) - back > 0
    assert all("which is damaged" in line for line in result.problems)
    assert files_of(new).items() <= HAVE.items()
    whole = {name for name in things if all(
        each in files_of(new) for each in HAVE if each.startswith(name))}  # fmt: skip
    assert len(whole) == back
    assert {path.name for path in new.rglob(".*")} <= {".format"}  # nothing half-written


def test_a_full_disk_is_told_before(place, tmp_path, monkeypatch):
    fill(place("old"))
    usage = namedtuple("usage", "total used free")(10**9, 10**9, 1000)
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(BackupError, match=r"free, found 1 kB; choose another disk"):
        back_up(tmp_path / "all.tar")
    assert not (tmp_path / "all.tar").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "but it cannot be read"),
        (b"", "expected a file that python -m emotion_core backup wrote, found another"),
        (b"x" * 5000, "expected a file that python -m emotion_core backup wrote, found another"),
        ({"other.txt": b"x"}, "backup wrote, found another"),
        ({"backup.json": b"{"}, "backup wrote, found another"),
        ({"backup.json": b'{"format": "1"}'}, "backup wrote, found another"),
        ({"backup.json": b'{"format": 3, "new": 1}'}, "of a later version; install that one"),
    ],
)
def test_another_file_is_refused(place, tmp_path, content, message):
    place("new")
    if isinstance(content, dict):
        content = archive({name: (tarfile.REGTYPE, each) for name, each in content.items()})
    if content is not None:
        (tmp_path / "some.tar").write_bytes(content)
    with pytest.raises(BackupError, match=message):
        restore(tmp_path / "some.tar")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sessions/../../x", tarfile.REGTYPE),
        ("/sessions/x", tarfile.REGTYPE),
        ("sessions/one/../../../x", tarfile.REGTYPE),
        ("sessions/one/link", tarfile.SYMTYPE),
        ("sessions/one/pipe", tarfile.FIFOTYPE),
        ("sessions/unlisted/x", tarfile.REGTYPE),
        ("nothing/x/y", tarfile.REGTYPE),
    ],
)
def test_one_that_was_made_to_do_harm_writes_nothing(place, tmp_path, name, kind):
    listed = {"format": 1, "created": "", "things": {"sessions": ["one"], "nothing": ["x"]}}
    (tmp_path / "bad.tar").write_bytes(
        archive(
            {
                "backup.json": (tarfile.REGTYPE, json.dumps(listed).encode()),
                "sessions/one": (tarfile.DIRTYPE, b""),
                name: (kind, b"x" if kind == tarfile.REGTYPE else b""),
            }
        )
    )
    new = place("new")
    with pytest.raises(BackupError, match="it was changed, and is read no further"):
        restore(tmp_path / "bad.tar")
    assert not list(new.rglob("x"))
    assert not list(tmp_path.rglob("x"))


def archive(members: dict[str, tuple[bytes, bytes]]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, (kind, content) in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "/etc/passwd"
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_kill_leaves_the_backup_of_before(place, tmp_path):
    fill(place("old"))
    (tmp_path / "all.tar").write_bytes(b"the one of yesterday")
    program = """
import os, signal, sys
from pathlib import Path
from emotion_core.belongings.backup import back_up
back_up(Path(sys.argv[1]), progress=lambda *_: os.kill(os.getpid(), signal.SIGKILL))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "all.tar"], cwd=PROJECT, timeout=200
    )
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "all.tar").read_bytes() == b"the one of yesterday"


def test_both_commands(place, tmp_path):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "emotion_core", *arguments],
            cwd=PROJECT, capture_output=True, text=True, timeout=200,
        )  # fmt: skip

    fill(place("old"))
    done = run("backup", str(tmp_path / "all.tar"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Sessions: 1\nMy data: 1\n" in done.stdout
    new = place("new")
    done = run("restore", str(tmp_path / "all.tar"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Settings: 2 back\n" in done.stdout
    assert files_of(new) == HAVE
    (tmp_path / "cut.tar").write_bytes((tmp_path / "all.tar").read_bytes()[:4096])
    place("third")
    done = run("restore", str(tmp_path / "cut.tar"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("emotion_core: ")
    assert done.stderr.endswith("could not be brought back; try an earlier backup\n")


class TestAccounts:
    """What everybody has, and who may come in: there and back. What is shared is to be anew."""

    @pytest.fixture
    def old(self, place):
        old = place("old")
        fill(old)
        fill(old / "people" / BEN)
        (old / "people" / BEN / "exclusions/list.json").write_text('{"of": "ben"}')
        (old / "keeper").write_text(ANN)
        (old / "accounts/known").mkdir(parents=True)
        (old / f"accounts/known/{BEN}.json").write_text("{}")
        (old / "accounts" / ".lock").touch()
        (old / f"shared/session/{BEN}").mkdir(parents=True)
        (old / f"shared/session/{BEN}/a.json").write_text("{}")
        return old

    def test_everybodys_things_come_back_to_them(self, place, tmp_path, old):
        found = back_up(tmp_path / "all.tar")
        assert (found["Accounts"], found["Sessions"], found["Settings"]) == (2, 2, 4)
        had = files_of(old)
        new = place("new")
        result = restore(tmp_path / "all.tar")
        assert result.problems == ()
        del had["accounts/.lock"], had[f"shared/session/{BEN}/a.json"]
        assert files_of(new) == had
        assert sorted(result.restored["Accounts"]) == ["accounts", "keeper"]

    @pytest.mark.usefixtures("old")
    def test_what_is_the_keepers_comes_to_nobody_else(self, place, tmp_path):
        back_up(tmp_path / "all.tar")
        new = place("new")
        new.mkdir()
        (new / "keeper").write_text(BEN)
        restore(tmp_path / "all.tar")
        assert (new / "keeper").read_text() == BEN
        assert json.loads((new / "exclusions/list.json").read_text()) == {"of": "ben"}
        assert (new / "people" / ANN / "exclusions/list.json").read_text() == "{}"

    @pytest.mark.usefixtures("old")
    def test_earlier_formats_of_everybody_are_brought_up(self, place, tmp_path, monkeypatch):
        back_up(tmp_path / "all.tar")
        new = place("new")

        def change(folder):
            for path in folder.glob("*.json"):
                path.rename(path.with_name(f"new {path.name}"))

        monkeypatch.setitem(FORMATS, "exclusions", 2)
        monkeypatch.setattr(
            migrations, "MIGRATIONS", [migrations.Migration("exclusions", 2, change)]
        )
        restore(tmp_path / "all.tar")
        for home in (new, new / "people" / BEN):
            assert (home / "exclusions/new list.json").is_file()
            assert not (home / "exclusions/list.json").exists()

    @pytest.mark.parametrize("key", ["people/ben/runs", f"people/{BEN}/server", "people/x"])
    def test_a_made_up_person_is_refused(self, place, tmp_path, key):
        with tarfile.open(tmp_path / "forged.tar", "w") as tar:
            listed = {"format": 2, "created": "", "things": {key: ["a"]}}
            for name, content in (("backup.json", json.dumps(listed)), (f"{key}/a", "x")):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content.encode()))
        new = place("new")
        with pytest.raises(BackupError, match="it was changed, and is read no further"):
            restore(tmp_path / "forged.tar")
        assert files_of(new) == {}
