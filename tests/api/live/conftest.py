"""Somebody whose video runs, for programs that follow it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.streams.made import Viewer


@pytest.fixture
def viewer(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Viewer]:
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(data / "sessions"))
    viewer = Viewer()
    with viewer.filming():
        yield viewer
    viewer.session.on_ended()
    viewer.stream.recording.follow(viewer.session)
