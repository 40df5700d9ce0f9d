from __future__ import annotations

import csv
import io
import json

import pytest

from emotion_core.cli import main
from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.edits.persons import name_person
from tests.sessions.recordings import record


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Eight seconds of one person, happy after a joke."""
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    frames = [(each / 10, {1: "happy" if 30 <= each < 50 else "sad"}) for each in range(81)]
    session = record(tmp_path / "sessions", frames)
    name_person(session, 1, "Ann")
    add_mark(session, 2.0, "joke", seconds=3.95)
    return session


def printed(capsys, *arguments: str) -> str:
    assert main(["sessions", "numbers", *arguments]) == 0
    return capsys.readouterr().out


def test_lines(session, capsys):
    lines = printed(capsys, session.id).splitlines()
    assert lines[0] == f"{session.id}, whole session: 8.0 s, 81 frames, 0 of them without a face"
    assert lines[1].startswith("Ann: seen for 8.0 s, answered 100.0%, blocks of ")
    (start,) = [place for place, line in enumerate(lines) if ", joke: " in line]
    (happy,) = [line for line in lines[start:] if line.startswith("  happy")]
    assert happy.split()[1] == "50.0%"
    assert happy.endswith("1.0 (n = 1)")
    assert "moving-block bootstrap" in lines[-1]


def test_csv_and_json_hold_the_same_numbers(session, capsys):
    rows = list(csv.DictReader(io.StringIO(printed(capsys, session.id, "--csv"))))
    assert len(rows) == 2 * 8
    (content,) = json.loads(printed(capsys, session.id, "--json"))
    answers = {part["range"]: part["persons"][0]["answers"] for part in content["ranges"]}
    for row in rows:
        share = answers[row["range"]][row["answer"]]["share"]
        assert float(row["share"]) == pytest.approx(share)


def test_around_marks_and_against_other_sessions(session, tmp_path, capsys):
    (content,) = json.loads(printed(capsys, session.id, "--around", "joke", "--json"))
    assert (content["n"], content["latencies"][0]["seconds"]) == (1, pytest.approx(1.0))
    text = printed(capsys, session.id, "--around", "joke", "--person", "1")
    assert len(list(csv.DictReader(io.StringIO(text)))) == 28 * 7
    assert main(["sessions", "numbers", session.id, "--around", "film"]) == 2
    assert "expected a label of its marks (joke), found film" in capsys.readouterr().err
    other = record(tmp_path / "sessions", [(each / 10, {1: "sad"}) for each in range(20)])
    lines = printed(capsys, session.id, "--against", other.id).splitlines()
    assert lines[0].startswith("n = 1 and 1 sessions; Hedges' g; p of the permutation test")
    (row,) = [line for line in lines if line.startswith("share of happy")]
    assert row.split()[3:] == ["0.2500", "0.0000", "0.2500", "-", "-", "-"]
