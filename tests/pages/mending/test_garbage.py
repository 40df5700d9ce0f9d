from __future__ import annotations

import gc
import weakref

import pytest

from pages.mending import garbage
from pages.mending.garbage import LONG_COLLECTION_SECONDS, LongCollectionWatch, collect_all


@pytest.fixture(autouse=True)
def nothing_set_aside():
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize(
    ("generation", "seconds", "sets_aside"),
    [
        (2, 2 * LONG_COLLECTION_SECONDS, True),
        (2, LONG_COLLECTION_SECONDS / 2, False),
        # What has survived a small collection may well be garbage soon.
        (1, 2 * LONG_COLLECTION_SECONDS, False),
    ],
)
def test_what_survives_a_long_full_collection_is_set_aside(
    monkeypatch, generation, seconds, sets_aside
):
    now = [100.0]
    monkeypatch.setattr(garbage.time, "perf_counter", lambda: now[0])
    watch = LongCollectionWatch()
    watch("start", {"generation": generation})
    now[0] += seconds
    watch("stop", {"generation": generation})
    assert (gc.get_freeze_count() > 0) is sets_aside


class Circle:
    def __init__(self) -> None:
        self.itself = self


def test_what_was_set_aside_is_collected_in_the_end():
    circle = Circle()
    left = weakref.ref(circle)
    gc.freeze()
    del circle
    gc.collect()
    assert left() is not None
    collect_all()
    assert left() is None
