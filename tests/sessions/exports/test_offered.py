"""What a session is offered as."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from emotion_core.sessions.edits.persons import name_person
from emotion_core.sessions.exports.offered import CODEBOOK, has_events, offered_files
from tests.sessions.photos.sets import photo_session
from tests.sessions.recordings import event, record

FRAMES = [(0.1 * n, {1: "happy"}) for n in range(10)]


def test_every_file_can_be_written(tmp_path: Path) -> None:
    session = record(tmp_path, FRAMES, [event(0.5)])
    assert has_events(session)
    files = offered_files(session, with_events=True)
    assert [file.kind for file in files] == [
        "csv", "parquet", "zip", "html", "tsv", "eaf", "vtt", "events",
    ]  # fmt: skip
    assert len({file.name for file in files}) == len(files)
    for file in (*files, CODEBOOK):
        for raw in (False, True):
            written = io.BytesIO()
            file.write(session, written, raw=raw)
            assert written.getvalue()


def test_without_an_event_there_is_no_file_of_them(tmp_path: Path) -> None:
    session = record(tmp_path, FRAMES)
    assert not has_events(session)
    assert "events" not in [each.kind for each in offered_files(session, with_events=False)]


@pytest.mark.parametrize(("raw", "has_name"), [(False, True), (True, False)])
def test_raw_is_as_it_was_recorded(tmp_path: Path, raw: bool, has_name: bool) -> None:
    session = record(tmp_path, FRAMES)
    name_person(session, 1, "Ana")
    (csv, *_) = offered_files(session, with_events=False)
    written = io.BytesIO()
    csv.write(session, written, raw=raw)
    assert (b"Ana" in written.getvalue()) is has_name


def test_photos_have_no_time_and_so_fewer_files(tmp_path: Path) -> None:
    session = photo_session(tmp_path)
    files = offered_files(session, with_events=has_events(session))
    assert [file.kind for file in files] == ["csv", "parquet", "zip"]
