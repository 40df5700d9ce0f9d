"""The page Connect without a browser."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import pages.viewer.access as access
from emotion_core.access.tokens import RIGHTS, add_token, digest_of, list_tokens
from emotion_core.system.storage.folders import PROJECT
from pages.connecting.snippets import ADDRESS, STREAM, snippet

EXAMPLES = sorted((PROJECT / "pages/connecting/examples").iterdir())


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(access, "own_things_are_offered", lambda: True)
    return AppTest.from_file(str(PROJECT / "pages/connect.py"), default_timeout=60)


def codes(page: AppTest) -> list[str]:
    assert not page.exception
    return [each.value for each in page.code]


def test_a_token_is_made_shown_once_listed_and_revoked(page):
    page.run()
    assert not list_tokens().tokens
    page.text_input(key="token_name").set_value("my game")
    assert page.checkbox(key="token_may live").value
    page.checkbox(key="token_may record").check()
    page.button(key="make_token").click().run()
    (token,) = list_tokens().tokens
    assert (token.name, token.may) == ("my game", ("live", "record"))
    secret = next(each for each in codes(page) if digest_of(each) == token.digest)
    assert any("only this once" in each.value for each in page.markdown)
    assert page.text_input(key="token_name").value == ""

    next(each for each in page.button if each.label == "I have copied it").click().run()
    assert secret not in codes(page)
    assert any(": live, record" in each.value for each in page.markdown)
    page.button(key="revoke my game").click().run()
    assert not list_tokens().tokens
    assert not page.exception


def test_a_token_that_cannot_be_made_says_why(page):
    page.run()
    page.button(key="make_token").click().run()
    (error,) = page.error
    assert "name" in error.value
    add_token("lab", ["live"])
    page.text_input(key="token_name").set_value("lab")
    page.button(key="make_token").click().run()
    assert "taken" in page.error[0].value
    assert len(list_tokens().tokens) == 1


def test_who_is_elsewhere_can_make_none_and_sees_none(page, monkeypatch):
    monkeypatch.setattr(access, "own_things_are_offered", lambda: False)
    add_token("secret project", ["live"])
    page.run()
    assert not page.text_input
    assert "Tokens are made on the machine that runs this app" in page.info[0].value
    assert not any("secret project" in each.value for each in page.markdown)
    assert any("/api/v1" in each for each in codes(page))
    assert len(RIGHTS) == 4


def test_without_a_stream_a_place_is_left_for_it_but_where_programs_find_it():
    assert "/live/STREAM/events" in snippet("terminal.sh", ADDRESS, None)
    assert "client.live():" in snippet("follow.py", ADDRESS, None)


def test_lines_to_paste_have_this_apps_address_and_the_stream():
    for path in EXAMPLES:
        text = snippet(path.name, "https://lab.example:8443", "5eaf")
        assert "https://lab.example:8443" in text
        assert "5eaf" in text
        assert ADDRESS not in text
        assert STREAM not in text
        assert "EMOTION_TOKEN" in text or "paste-the-token-here" in text
        if path.suffix == ".py":
            ast.parse(text)
