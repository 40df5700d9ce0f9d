"""The command ``tokens``."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.access.tokens import list_tokens, token_of
from emotion_core.cli import main


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_from_made_to_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tokens", "list"]) == 0
    assert capsys.readouterr().out == "no tokens: the app answers no other program\n"
    assert main(["tokens", "add", "lab", "--may", "record, live", "--rate", "5"]) == 0
    made = capsys.readouterr()
    secret = made.out.strip()
    assert token_of(secret, list_tokens().tokens) is not None
    assert made.err == (
        "emotion_core: this is lab: may live, record; 5 requests a second of up to 64 MB. Copy "
        "it now: only its hash is kept, and it is not shown again\n"
    )
    assert main(["tokens", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith("lab: may live, record; 5 requests a second of up to 64 MB, made 20")
    assert secret not in listed
    assert main(["tokens", "revoke", "lab"]) == 0
    assert capsys.readouterr().out == "lab is refused from now on\n"
    assert list_tokens().tokens == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "lab", "--may", "fly"], "found 'fly'; name them with commas between them"),
        (["add", "lab", "--may", ","], "found none; name them with commas between them"),
        (["add", "../lab", "--may", "live"], "begins with a letter or digit"),
        (["add", "lab", "--may", "live", "--rate", "nan"], "found nan and 64,000,000"),
        (["revoke", "lab"], "found 'lab'; list them with python -m emotion_core tokens list"),
    ],
)
def test_what_is_refused_is_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tokens", *arguments]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("emotion_core: ")
    assert told in line


def test_a_damaged_one_is_told_beside_the_others(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tokens", "add", "lab", "--may", "live"]) == 0
    (data / "tokens" / "torn.json").write_text("{")
    capsys.readouterr()
    assert main(["tokens", "list"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("lab: ")
    assert "torn.json: expected a token, found a damaged file" in printed.err
