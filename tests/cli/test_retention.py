"""The command ``retention``."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from emotion_core.cli import main
from emotion_core.sessions.storage import list_sessions, sessions_dir
from tests.sessions.recordings import record


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("EMOTION_SESSIONS_DIR", raising=False)
    monkeypatch.delenv("EMOTION_RETENTION_DAYS", raising=False)
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(tmp_path / "none.toml"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path / "data"


def test_from_a_rule_to_its_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    assert main(["retention"]) == 0
    assert capsys.readouterr().out == "recordings are kept for good\n"
    session = record(sessions_dir(), [(0.0, {1: "happy"})])
    os.utime(session.folder / "frames.csv", (1e9, 1e9))
    monkeypatch.setenv("EMOTION_RETENTION_DAYS", "30")
    assert main(["retention", "--days", "7"]) == 0
    rules, own, session_line = capsys.readouterr().out.splitlines()
    assert rules == "recordings are kept for 30 days: the server's rule"
    assert own == "recordings are kept for 7 days: your own rule"
    assert session_line.startswith(f"{session.id} is deleted on ")
    assert main(["retention", "--apply"]) == 0
    assert capsys.readouterr().out.startswith("deleted 0 sessions\n")  # it gets its notice
    past = time.time() - 4 * 86_400
    (data / "retention.json").write_text(f'{{"days": 7, "since": {past}}}')
    assert main(["retention", "--apply", "--days", "off"]) == 0
    assert "deleted 0 sessions" in capsys.readouterr().out
    assert main(["retention", "--days", "1"]) == 0
    (data / "retention.json").write_text(f'{{"days": 1, "since": {past}}}')
    assert main(["retention", "--apply"]) == 0
    assert capsys.readouterr().out.count("deleted 1 session\n") == 1
    assert list_sessions(sessions_dir()).sessions == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--days", "soon"],
            "expected a number of days or off, found 'soon'; write --days that way",
        ),
        (
            ["--person", "ada"],
            "expected a person's id, 16 hexadecimal digits, found 'ada'; list them with python -m "
            "emotion_core people list",
        ),
        (["--days", "4000"], "expected 1 to 3,650 days to keep recordings for, found 4000; "),
    ],
)
def test_wrong_arguments(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["retention", *arguments]) == 2
    assert told in capsys.readouterr().err
