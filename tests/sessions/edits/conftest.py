from __future__ import annotations

import pytest

from emotion_core.sessions.storage import Session
from tests.sessions.recordings import event, nobody, record

#: Three persons: 1 all the time, 2 in the first half, 3 in the second half.
FRAMES = [
    (
        number / 10,
        {1: "happy"} | ({2: "sad"} if number < 10 else {3: "uncertain"}),
    )
    for number in range(20)
]


@pytest.fixture
def session(tmp_path) -> Session:
    """Two seconds with two rules' events: one about person 2 at 0.5 s, one about all at 1.5 s."""
    return record(tmp_path / "sessions", FRAMES, [event(0.5, person=2), nobody(1.5)])
