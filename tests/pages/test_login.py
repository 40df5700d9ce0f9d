"""The whole app for somebody who is not logged in, is refused, or is let in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest

from emotion_core.access.people.known import find_known
from emotion_core.access.people.passwords import Account, add_account, change_role, remove_account
from emotion_core.system.storage import persons
from emotion_core.system.storage.folders import PROJECT, home_of, keeper
from pages.mending.logins import runs
from pages.viewer.login import inside
from pages.widgets import who


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of its own, and nothing left of who was asked."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(ScriptRunner, "_run_script", ScriptRunner._run_script)
    monkeypatch.setattr(persons, "_finders", [])
    monkeypatch.setattr(runs, "_standings", runs.OrderedDict())
    for each in (inside.know_people, runs.ask_at_every_run):
        each.cache_clear()
    yield
    for each in (inside.know_people, runs.ask_at_every_run):
        each.cache_clear()


@pytest.fixture
def sent_to(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that browsers were sent to."""
    found: list[str] = []
    monkeypatch.setattr(inside, "send_browser_to", found.append)
    return found


def claims(account: Account, **more: Any) -> dict[str, Any]:
    return {
        "is_logged_in": True, "provider": "_password", "iss": "password", "sub": account.name,
        "name": account.name, "stamp": account.stamp, "nonce": "1", **more,
    }  # fmt: skip


def page() -> None:
    """What app.py does of it, around a page of one line."""
    import streamlit as st

    from pages.viewer.login.inside import is_let_in
    from pages.widgets.who import show_who

    if is_let_in():
        show_who()
        st.markdown("inside")


def opened(user: dict[str, Any]) -> AppTest:
    inside.know_people()
    test = AppTest.from_function(page, default_timeout=60)
    test.user = user
    return test


def shown(test: AppTest) -> list[str]:
    assert not test.exception
    return [each.value for kind in ("title", "markdown", "error") for each in test.get(kind)]


def test_no_page_runs_for_somebody_who_is_not_logged_in(sent_to: list[str]) -> None:
    account = add_account("ana", "correct horse", "admin")
    for user in ({}, {"is_logged_in": False}, claims(account, stamp="forged")):
        assert shown(opened(user).run()) == ["You are logged out. One moment …"]
    assert sent_to == ["./"] * 3
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=120).run()
    assert shown(app) == ["You are logged out. One moment …"]
    assert keeper() is None
    assert find_known(account.person.id) is None


def test_the_first_admin_takes_over_what_was_there_and_others_have_homes_of_their_own(
    sent_to: list[str],
) -> None:
    ana, ben = (
        add_account(name, "correct horse", role)
        for name, role in (("ana", "admin"), ("ben", "member"))
    )
    for account in (ben, ana):
        test = opened(claims(account)).run()
        assert f"Logged in as **{account.name}**" in " ".join(shown(test))
        assert shown(test)[-1] == "inside"
    assert sent_to == []
    assert keeper() == ana.person.id
    assert home_of(ben.person.id).is_dir()
    assert home_of(ben.person.id) != home_of(ana.person.id)
    assert find_known(ben.person.id).role == "member"


def test_a_click_of_somebody_who_was_removed_does_nothing(sent_to: list[str]) -> None:
    account = add_account("ben", "correct horse", "member")
    test = opened(claims(account)).run()
    change_role("ben", "viewer")
    assert "Logged in as **ben**, a viewer" in " ".join(shown(test.run()))
    remove_account("ben")
    test.button(key="log_out").click().run()
    assert shown(test) == ["You are logged out. One moment …"]
    assert sent_to == ["./"]


@pytest.mark.parametrize("here", [True, False])
def test_without_accounts_a_line_says_so_to_others(
    here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "on_this_machine", lambda *_: here)
    test = opened({}).run()
    assert shown(test) == ["inside"]
    assert [each.value for each in test.caption] == (
        [] if here else [f":material/lock_open: {inside.OPEN_TO_ALL}"]
    )
