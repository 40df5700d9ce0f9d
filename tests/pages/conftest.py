"""The pages as somebody sees them who sits at the machine that runs the app."""

from __future__ import annotations

import pytest

from pages.shared import text


@pytest.fixture(autouse=True)
def places_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without a browser have no address, and would count as seen from elsewhere."""
    monkeypatch.setattr(text, "server_is_offered", lambda: True)
