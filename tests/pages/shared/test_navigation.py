from __future__ import annotations

from types import SimpleNamespace

import pytest

from pages.shared import navigation


@pytest.mark.parametrize(
    ("before", "now", "came"),
    [
        (None, "live_camera", True),
        ("photo", "live_camera", True),
        ("live_camera", "live_camera", False),
    ],
)
def test_who_came_from_another_page(monkeypatch, before, now, came):
    monkeypatch.setattr(navigation.st, "session_state", {"this_page": before})
    navigation.note_page(SimpleNamespace(url_path=now))
    assert navigation.came_from_another_page() is came
