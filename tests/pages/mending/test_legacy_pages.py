from __future__ import annotations

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

APP = """
from types import SimpleNamespace
import streamlit as st
from pages.mending.legacy_pages import ensure_navigation
from pages.viewer.navigation import note_page

if "runs" in st.session_state:
    note_page(SimpleNamespace(url_path="photo"))
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
ensure_navigation()
st.title(f"run {st.session_state['runs']}")
"""


@pytest.mark.parametrize("legacy", [True, False])
def test_a_page_without_the_app_around_it_is_run_again(tmp_path, monkeypatch, legacy):
    """By the older rules themselves, and when another viewer has just ended them."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    app = tmp_path / "app.py"
    app.write_text(APP, "utf-8")
    test = AppTest.from_file(app, default_timeout=60)
    monkeypatch.setattr(PagesManager, "uses_pages_directory", legacy)
    test.run()
    assert not test.exception
    assert [title.value for title in test.title] == ["run 2"]
    assert PagesManager.uses_pages_directory is False


def test_a_page_by_itself_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    page = tmp_path / "photo.py"
    page.write_text(APP, "utf-8")
    test = AppTest.from_file(page, default_timeout=60).run()
    assert [title.value for title in test.title] == ["run 1"]
