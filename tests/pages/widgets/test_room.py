"""What somebody is told of their quota where they are about to write."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from emotion_core.access.room import Quota
from pages.widgets import room


def page(monkeypatch: pytest.MonkeyPatch, quota: Quota) -> AppTest:
    def script() -> None:
        import streamlit as st

        from pages.widgets.room import may_keep

        st.write("may keep" if may_keep() else "may look")

    monkeypatch.setattr(room, "own_quota", lambda: quota)
    found = AppTest.from_function(script).run()
    assert not found.exception
    return found


@pytest.mark.parametrize("quota", [Quota(10**12, None), Quota(3_990_000_000, 5_000_000_000)])
def test_nothing_as_long_as_there_is_room(monkeypatch, quota):
    found = page(monkeypatch, quota)
    assert len(found.warning) + len(found.error) + len(found.info) == 0
    assert found.markdown[0].value == "may keep"


def test_who_may_only_look_is_told(monkeypatch):
    found = page(monkeypatch, Quota(0, 0))
    assert found.info[0].value.startswith("You may look at everything here, and keep nothing")
    assert found.markdown[0].value == "may look"


def test_a_warning_before_it_ends(monkeypatch):
    found = page(monkeypatch, Quota(4_300_000_000, 5_000_000_000))
    assert found.warning[0].value == (
        "You have used 4.3 GB of your 5 GB (86%). When all is used, recordings end and uploads are "
        "refused. Delete what you no longer need; *About* says what takes how much."
    )


def test_an_end_that_says_so(monkeypatch):
    found = page(monkeypatch, Quota(5_100_000_000, 5_000_000_000))
    assert found.error[0].value.startswith("You have used 5.1 GB of your 5 GB: nothing more can be")
