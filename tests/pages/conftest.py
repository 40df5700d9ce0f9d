"""The pages as somebody sees them who sits at the machine that runs the app."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.scriptrunner import script_runner

from pages.opened import grid
from pages.widgets import text


@pytest.fixture(autouse=True)
def places_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without a browser have no address, and would count as seen from elsewhere."""
    monkeypatch.setattr(text, "server_is_offered", lambda: True)


@pytest.fixture(autouse=True)
def keras_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each run of a page Streamlit clears Keras where it was imported: the better half of a
    test's time. The app never imports it; other tests of this process do."""
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)


@pytest.fixture
def grids(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What each grid of faces last sent to the browser, by its key."""
    sent: dict[str, dict[str, Any]] = {}

    def send(*, key: str, data: dict[str, Any], **_: Any) -> None:
        sent[key] = data

    monkeypatch.setattr(grid, "_grid", lambda: send)
    return sent
