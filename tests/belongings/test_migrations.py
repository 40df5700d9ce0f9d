"""Folders of other versions of the app: brought to this one's format, whole, or refused.

The steps are made up: no folder has had another format yet.
"""

from __future__ import annotations

import errno
import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.belongings import migrations
from emotion_core.belongings.backup import back_up, restore
from emotion_core.belongings.kinds import KINDS
from emotion_core.belongings.migrations import MIGRATIONS, Migration, prepare
from emotion_core.cli import main
from emotion_core.datasets.checks.exclusions import exclusions_dir
from emotion_core.errors import BackupError, FormatError
from emotion_core.sessions.storage import sessions_dir
from emotion_core.system.storage import files
from emotion_core.system.storage.files import make_folder, move, write_json
from emotion_core.system.storage.folders import PROJECT, collection_path
from emotion_core.system.storage.formats import FORMAT_FILE, FORMATS, format_of
from emotion_core.system.storage.persons import at_home
from tests.sessions.recordings import record

ADA = "a" * 16


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("SESSIONS", "RUNS", "EXCLUSIONS", "VIDEOS", "MODELS"):
        monkeypatch.delenv(f"EMOTION_{kind}_DIR", raising=False)
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def count_up(folder: Path) -> None:
    """Take the step of these tests: every list counts one more, and is called otherwise."""
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text())
        write_json(path, {"count": content["count"] + 1})
        move(path, path.with_name(f"{path.stem}+.json"))


@pytest.fixture
def two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the app that keeps correction lists in format 3."""
    monkeypatch.setitem(FORMATS, "exclusions", 3)
    steps = [Migration("exclusions", to, count_up) for to in (2, 3)]
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)


def earlier(home: Path, count: int = 3) -> Path:
    """Make a folder as the version before there were formats would have."""
    folder = home / "exclusions"
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.json").write_text('{"count": 0}')
    return folder


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != FORMAT_FILE
    }


def brought_up(count: int = 3) -> dict[str, int]:
    return {f"{number}++.json": 2 for number in range(count)}


def counts(folder: Path) -> dict[str, int]:
    return {name: json.loads(text)["count"] for name, text in content(folder).items()}


def hidden(home: Path) -> list[str]:
    return [path.name for path in home.iterdir() if path.name.startswith(".exclusions")]


def test_every_kind_of_what_is_kept_has_a_format() -> None:
    assert {kind.collection for kind in KINDS if kind.key} == set(FORMATS)
    for kind in KINDS:
        if kind.key and kind.key != "models":
            assert kind.place().resolve() == collection_path(kind.collection).resolve()


def test_every_step_there_is_leads_from_format_1_to_todays() -> None:
    for name in FORMATS:
        assert [step.to for step in migrations.steps_from(name, 1)] == [
            step.to for step in MIGRATIONS if step.name == name
        ]


def test_folders_say_their_format_when_they_are_made_and_earlier_ones_are_told(data: Path) -> None:
    with at_home(ADA):
        record(sessions_dir(), [(0.0, {1: "happy"})])
        assert format_of(sessions_dir()) == 1
    folder = earlier(data)
    assert format_of(folder) is None
    prepare()
    assert format_of(folder) == 1
    assert entries(actions=("migrated",)).entries == ()


def test_where_an_environment_variable_names_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_EXCLUSIONS_DIR", str(tmp_path / "lists"))
    make_folder(tmp_path / "lists")
    make_folder(tmp_path / "lists" / ".people" / ADA)
    make_folder(tmp_path / "others")
    assert format_of(tmp_path / "lists") == format_of(tmp_path / "lists" / ".people" / ADA) == 1
    assert format_of(tmp_path / "others") is None


def test_where_nothing_was_made_nothing_is(data: Path) -> None:
    prepare()
    assert not data.exists()


@pytest.mark.usefixtures("two_steps")
def test_earlier_ones_of_everybody_are_brought_up_step_by_step_once(data: Path) -> None:
    mine, adas = earlier(data), earlier(data / "people" / ADA, count=2)
    (mine / "deep" / "er").mkdir(parents=True)
    (mine / "deep" / "er" / "notes.txt").write_text("stays")
    (mine / "elsewhere").symlink_to("/etc/hostname")
    prepare()
    assert (mine / "deep" / "er" / "notes.txt").read_text() == "stays"
    assert (mine / "elsewhere").is_symlink()
    shutil.rmtree(mine / "deep")
    (mine / "elsewhere").unlink()
    for _ in range(2):
        assert (counts(mine), counts(adas)) == (brought_up(), brought_up(2))
        assert format_of(mine) == format_of(adas) == 3
        prepare()
    assert hidden(data) == hidden(data / "people" / ADA) == []
    assert [each.detail for each in entries(actions=("migrated",)).entries] == [
        "to format 3", "to format 2",
    ] * 2  # fmt: skip


@pytest.mark.usefixtures("two_steps")
def test_an_empty_folder_has_todays_format_at_once(data: Path) -> None:
    earlier(data, count=0)
    prepare()
    assert format_of(data / "exclusions") == 3


@pytest.mark.usefixtures("two_steps")
@pytest.mark.parametrize("links", [True, False])
def test_a_step_that_fails_leaves_what_was_there(
    data: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    folder = earlier(data)
    before = content(folder)
    if not links:

        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)

    def fail(copy: Path) -> None:
        count_up(copy)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", [Migration("exclusions", 2, fail)])
        patch.setitem(FORMATS, "exclusions", 2)
        with pytest.raises(FormatError) as caught:
            prepare()
    assert str(caught.value) == (
        f"{folder}: expected to bring it to format 2, found that this fails ([Errno 28] No space "
        "left on device); it is as it was; free up space, or start the earlier version again"
    )
    assert content(folder) == before
    assert hidden(data) == []
    prepare()
    assert counts(folder) == brought_up()


@pytest.mark.usefixtures("two_steps")
def test_a_folder_that_cannot_be_moved_back_in_place_is_put_back(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = earlier(data)
    before = content(folder)

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "the disk fails")

    with monkeypatch.context() as patch:
        publish = files.publish
        patch.setattr(
            files,
            "publish",
            lambda new, path, **more: fail() if path == folder else publish(new, path, **more),
        )
        with pytest.raises(FormatError, match="it is as it was"):
            prepare()
    assert content(folder) == before
    prepare()
    assert counts(folder) == brought_up()


def test_a_step_that_is_missing_is_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(earlier(data))
    monkeypatch.setitem(FORMATS, "exclusions", 3)
    with pytest.raises(FormatError) as caught:
        prepare()
    assert str(caught.value) == (
        "expected a way to format 2 of exclusions, found none; start a version of the app in "
        "between first"
    )
    assert content(data / "exclusions") == before


# Where the process is killed, by what is replaced to do so.
KILLS = {
    "in the midst of a step": "step",
    "before what was there is put aside": "move",
    "while nothing has the name": "publish",
    "before what was there is removed": "remove",
}

PROGRAM = "from __future__ import annotations\nimport json\n"
PROGRAM += inspect.getsource(count_up) + textwrap.dedent(
    """
    import os, signal, sys, time
    from pathlib import Path
    from emotion_core.belongings import migrations
    from emotion_core.system.storage import files
    from emotion_core.system.storage.files import move, write_json
    from emotion_core.system.storage.formats import FORMATS

    where = sys.argv[1]
    def kill(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)
    def step(folder):
        count_up(folder)
        if where == "step":
            kill()
        if where == "slow":
            time.sleep(0.5)
    FORMATS["exclusions"] = 3
    migrations.MIGRATIONS[:] = [migrations.Migration("exclusions", to, step) for to in (2, 3)]
    if where in ("move", "remove"):
        setattr(migrations, where, kill)
    if where == "publish":
        publish = files.publish
        files.publish = lambda new, path, **more: (
            kill() if path.name == "exclusions" else publish(new, path, **more)
        )
    migrations.prepare()
    """
)


def begin(where: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, where], cwd=PROJECT)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills like that there")
@pytest.mark.usefixtures("two_steps")
@pytest.mark.parametrize("where", KILLS.values(), ids=list(KILLS))
def test_a_process_that_is_killed_loses_nothing(data: Path, where: str) -> None:
    folder = earlier(data)
    assert begin(where).wait(60) == -signal.SIGKILL
    if where == "publish":  # the worst moment
        assert not folder.exists()
    prepare()
    assert counts(folder) == brought_up()
    assert format_of(folder) == 3
    assert hidden(data) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing kills like that there")
@pytest.mark.usefixtures("two_steps")
@pytest.mark.parametrize("with_something", [True, False])
def test_what_was_made_anew_in_between_is_not_taken_for_what_was_there(
    data: Path, with_something: bool
) -> None:
    folder = earlier(data)
    before = content(folder)
    begin("publish").wait(60)
    make_folder(folder)  # by a version that says it has format 3
    if not with_something:
        prepare()
        assert counts(folder) == brought_up()
        return
    (folder / "new.json").write_text("{}")
    with pytest.raises(FormatError) as caught:
        prepare()
    (kept,) = [data / name for name in hidden(data) if "-before-" in name]
    assert str(caught.value) == (
        f"{folder}: expected what was there before a change of its format, which was interrupted, "
        f"found something new; move what is in it elsewhere, give {kept} its name, and start again"
    )
    assert content(kept) == before
    assert content(folder) == {"new.json": "{}"}


@pytest.mark.usefixtures("two_steps")
def test_of_two_that_start_at_once_one_does_it(data: Path) -> None:
    folder = earlier(data)
    running = [begin("slow"), begin("slow")]
    assert [each.wait(60) for each in running] == [0, 0]
    assert counts(folder) == brought_up()
    assert len(entries(actions=("migrated",)).entries) == 2


def test_one_of_a_later_version_is_refused_by_all_and_stays_as_it_is(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = earlier(data)
    (folder / FORMAT_FILE).write_text("7\n")
    before = content(data)
    told = (
        f"{folder}: expected format 1 of exclusions, which this version of the app keeps, or an "
        "earlier one, found format 7; start the version that wrote it, or a later one"
    )
    for use in (prepare, exclusions_dir):
        with pytest.raises(FormatError) as caught:
            use()
        assert str(caught.value) == told
    assert main(["sessions", "list"]) == 2
    assert capsys.readouterr().err == f"emotion_core: {told}\n"
    assert content(data) == before


@pytest.mark.parametrize("text", ["", "one", "0", "-1", "\0\0"])
def test_one_that_says_nothing_that_can_be_read_is_refused(data: Path, text: str) -> None:
    folder = earlier(data)
    (folder / FORMAT_FILE).write_text(text)
    with pytest.raises(FormatError) as caught:
        prepare()
    assert str(caught.value).startswith(
        f"{folder / FORMAT_FILE}: expected the number of a format, found "
    )
    assert str(caught.value).endswith(
        "; bring it back from a backup, or write the number that it had"
    )


class TestBackups:
    def test_one_of_an_earlier_format_is_brought_up(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earlier(data)
        (data / "settings").mkdir()
        (data / "settings" / "a.json").write_text("{}")
        back_up(tmp_path / "all.tar")
        monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "new"))
        (tmp_path / "new" / "exclusions").mkdir(parents=True)
        (tmp_path / "new" / "exclusions" / "1++.json").write_text('{"count": 9}')
        (tmp_path / "new" / "exclusions" / FORMAT_FILE).write_text("3")
        monkeypatch.setitem(FORMATS, "exclusions", 3)
        steps = [Migration("exclusions", to, count_up) for to in (2, 3)]
        monkeypatch.setattr(migrations, "MIGRATIONS", steps)
        result = restore(tmp_path / "all.tar")
        assert result.problems == ()
        assert result.restored == {
            "Correction lists": ["0++.json", "2++.json"], "Settings": ["a.json"],
        }  # fmt: skip
        assert result.kept == {"Correction lists": ["1++.json"]}
        folder = tmp_path / "new" / "exclusions"
        assert counts(folder) == {"0++.json": 2, "1++.json": 9, "2++.json": 2}
        assert hidden(tmp_path / "new") == []

    def test_one_of_a_later_format_is_refused(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earlier(data)
        with monkeypatch.context() as patch:
            patch.setitem(FORMATS, "exclusions", 2)
            back_up(tmp_path / "all.tar")
        monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "new"))
        with pytest.raises(BackupError) as caught:
            restore(tmp_path / "all.tar")
        assert str(caught.value) == (
            f"{tmp_path / 'all.tar'}: expected format 1 of exclusions or an earlier one, found "
            "format 2, of a later version of the app; install that one"
        )
        assert not (tmp_path / "new").exists()
