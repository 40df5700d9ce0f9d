"""The command ``people``."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from emotion_core.access.audit import entries
from emotion_core.access.people.known import note_seen
from emotion_core.access.people.passwords import account_of, find_person_id, list_accounts
from emotion_core.access.people.person import Person
from emotion_core.cli import main
from emotion_core.cli import people as command


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def typed(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(line))


def test_from_let_in_to_removed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["people", "list"]) == 0
    assert capsys.readouterr().out == (
        "nobody: the app asks nobody to log in, unless .streamlit/secrets.toml says so\n"
    )
    typed(monkeypatch, "correct horse\n")
    assert main(["people", "add", "Ana", "--role", "admin"]) == 0
    assert capsys.readouterr().out == "Ana may come in as admin\n"
    assert account_of("ana", "correct horse") is not None
    assert main(["people", "role", "ana", "viewer"]) == 0
    assert capsys.readouterr().out == "Ana is viewer from now on\n"
    typed(monkeypatch, "battery staple\r\n")
    assert main(["people", "password", "ana"]) == 0
    assert capsys.readouterr().out == (
        "Ana has another password, and is logged out wherever the old one was used\n"
    )
    assert account_of("ana", "battery staple") is not None
    assert main(["people", "list"]) == 0
    known = find_person_id("ana")
    assert capsys.readouterr().out == f"{known}  Ana: viewer, by a password, never seen\n"
    assert main(["people", "remove", "ana"]) == 0
    assert capsys.readouterr().out == (
        f"Ana is refused from now on; what they made stays, as {known}\n"
    )
    assert list_accounts() == ()
    noted = [(each.action, each.kind, each.name, each.detail) for each in entries().entries]
    assert noted == [
        ("deleted", "person", "Ana", ""),
        ("changed", "person", "Ana", "password"),
        ("changed", "person", "Ana", "role viewer"),
        ("added", "person", "Ana", "admin"),
    ]


def test_people_of_a_provider_are_refused_and_let_in_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ben = Person("0123456789abcdef", "Ben", "member")
    note_seen(ben, {"email": "ben@school.example"}, "https://login.school.example")
    assert main(["people", "remove", ben.id]) == 0
    assert main(["people", "list"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == (
        "0123456789abcdef is refused from now on; people allow 0123456789abcdef lets them in again"
    )
    assert told[1].startswith(
        "0123456789abcdef  Ben (ben@school.example): refused; member, by "
        "https://login.school.example, last seen 20"
    )
    assert main(["people", "allow", ben.id]) == 0
    assert main(["people", "list"]) == 0
    assert "refused" not in capsys.readouterr().out.splitlines()[-1]


def test_a_password_is_typed_twice_at_a_terminal_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    answers = iter(["correct horse", "correct horsf", "correct horse", "correct horse"])
    monkeypatch.setattr(command.getpass, "getpass", lambda _: next(answers))
    assert main(["people", "add", "ana"]) == 2
    assert capsys.readouterr().err == (
        "emotion_core: expected the same password twice, found two; try again\n"
    )
    assert main(["people", "add", "ana"]) == 0
    assert "horse" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("arguments", "line", "told"),
    [
        (["add", "ana"], "", "expected a password on stdin, found none; send it as a line"),
        (["add", "ana"], "short\n", "expected a password of 8 to 1,000 letters, found 5; choose"),
        (["remove", "ana"], "", "found no 'ana'; see python -m emotion_core people list"),
        (["allow", "ana"], "", "expected an id of 16 hexadecimal digits, found 'ana'"),
    ],
)
def test_what_is_refused_is_one_line(
    arguments: list[str],
    line: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed(monkeypatch, line)
    assert main(["people", *arguments]) == 2
    (found,) = capsys.readouterr().err.strip().splitlines()
    assert found.startswith("emotion_core: ")
    assert told in found
