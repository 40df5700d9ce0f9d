from __future__ import annotations

from emotion_core.system.clock import iso_time


def test_iso_time():
    assert iso_time(1_767_268_800.25) == "2026-01-01T12:00:00.250Z"
