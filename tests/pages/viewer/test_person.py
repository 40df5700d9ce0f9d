"""Who looks, and what they may do, with accounts and without."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st

from emotion_core.access.people.admission import Refused
from emotion_core.access.people.passwords import add_account
from emotion_core.access.people.person import GRANTS, Person, Role
from emotion_core.access.people.rules import read_rules
from emotion_core.errors import AccessError, NoHomeError
from pages.viewer import access
from pages.viewer import person as who
from pages.viewer.login import inside


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_without_accounts_all_is_allowed_but_what_is_the_servers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert who.person() is None
    assert who.find_person() is None
    for here in (True, False):
        monkeypatch.setattr(who, "server_is_offered_here", lambda here=here: here)
        assert {each: who.may(each) for each in GRANTS} == {
            "keep": True, "server": here, "addresses": here, "people": True,
        }  # fmt: skip
        assert access.server_is_offered() is here


@pytest.mark.parametrize(
    ("role", "granted"),
    [
        ("viewer", set()),
        ("member", {"keep"}),
        ("admin", {"keep", "server", "addresses", "people"}),
    ],
)
def test_with_accounts_the_role_decides(
    role: Role, granted: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "standing", lambda: Person("a" * 16, "Ana", role))
    monkeypatch.setattr(who, "server_is_offered_here", lambda: True)  # which counts no more
    monkeypatch.setattr(who, "rules", lambda: read_rules(None))
    assert {each for each in GRANTS if who.may(each)} == granted
    assert who.find_person() == "a" * 16


def test_nobody_known_is_nobody_and_may_nothing() -> None:
    add_account("ana", "correct horse", "member")
    assert who.standing() == Refused("not logged in")
    assert not any(who.may(each) for each in GRANTS)
    with pytest.raises(AccessError) as refused:
        who.person()
    assert str(refused.value) == (
        "expected somebody who is logged in and let in, found otherwise (not logged in); log in "
        "anew"
    )
    with pytest.raises(NoHomeError) as homeless:
        who.find_person()
    assert str(homeless.value) == (
        "expected to know whose things are meant, found nobody (not logged in); log in anew"
    )


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("localhost", ""),
        ("127.0.0.1", ""),
        ("0.0.0.0", "emotion_core: this app answers at 0.0.0.0. There are no accounts here: "),
        (None, "emotion_core: this app answers on every network of this machine. There are no "),
    ],
)
def test_where_the_app_is_open_to_others_it_says_so_at_the_start(
    address: str | None,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usual = st.get_option
    monkeypatch.setattr(
        st, "get_option", lambda name: address if name == "server.address" else usual(name)
    )
    inside.tell_if_open()
    found = capsys.readouterr().err
    assert found.startswith(told)
    assert len(found.splitlines()) == bool(told)
    add_account("ana", "correct horse", "member")
    inside.tell_if_open()
    assert capsys.readouterr().err == ""
