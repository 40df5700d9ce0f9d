"""How long recordings are kept: what goes, when, and what stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.belongings import retention
from emotion_core.belongings.retention import (
    Rule,
    delete_what_is_due,
    due,
    own_rule,
    rule_of_server,
    rules,
    set_own_rule,
)
from emotion_core.errors import RetentionError
from emotion_core.sessions.storage import (
    Session,
    list_sessions,
    open_session,
    rename_session,
    sessions_dir,
)
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.persons import at_home
from tests.sessions.recordings import IMAGE, STARTED, face, record, start

DAY = 86_400.0
NOW = 1_796_000_000.0
ADA, BEN = "a" * 16, "b" * 16


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("EMOTION_SESSIONS_DIR", raising=False)
    monkeypatch.delenv("EMOTION_RETENTION_DAYS", raising=False)
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(tmp_path / "secrets.toml"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def aged(days: float) -> Session:
    """Record a session of so many days ago."""
    session = record(sessions_dir(), [(0.0, {1: "happy"})])
    os.utime(session.folder / "frames.csv", (NOW - days * DAY,) * 2)
    return open_session(session.folder)


def there() -> list[str]:
    return [session.id for session in list_sessions(sessions_dir()).sessions]


def at(days: float) -> Callable[[], float]:
    return lambda: NOW + days * DAY


def test_without_a_rule_nothing_goes() -> None:
    session = aged(5000)
    assert delete_what_is_due(at(0)) == []
    assert (there(), due(at(0)), rules()) == ([session.id], [], ())


def test_too_old_ones_go_after_notice_and_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    old, older, new = aged(40), aged(50), aged(10)
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "30")
    assert delete_what_is_due(at(0)) == []  # it has only just been set
    assert [(each.id, (end - NOW) / DAY) for each, end in due(at(1))] == [
        (old.id, 3), (older.id, 3), (new.id, 20),
    ]  # fmt: skip
    assert delete_what_is_due(at(2.9)) == []
    assert sorted(delete_what_is_due(at(3.1))) == sorted([old.id, older.id])
    assert there() == [new.id]
    noted = entries(actions=("deleted",)).entries
    assert {each.name for each in noted} == {old.id, older.id}
    assert noted[0].detail == "kept for 30 days by the server's rule"
    assert delete_what_is_due(at(19.9)) == []
    assert delete_what_is_due(at(20.1)) == [new.id]


def test_a_shorter_rule_gives_notice_again_and_a_longer_one_takes_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aged(25)
    for days, since, expected in ((30, 0, 0), (20, 10, 10), (40, 12, 10)):
        monkeypatch.setenv("EMOTION_RETENTION_DAYS", str(days))
        monkeypatch.setattr(retention, "_delete_due", lambda *_: iter(()))
        delete_what_is_due(at(since))
        rule = rule_of_server(at(since))
        assert rule == Rule(days, NOW + expected * DAY, of_server=True)


def test_a_persons_own_rule_is_for_their_own_alone() -> None:
    sessions = {}
    for person in (ADA, BEN):
        with at_home(person):
            sessions[person] = aged(40)
    with at_home(ADA):
        set_own_rule(14, at(-30))
        assert own_rule() == Rule(14, NOW - 30 * DAY)
    assert delete_what_is_due(at(0)) == [sessions[ADA].id]
    noted = entries(actions=("deleted",)).entries[0]
    assert (noted.who, noted.detail) == (ADA, "kept for 14 days by their own rule")
    with at_home(BEN):
        assert (there(), own_rule()) == ([sessions[BEN].id], None)
    with at_home(ADA):
        set_own_rule(None)
        assert own_rule() is None


def test_an_own_rule_is_shorter_than_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "30")
    with pytest.raises(RetentionError) as caught:
        set_own_rule(31)
    assert str(caught.value) == (
        "expected 30 days at the most, which is this server's rule, found 31; choose fewer, or tag "
        "what has to stay 'keep'"
    )
    set_own_rule(7, at(0))
    session = aged(1)
    ((_, end),) = due(at(0))
    assert end == session.written + 7 * DAY  # the one that ends first


def test_what_is_marked_or_being_recorded_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "1")
    kept = rename_session(aged(40), name="", notes="", tags=["Keep"])
    recorder = start(sessions_dir())
    try:
        recorder.record(STARTED + 1, [face(1, "happy")], IMAGE)
        for clock in (at(0), at(4000)):
            assert delete_what_is_due(clock) == []
        header = recorder.folder / "session.json"
        whole = header.read_bytes()
        header.write_text("{")  # damaged, and still being recorded
        assert delete_what_is_due(at(4000)) == []
        header.write_bytes(whole)
    finally:
        session = recorder.stop()
    assert delete_what_is_due(at(4000)) == [session.id]
    assert there() == [kept.id]


def test_damaged_ones_go_and_what_is_no_session_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "30")
    session = aged(40)
    (session.folder / "session.json").write_text("{")
    for path in session.folder.iterdir():
        os.utime(path, (NOW - 40 * DAY,) * 2)
    (sessions_dir() / "notes").mkdir()
    delete_what_is_due(at(-10))
    assert delete_what_is_due(at(0)) == [session.id]
    assert [path.name for path in sessions_dir().iterdir() if path.name[0] != "."] == ["notes"]


def test_one_that_holds_others_files_is_logged_and_the_rest_goes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "30")
    holds, other = aged(40), aged(40)
    (holds.folder / "thesis.docx").touch()
    delete_what_is_due(at(-10))
    assert delete_what_is_due(at(0)) == [other.id]
    assert "A session that is too old cannot be deleted" in caplog.text
    assert there() == [holds.id]


def test_of_two_processes_one_deletes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "30")
    session = aged(40)
    delete_what_is_due(at(-10))
    with FileLock(data / ".retention.lock") as lock:
        assert lock.acquire()
        assert delete_what_is_due(at(0)) == []
    assert delete_what_is_due(at(0)) == [session.id]


@pytest.mark.parametrize("value", ["0", "never", "3651", "1.5"])
def test_a_rule_that_means_nothing_deletes_nothing(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = aged(9000)
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", value)
    with pytest.raises(RetentionError) as caught:
        delete_what_is_due(at(9))
    assert str(caught.value) == (
        f"EMOTION_RETENTION_DAYS: expected a number of days from 1 to 3,650, found {value!r}; "
        "nothing is deleted until it is one; leave it out to keep recordings for good"
    )
    assert there() == [session.id]


def test_the_servers_rule_in_the_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text("[retention]\ndays = 60\n")
    assert [rule.days for rule in rules()] == [60]
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "30")
    assert [rule.days for rule in rules()] == [30]
    monkeypatch.delenv("EMOTION_RETENTION_DAYS")
    secrets.write_text("[retention]\ndays = true\n")
    with pytest.raises(RetentionError, match=r"secrets.toml: \[retention\] days: expected a"):
        rules()
    secrets.write_text("[retention")
    with pytest.raises(RetentionError, match=r"expected settings in TOML, found what cannot be"):
        rules()


def test_days_that_are_none() -> None:
    with pytest.raises(RetentionError) as caught:
        set_own_rule(0)
    assert str(caught.value) == (
        "expected 1 to 3,650 days to keep recordings for, found 0; choose another number"
    )
