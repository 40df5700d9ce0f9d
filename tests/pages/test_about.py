"""The page About without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.access.tokens import add_token, list_tokens
from emotion_core.sessions.storage import list_sessions, sessions_dir
from emotion_core.system.storage.folders import PROJECT
from emotion_core.system.storage.persons import find_person_with
from pages.facts import documents, stored
from pages.facts.documents import DOCUMENTS
from pages.widgets import text as words
from tests.sessions.recordings import record


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "CACHE", "SESSIONS", "MODELS"):
        monkeypatch.setenv(f"EMOTION_{name}_DIR", str(tmp_path / name.lower()))
    for name in ("RUNS", "EXCLUSIONS", "VIDEOS"):
        monkeypatch.delenv(f"EMOTION_{name}_DIR", raising=False)
    for offered in ("server_is_offered", "own_things_are_offered"):
        monkeypatch.setattr(stored, offered, lambda: True)
    monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(PROJECT / "pages/about.py"), default_timeout=60)


def text(page: AppTest) -> str:
    assert not page.exception
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error")
    return "\n".join(str(each.value) for kind in kinds for each in page.get(kind))


def amounts(page: AppTest) -> dict[str, str]:
    """Return what the page says of each kind that is stored: how much, and what is in it."""
    lines = next(each.value for each in page.markdown if "**Sessions**" in each.value).splitlines()
    found = (re.fullmatch(r"- \*\*(.+)\*\* (\(.+)", line) for line in lines)
    return {each[1]: each[2] for each in found if each is not None}


def test_it_says_what_it_cannot_tell_what_the_law_asks_and_what_it_is_built_of(page):
    told = text(page.run())
    assert "What somebody feels, thinks or intends" in told
    assert "Article 50" in told
    assert "Article 5)" in told
    assert "In use: **fer2013\\-vgg**" in told
    assert "Intel License Agreement For Open Source Computer Vision Library" in told
    assert "Apache License 2.0" in told
    page.session_state["about_libraries"] = True
    page.run()
    libraries = next(each.value for each in page.dataframe if "licence" in each.value)
    assert "Apache-2.0" in set(libraries.set_index("library").licence[["streamlit", "pyarrow"]])


def test_what_is_stored_is_counted_and_deleted_once_the_words_are_typed(page):
    page.run()
    assert all(told.startswith("(none): ") for told in amounts(page).values())
    assert any(each.value == "All together: 0 bytes." for each in page.markdown)
    assert "delete_everything" not in {button.key for button in page.button}

    record(sessions_dir(), [(0.1, {1: "happy"})])
    add_token("lab", ["live"])
    told = amounts(page.run())
    assert re.match(r"\(1, [\d.]+ (bytes|kB)\): times, boxes", told["Sessions"])
    assert told["Sessions"].endswith(f", in `{sessions_dir()}`")
    assert told["Tokens"].startswith("(1, ")

    page.button(key="delete_everything").click().run()
    assert "- Sessions: 1" in text(page)
    assert "What stays" in text(page)
    page.text_input(key="everything_typed").set_value("delete")
    page.button(key="delete_everything_now").click().run()
    assert list_tokens().tokens

    page.button(key="delete_everything").click().run()
    page.text_input(key="everything_typed").set_value(" Delete everything ")
    page.button(key="delete_everything_now").click().run()
    assert list_tokens().tokens == ()
    assert list_sessions(sessions_dir()).sessions == ()
    told = text(page.run())
    assert "Sessions (1), Tokens (1)" in told.replace("\\", "")
    page.button(key="take back everything").click().run()
    assert not page.exception
    assert len(list_sessions(sessions_dir()).sessions) == 1
    assert amounts(page)["Sessions"].startswith("(1, ")


def test_what_could_not_be_deleted_is_told(page):
    (sessions_dir() / "holiday").mkdir(parents=True)
    page.run()
    page.button(key="delete_everything").click().run()
    page.text_input(key="everything_typed").set_value(stored.WORDS)
    page.button(key="delete_everything_now").click().run()
    assert any("expected a session with" in each.value for each in page.run().warning)


def test_viewers_elsewhere_see_what_is_stored_but_neither_where_nor_how_to_delete_it(
    page, monkeypatch
):
    for module in (stored, words):
        monkeypatch.setattr(module, "server_is_offered", lambda: False)
    monkeypatch.setattr(stored, "own_things_are_offered", lambda: False)
    add_token("lab", ["live"])
    told = text(page.run())
    assert str(sessions_dir().parent) not in told
    assert "Ask whoever runs it" in told
    assert "delete_everything" not in {button.key for button in page.button}


def test_somebody_with_an_account_deletes_what_is_their_own(page, monkeypatch):
    monkeypatch.setattr(stored, "server_is_offered", lambda: False)
    end = find_person_with(lambda: "a" * 16)
    try:
        add_token("lab", ["live"])
        page.run()
        assert str(sessions_dir().parent) not in text(page)
        page.button(key="delete_everything").click().run()
    finally:
        end()
    assert "This deletes, for you:" in text(page)
    assert "Cache" not in text(page)


def test_documents_are_shown_and_lead_to_one_another(page):
    page.session_state["document"] = "numbers"
    told = text(page.run())
    assert "##### " in told
    assert "](?document=" in "".join(map(documents._text, DOCUMENTS))
    there = [name for name in DOCUMENTS if documents._text(name)]
    assert len(there) >= 9
    for name in there:
        assert not re.search(r"\]\([^)]*\.md", documents._text(name))
        assert "![" not in documents._text(name)
