"""An app that meets folders of a later version shows one line, and no page."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest


def show() -> None:
    import streamlit as st

    from pages.widgets.order import is_in_order

    if is_in_order():
        st.write("a page")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "data" / "settings").mkdir(parents=True)
    return tmp_path / "data"


def test_a_folder_of_a_later_version_is_said_in_place_of_every_page(data: Path) -> None:
    format_file = data / "settings" / ".format"
    format_file.write_text("2\n")
    page = AppTest.from_function(show, default_timeout=60).run()
    assert not page.exception
    assert [each.value for each in page.markdown] == []
    (said,) = page.error
    assert "expected format 1 of settings, which this version of the app keeps" in said.value
    format_file.write_text("1\n")  # somebody has mended it
    assert [each.value for each in page.run().markdown] == ["a page"]
