from __future__ import annotations

import pytest

from emotion_core.datasets import worker
from emotion_core.errors import DatasetError


@pytest.fixture
def request_for(tmp_path, monkeypatch):
    """What asks to read ``fer2013.csv``; nothing is taken from the tests' own process."""
    monkeypatch.setattr(worker, "write_only_in", lambda _: True)
    monkeypatch.chdir(tmp_path)
    return {
        "path": "fer2013.csv",
        "votes_path": None,
        "classes": None,
        "below": str(tmp_path),
        "skip_bad_rows": False,
        "use_cache": False,
        "folder": str(tmp_path),
    }


def refusal(request):
    with pytest.raises(DatasetError) as caught:
        worker.read(request, lambda _: None)
    return str(caught.value)


def test_too_large_for_its_memory(request_for, monkeypatch):
    def fill(*_, **__):
        raise MemoryError

    monkeypatch.setattr(worker, "open_dataset", fill)
    assert refusal(request_for) == (
        "fer2013.csv: expected a dataset that fits into 6 GB of memory, found a larger one; "
        "split it"
    )


def test_a_full_disk(request_for, monkeypatch, tmp_path, demo):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker, "open_dataset", lambda *_, **__: demo)
    monkeypatch.setattr(worker, "write_entry", full)
    assert refusal(request_for) == (
        f"fer2013.csv: what was read of it cannot be written into {tmp_path} (No space left on "
        "device); free up space"
    )
