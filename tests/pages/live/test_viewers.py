from __future__ import annotations

from types import SimpleNamespace
from weakref import WeakSet

import pytest

from pages.live import viewers


class Session(SimpleNamespace):
    __hash__ = object.__hash__


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(viewers, "_sessions", WeakSet())
    monkeypatch.setattr(viewers, "usable_cores", lambda: 2.0)


def stream(count: int) -> list[Session]:
    sessions = [Session(streaming=number < count) for number in range(10)]
    for session in sessions:
        viewers.note_session(session)
    return sessions


@pytest.mark.parametrize(
    ("cores", "streams", "seconds"),
    [
        (2, 0, 0.5),
        (2, 1, 0.5),
        (2, 2, 1.0),
        (2, 4, 2.0),
        (1, 1, 1.0),
        (4, 2, 0.5),
        (4, 4, 1.0),
        (64, 2, 0.5),
        (64, 4, 1.0),
    ],
)
def test_pages_refresh_less_often_the_more_streams_there_are(monkeypatch, cores, streams, seconds):
    monkeypatch.setattr(viewers, "usable_cores", lambda: float(cores))
    here = stream(streams)
    assert viewers.refresh_seconds(0.5) == seconds
    assert here


def test_who_has_left_does_not_count():
    for _ in range(4):
        viewers.note_session(Session(streaming=True))
    assert viewers.refresh_seconds(0.5) == 0.5


def test_who_is_about_to_start_counts_once():
    here = stream(1)
    assert viewers.refresh_seconds(0.5, here[0]) == 0.5
    assert viewers.refresh_seconds(0.5, here[1]) == 1.0


@pytest.mark.parametrize(
    ("seconds", "streams", "outdated"),
    [
        (0.5, 1, False),
        (0.5, 2, True),
        (1.0, 2, False),
        (1.0, 3, False),
        (1.0, 4, True),
        (2.0, 1, True),
    ],
)
def test_others_who_come_and_leave_change_how_often_a_page_refreshes(seconds, streams, outdated):
    here = stream(streams)
    assert viewers.is_outdated(seconds, 0.5, here[0]) is outdated


@pytest.mark.parametrize(
    ("cores", "others", "rate"), [(2, 0, 30), (2, 1, 15), (4, 1, 30), (4, 2, 15)]
)
def test_cameras_are_asked_for_fewer_frames_where_there_are_many(monkeypatch, cores, others, rate):
    monkeypatch.setattr(viewers, "usable_cores", lambda: float(cores))
    here = stream(others)
    assert viewers.camera_rate(here[-1]) == rate


def test_one_alone_has_all_frames_whatever_the_machine(monkeypatch):
    monkeypatch.setattr(viewers, "usable_cores", lambda: 1.0)
    here = stream(1)
    assert viewers.camera_rate(here[0]) == 30
