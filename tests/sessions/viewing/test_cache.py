"""What a session's chart is drawn from is made once, and anew when its tables change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.storage import Session, delete_session
from emotion_core.sessions.tables import read_tables
from emotion_core.sessions.viewing.cache import packed_rows
from tests.sessions.recordings import record


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    frames = [(each / 10, {1: "happy", 2: "sad"}) for each in range(20)]
    return record(tmp_path / "sessions", frames)


class Reading:
    """Reads a session's tables, and counts how often."""

    def __init__(self, session: Session) -> None:
        self.session, self.times = session, 0

    def __call__(self):
        self.times += 1
        return read_tables(self.session.folder)


def test_it_is_made_once(session):
    read = Reading(session)
    index, path = packed_rows(session.folder, read)
    assert (index.persons, len(index.chunks)) == ((1, 2), 1)
    assert path.stat().st_size == index.chunks[0].at + 20 * 12 + 40 * 24
    assert packed_rows(session.folder, read) == (index, path)
    assert read.times == 1


def test_it_is_made_anew_with_other_tables_or_corrections(session):
    read = Reading(session)
    paths = {packed_rows(session.folder, read)[1]}
    paths.add(packed_rows(session.folder, read, ("merged", 1, 2))[1])
    os.utime(session.folder / "faces.csv", (1, 1))
    paths.add(packed_rows(session.folder, read)[1])
    assert (read.times, len(paths)) == (3, 3)
    assert [path for path in paths if path.exists()] == [packed_rows(session.folder, read)[1]]


def test_nothing_of_a_session_that_is_deleted_is_kept(session):
    _, path = packed_rows(session.folder, Reading(session))
    assert path.is_file()
    delete_session(session.folder.parent, session.id)
    assert not path.parent.exists()


def test_where_nothing_can_be_kept_it_is_made_in_memory(session, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "file"))
    index, content = packed_rows(session.folder, Reading(session))
    assert isinstance(content, bytes)
    assert len(content) == index.chunks[0].at + 20 * 12 + 40 * 24


def test_a_missing_table_is_told(session):
    (session.folder / "faces.csv").unlink()
    with pytest.raises(SessionError, match=r"faces\.csv cannot be read \(No such file"):
        packed_rows(session.folder, Reading(session))
