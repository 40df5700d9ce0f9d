from __future__ import annotations

import json

import pytest

from emotion_core.recorded.photos import journal as journals
from emotion_core.recorded.photos.journal import Journal
from emotion_core.recorded.photos.reading import PhotoReadings

SCORES = (0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1)
READ = PhotoReadings(640, 480, "", "mirrored", 0.5, ((1, 2, 30, 40),), (SCORES,))


def test_what_is_written_is_found_by_its_place_and_key(tmp_path):
    path = tmp_path / "new" / "a.jsonl"
    with Journal(path) as journal:
        assert not path.exists()
        journal.add("a.jpg", "one", READ)
        assert journal.find("a.jpg", "one") == READ  # before the file is closed
        journal.add("a.jpg", "two", READ)
    for again in (Journal(path), journal):
        assert again.find("a.jpg", "two") == READ
        assert again.find("a.jpg", "one") is None
        assert again.find("b.jpg", "two") is None


@pytest.mark.parametrize(
    "end", [b'{"place": "b"', b"\0" * 40, b'{"place": "b", "key": "x", "photo": {}}\n']
)
def test_a_damaged_line_counts_as_never_written(tmp_path, end):
    path = tmp_path / "a.jsonl"
    with Journal(path) as journal:
        journal.add("a", "x", READ)
    path.write_bytes(path.read_bytes() + end)
    with Journal(path) as journal:
        assert journal.find("b", "x") is None
        journal.add("b", "x", READ)
    with Journal(path) as journal:
        assert journal.find("a", "x") == journal.find("b", "x") == READ


def test_another_process_that_writes_into_the_same_file_does_no_harm(tmp_path):
    path = tmp_path / "a.jsonl"
    first, second = Journal(path), Journal(path)
    for index in range(3):
        first.add(f"first {index}", "x", READ)
        second.add(f"second {index}", "x", READ)
    assert first.find("first 2", "x") in (READ, None)
    first.close()
    second.close()
    with Journal(path) as journal:
        assert journal.find("first 2", "x") == journal.find("second 2", "x") == READ


def test_lines_that_count_no_more_are_left_out_one_day(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "_MOST_STALE", 3)
    path = tmp_path / "a.jsonl"
    with Journal(path) as journal:
        for index in range(5):
            journal.add("a", str(index), READ)
    with Journal(path) as journal:
        assert journal.find("a", "4") == READ
        journal.add("b", "0", READ)
    assert [json.loads(line)["place"] for line in path.read_text().splitlines()] == ["a", "b"]
