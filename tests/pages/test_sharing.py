"""The pages of people who share what they have, and of those they share it with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.access.sharing import share, share_of
from emotion_core.datasets.own.storage import create_own_dataset, own_data_dir
from emotion_core.models.changes import add_model
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.sessions.storage import Session, sessions_dir
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.persons import at_home, find_person_with
from tests.sessions.recordings import record

ANN, BEN = "a" * 16, "b" * 16


class Looking:
    """Who looks at the pages."""

    person = ANN


@pytest.fixture(autouse=True)
def looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Looking]:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("EMOTION_SESSIONS_DIR", "EMOTION_MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))
    who = Looking()
    end = find_person_with(lambda: who.person)
    yield who
    end()


@pytest.fixture
def session() -> Session:
    with at_home(ANN):
        frames = [(number / 10, {1: "happy", 2: "sad"}) for number in range(20)]
        return record(sessions_dir(), frames)


def opened(name: str, **address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / f"pages/{name}.py"), default_timeout=60)
    for key, value in address.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def text(page: AppTest) -> str:
    return "\n".join(each.value for each in (*page.markdown, *page.warning, *page.info))


def run(what: Any) -> AppTest:
    page: AppTest = what.run()
    assert not page.exception
    return page


def test_a_session_is_shared_and_shared_no_more(session: Session, looking: Looking) -> None:
    page = opened("sessions")
    run(page.button(f"share session {session.id}").click())
    with at_home(ANN):
        found = share_of("session", session.folder)
    assert found is not None
    assert found.readers == ()

    looking.person = BEN
    theirs = opened("sessions", session=f"{session.id}@{ANN}")
    assert "Shared by **somebody** since" in text(theirs)
    keys = {each.key for each in theirs.button}
    assert not keys & {f"delete {session.id}", f"save {session.id}", f"share session {session.id}"}
    assert [tab.label for tab in theirs.tabs] == ["Numbers", "Files"]

    looking.person = ANN
    run(page.button(f"unshare session {session.id}").click())
    looking.person = BEN
    assert "The address names a session that is not here" in text(
        opened("sessions", session=f"{session.id}@{ANN}")
    )


@pytest.mark.parametrize("guess", ["{id}", "{id}@{ann}", "../{ann}/sessions/{id}", "../../x"])
def test_what_is_not_shared_is_not_found_by_its_address(
    session: Session, looking: Looking, guess: str
) -> None:
    looking.person = BEN
    page = opened("sessions", session=guess.format(id=session.id, ann=ANN))
    assert "The address names a session that is not here" in text(page)
    assert "No sessions yet." in text(page)
    assert not page.selectbox
    assert not page.tabs


def test_whom_to_share_with_is_typed(session: Session) -> None:
    page = opened("sessions")
    run(page.radio(f"share with session {session.id}").set_value("Only"))
    run(page.text_input(f"share names session {session.id}").set_value("Zoe"))
    run(page.button(f"share session {session.id}").click())
    assert "found 'zoe', which is nobody's" in page.error[0].value
    with at_home(ANN):
        assert share_of("session", session.folder) is None


def test_without_accounts_nothing_is_said_of_sharing(looking: Looking) -> None:
    looking.person = None  # type: ignore[assignment]
    session = record(sessions_dir(), [(0.0, {1: "happy"})])
    assert f"share session {session.id}" not in {each.key for each in opened("sessions").button}


def test_a_shared_model_is_listed_with_whose_it_is(looking: Looking) -> None:
    with at_home(ANN):
        made = add_model(default_model_dir(), "mine", load_card(default_model_dir()))
        share("model", made.folder)
    looking.person = BEN
    page = opened("models", model="mine")
    assert "Is somebody else's: it cannot be renamed or deleted." in [
        each.value for each in page.caption
    ]
    assert "model_delete" not in {each.key for each in page.button}


def test_a_shared_dataset_is_below_ones_own(looking: Looking) -> None:
    with at_home(ANN):
        share("dataset", create_own_dataset(own_data_dir(), "smiles", "agreed").folder)
    looking.person = BEN
    page = opened("own_data")
    assert "Shared with you" in [each.value for each in page.subheader]
    assert "**smiles**, 0 faces" in text(page)
    looking.person = ANN
    assert "Shared with you" not in [each.value for each in opened("own_data").subheader]
