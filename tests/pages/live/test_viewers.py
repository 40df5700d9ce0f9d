from __future__ import annotations

from types import SimpleNamespace
from weakref import WeakSet

import pytest

from pages.live import viewers


class Session(SimpleNamespace):
    __hash__ = object.__hash__


@pytest.mark.parametrize(
    ("streaming", "seconds"),
    [(0, 0.5), (1, 0.5), (2, 1.0), (3, 1.5), (8, 4.0)],
)
def test_pages_refresh_less_often_the_more_streams_there_are(monkeypatch, streaming, seconds):
    monkeypatch.setattr(viewers, "_sessions", WeakSet())
    sessions = [Session(streaming=number < streaming) for number in range(10)]
    for session in sessions:
        viewers.note_session(session)
    assert viewers.refresh_seconds(0.5) == seconds


def test_who_has_left_does_not_count(monkeypatch):
    monkeypatch.setattr(viewers, "_sessions", WeakSet())
    for _ in range(4):
        viewers.note_session(Session(streaming=True))
    assert viewers.refresh_seconds(0.5) == 0.5
