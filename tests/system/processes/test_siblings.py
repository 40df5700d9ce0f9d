from __future__ import annotations

import pytest

from emotion_core.errors import SiblingsError
from emotion_core.system.processes.siblings import ALONE, Place, own_place


def test_a_process_that_is_told_nothing_is_alone(monkeypatch):
    monkeypatch.delenv("EMOTION_PROCESS", raising=False)
    assert own_place() is ALONE
    assert ALONE.others == {}


def test_one_of_several_knows_the_others(monkeypatch):
    monkeypatch.setenv("EMOTION_PROCESS", "2")
    monkeypatch.setenv("EMOTION_PROCESSES", "127.0.0.1:8501 127.0.0.1:8502 app-3:8501")
    place = own_place()
    assert place == Place(2, ("127.0.0.1:8501", "127.0.0.1:8502", "app-3:8501"))
    assert place.others == {1: "127.0.0.1:8501", 3: "app-3:8501"}


@pytest.mark.parametrize(
    ("number", "addresses", "told"),
    [
        ("two", "a:1 b:2", "EMOTION_PROCESS: expected the number of this process, found 'two'"),
        ("3", "a:1 b:2", "at most 8, found 3 and 2; deploy/start.py sets both"),
        ("0", "a:1 b:2", "expected a number from 1 to that of the addresses"),
        ("1", "", "found 1 and 0"),
        ("1", " ".join(["a:1"] * 9), "found 1 and 9"),
        ("1", "a:1 http://b", "expected addresses such as 127.0.0.1:8501 with spaces between"),
        ("1", "a:1 b:x", "them, found 'b:x'; deploy/start.py sets it"),
    ],
)
def test_what_cannot_be_is_told(monkeypatch, number, addresses, told):
    monkeypatch.setenv("EMOTION_PROCESS", number)
    monkeypatch.setenv("EMOTION_PROCESSES", addresses)
    with pytest.raises(SiblingsError, match=told.replace("(", r"\(")):
        own_place()
