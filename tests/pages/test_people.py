"""The page People, as an admin sees it, and what others get."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from emotion_core.access.audit import entries, note
from emotion_core.access.people.known import find_known, note_seen
from emotion_core.access.people.passwords import account_of, add_account, list_accounts
from emotion_core.access.people.person import Person
from emotion_core.access.people.rules import read_rules
from emotion_core.live.places.serving import LiveCapacity
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.persons import at_home
from pages.members import places
from pages.viewer import person as who

ANA = Person("a" * 16, "Ana", "admin")
BEN = Person("b" * 16, "Ben", "member")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return opened(monkeypatch, ANA)


def opened(monkeypatch: pytest.MonkeyPatch, viewer: Person) -> AppTest:
    monkeypatch.setattr(who, "standing", lambda: viewer)
    monkeypatch.setattr(who, "rules", lambda: read_rules(None))
    test = AppTest.from_file(str(PROJECT / "pages" / "people.py"), default_timeout=30)
    test.session_state["this_page"] = "people"
    return test


def table(test: AppTest, index: int = 0) -> list[list[str]]:
    return [list(map(str, row)) for row in test.dataframe[index].value.to_numpy()]


def choose(test: AppTest, person: str) -> None:
    test.selectbox(key="people_chosen").select(person).run()


def test_who_there_is_and_how_much_they_keep_and_never_what(page: AppTest, data: Path) -> None:
    account = add_account("Ana", "correct horse", "admin")
    note_seen(BEN, {"email": "ben@school.example"}, "https://login.school.example")
    session = data / "people" / BEN.id / "sessions" / "secret plan"
    session.mkdir(parents=True)
    (session / "rows.parquet").write_bytes(b"x" * 2_000)
    page.run()
    assert not page.exception
    ana, ben = table(page)
    assert ana == ["Ana", "admin", "Password", "never", "0 bytes"]
    assert (ben[0], ben[1], ben[2], ben[4]) == (
        "Ben",
        "member",
        "login.school.example",
        "2 kB of 5 GB",
    )
    choose(page, BEN.id)
    text = " ".join(each.value for each in page.markdown)
    assert "Sessions: 1, 2 kB" in text
    assert "ben@school.example" in text.replace("\\", "")
    assert "secret plan" not in text
    choose(page, account.person.id)
    assert "Keeps nothing." in [each.value for each in page.markdown]


def test_somebody_is_let_in_gets_another_role_and_password_and_goes(page: AppTest) -> None:
    page.run()
    page.text_input(key="people_new_name").input("Ben")
    page.text_input(key="people_new_password").input("battery staple")
    page.button(key="people_add").click().run()
    (made,) = list_accounts()
    assert (made.name, made.role) == ("Ben", "member")
    assert page.text_input(key="people_new_password").value == ""
    choose(page, made.person.id)
    page.radio(key="people_role Ben").set_value("admin")
    page.button(key="people_change_role Ben").click().run()
    assert list_accounts()[0].role == "admin"
    page.text_input(key="people_password Ben").input("correct horse")
    page.button(key="people_change_password Ben").click().run()
    assert account_of("ben", "correct horse") is not None
    page.button(key="people_remove Ben").click().run()
    assert list_accounts() == ()
    assert not page.exception
    assert [each.action for each in entries().entries] == ["deleted", "changed", "changed", "added"]


def test_what_cannot_be_done_is_said_once(page: AppTest) -> None:
    page.run()
    page.text_input(key="people_new_name").input("Ben")
    page.text_input(key="people_new_password").input("short")
    page.button(key="people_add").click().run()
    (problem,) = page.error
    assert "expected a password of 8 to 1,000 letters, found 5" in problem.value
    page.run()
    assert not page.error


def test_a_providers_people_are_refused_and_let_in_again(page: AppTest) -> None:
    note_seen(BEN, {}, "https://login.school.example")
    page.run()
    choose(page, BEN.id)
    page.button(key=f"people_refuse {BEN.id}").click().run()
    assert find_known(BEN.id).is_refused
    assert table(page)[0][1] == "refused"
    page.button(key=f"people_allow {BEN.id}").click().run()
    assert not find_known(BEN.id).is_refused


def test_nobody_lets_themselves_out_or_down(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    me = add_account("Ana", "correct horse", "admin").person
    page = opened(monkeypatch, me)
    page.run()
    choose(page, me.id)
    keys = {each.key for each in page.button}
    assert "people_change_password Ana" in keys
    assert not {"people_remove Ana", "people_change_role Ana"} & keys


def test_what_was_done_is_listed_with_names(page: AppTest) -> None:
    note_seen(BEN, {}, "https://login.school.example")
    with at_home(BEN.id):
        note("recorded", "session", "Monday")
    page.run()
    assert table(page, 1)[0][1:4] == ["Ben", "recorded session", "Monday"]


def test_how_many_stream(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    capacity = LiveCapacity(1, 2, 1, 3, 1, 2.0, 0.5, 0.25, True, False, None)
    monkeypatch.setattr(places, "live_capacity", lambda: capacity)
    page.run()
    told = [each.value for each in page.markdown if "taken" in each.value]
    assert told == ["**1 of 1 place** taken; 2 viewers waiting."]
    assert (
        "Whoever runs the app has set 1; this machine can serve 3: one viewer takes 0.25 of 2 "
        "cores, other programs 0.5."
    ) in [each.value for each in page.caption]


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_others_get_nothing_of_it(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add_account("Ana", "correct horse", "admin")
    page = opened(monkeypatch, Person("c" * 16, "Cem", role))
    page.run()
    assert [each.value for each in page.error] == ["This page is for admins."]
    assert not page.dataframe
    assert not page.button
