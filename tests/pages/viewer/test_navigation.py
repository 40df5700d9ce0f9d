from __future__ import annotations

from types import SimpleNamespace

import pytest

from pages.viewer import navigation


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


@pytest.mark.parametrize(
    ("before", "named", "shown"),
    [
        ("train", "Overview", "Overview"),  # a link decides
        ("train", None, "Calibration"),  # the navigation leads back to where one was
        ("train", "Nothing", "Calibration"),
        ("evaluate", "Overview", "Calibration"),  # no link: a click on the page was faster
    ],
)
def test_a_link_decides_what_is_shown(monkeypatch, before, named, shown):
    state = {"page_before": before, "this_page": "evaluate", "judged": "Calibration"}
    monkeypatch.setattr(navigation.st, "session_state", state)
    monkeypatch.setattr(navigation.st, "query_params", {"judged": named} if named else {})
    navigation.follow_link("judged", ["Overview", "Calibration"])
    assert state["judged"] == shown
