"""The audit list: whole lines, from several processes, never in the way, put away and forgotten."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emotion_core.access import audit
from emotion_core.access.audit import audit_dir, entries, forget_old, note
from emotion_core.errors import AccessError, NoHomeError
from emotion_core.system.storage.folders import PROJECT, base_dir
from emotion_core.system.storage.persons import at_home, find_person_with

DAY = 86_400.0


def names() -> list[str]:
    return [entry.name for entry in entries().entries]


def test_what_was_noted_the_newest_first() -> None:
    assert entries().entries == ()
    assert note("recorded", "session", "20261128-100000", clock=lambda: 1e9)
    assert note("exported", "session", "20261128-100000", who="ada", detail="csv")
    newest, oldest = entries().entries
    assert (newest.action, newest.who, newest.detail) == ("exported", "ada", "csv")
    assert (oldest.time, oldest.who) == ("2001-09-09T01:46:40.000Z", None)
    assert [each.who for each in entries(who="ada").entries] == ["ada"]
    assert [each.action for each in entries(actions=("recorded",)).entries] == ["recorded"]
    assert entries(since=datetime(2020, 1, 1, tzinfo=UTC)).entries == (newest,)
    assert entries(most=1).entries == (newest,)


def test_the_person_is_whoever_it_runs_for() -> None:
    ada = "0123456789abcdef"
    with at_home(ada):
        note("recorded", "session", "a")
    assert entries().entries[0].who == ada
    assert audit_dir() == base_dir() / "audit"  # one list for everybody

    def nobody() -> str | None:
        raise NoHomeError("nobody is known")

    end = find_person_with(nobody)
    try:
        assert note("login refused", "", "", detail="3 times")
    finally:
        end()
    assert entries().entries[0].who is None


def test_only_its_owner_can_read_it() -> None:
    note("recorded", "session", "a")
    assert audit_dir().stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o777 for path in audit_dir().iterdir()] == [0o600, 0o600]


def test_a_line_is_on_the_disk_before_the_call_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (fsync(handle), synced.append(handle)))
    note("recorded", "session", "a")
    assert synced


@pytest.mark.parametrize("end", [b'{"time": "2026', b"\0" * 5000])
def test_a_line_that_was_cut_in_two_goes_with_the_next(end: bytes) -> None:
    note("recorded", "session", "a")
    (path,) = audit_dir().glob("*.jsonl")
    with path.open("ab") as file:
        file.write(end)
    assert names() == ["a"]
    note("recorded", "session", "b")
    assert names() == ["b", "a"]
    assert [json.loads(line)["name"] for line in path.read_text().splitlines()] == ["a", "b"]


def test_a_damaged_line_hides_no_other() -> None:
    note("recorded", "session", "a")
    (path,) = audit_dir().glob("*.jsonl")
    with path.open("ab") as file:
        file.write(b"not JSON\n")
    note("recorded", "session", "b")
    assert names() == ["b", "a"]
    assert [line.split(": ")[1] for line in entries().problems] == [
        "expected a line of the audit list (Expecting value"
    ]


def test_lines_of_processes_do_not_mix() -> None:
    program = textwrap.dedent(
        """
        import sys
        from emotion_core.access.audit import note
        for number in range(20):
            assert note("recorded", "session", f"{sys.argv[1]} {number} " + "x" * 5000)
        """
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, name], cwd=PROJECT) for name in "abc"
    ]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    found = entries()
    assert found.problems == ()
    told = [name.split()[0:2] for name in reversed([entry.name for entry in found.entries])]
    for name in "abc":
        assert [number for who, number in told if who == name] == [str(n) for n in range(20)]


def test_what_the_disk_does_not_take_is_said_and_written_later(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data.mkdir()
    (data / "audit").touch()  # where its folder should be
    with caplog.at_level(logging.ERROR):
        assert not note("recorded", "session", "a")
    assert caplog.messages == [
        "The audit list cannot be written (File exists): 1 lines wait for it, 0 are lost."
    ]
    assert entries().problems == (
        f"{data / 'audit'}: 1 line could not be written; free up space, or allow writing there",
    )
    (data / "audit").unlink()
    assert note("recorded", "session", "b")
    assert names() == ["b", "a"]
    assert entries().problems == ()


def test_one_that_has_grown_is_put_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST_BYTES", 150)
    for number in range(5):
        note("recorded", "session", str(number))
    assert len([*audit_dir().glob("audit-*.jsonl")]) > 1
    assert names() == ["4", "3", "2", "1", "0"]


def test_one_that_is_a_month_old_is_put_away_and_goes_after_a_year() -> None:
    note("recorded", "session", "old", clock=lambda: 1e9)
    note("recorded", "session", "b", clock=lambda: 1e9 + 30 * DAY)
    assert [*audit_dir().glob("audit-*.jsonl")] == []
    note("recorded", "session", "c", clock=lambda: 1e9 + 32 * DAY)
    (put_away,) = audit_dir().glob("audit-*.jsonl")
    assert names() == ["c", "b", "old"]
    os.utime(put_away, (1e9, 1e9))
    forget_old(lambda: 1e9 + 364 * DAY)
    assert names() == ["c", "b", "old"]
    forget_old(lambda: 1e9 + 366 * DAY)
    assert names() == ["c"]


def test_one_that_cannot_be_read_is_said(data: Path) -> None:
    note("recorded", "session", "a")
    (path,) = (data / "audit").glob("*.jsonl")
    path.unlink()
    path.symlink_to("/proc/self/mem")
    with pytest.raises(AccessError, match=r"cannot be read .*; allow reading it"):
        entries()
