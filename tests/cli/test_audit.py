"""The command ``audit``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from emotion_core.access.audit import note
from emotion_core.cli import main


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit"]) == 0
    assert capsys.readouterr().out == "nothing was noted\n"
    note("deleted", "session", "=1+1", who="ada", detail="kept for 30 days", clock=lambda: 1e9)
    note("logged in", "", "", who="ben")
    assert main(["audit", "--action", "deleted"]) == 0
    line = capsys.readouterr().out
    assert line.endswith("ada: deleted session =1+1 (kept for 30 days)\n")
    assert main(["audit", "--format", "csv"]) == 0
    rows = [*csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert [row["who"] for row in rows] == ["ben", "ada"]
    assert rows[1]["name"] == "'=1+1"  # no formula for a spreadsheet
    assert main(["audit", "--format", "json", "--since", "2001-09-10"]) == 0
    assert [each["who"] for each in json.loads(capsys.readouterr().out)] == ["ben"]
    assert main(["audit", "--person", "ada", "--most", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["time"] == "2001-09-09T01:46:40.000Z"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--action", "eaten"], "expected an action of recorded, "),
        (
            ["--since", "noon"],
            "expected a day or time such as 2026-11-28 or 2026-11-28T10:00, found 'noon'; write "
            "--since that way",
        ),
    ],
)
def test_wrong_arguments(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *arguments]) == 2
    assert told in capsys.readouterr().err
