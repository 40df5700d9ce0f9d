from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.sessions.storage import Session
from tests.sessions.recordings import event, record

SCRIPT = """
import streamlit as st
from emotion_core.sessions.storage import find_session, sessions_dir
from pages.workbench.{part} import show_{part}
show_{part}(find_session(sessions_dir(), "{session}"))
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Two seconds of two persons without a video, and an event."""
    monkeypatch.setenv("EMOTION_SESSIONS_DIR", str(tmp_path / "sessions"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    frames = [(number / 10, {1: "happy", 2: "sad"}) for number in range(20)]
    return record(tmp_path / "sessions", frames, [event(0.5)])


@pytest.fixture
def open_part(session: Session, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """Opens one part of the workbench."""
    monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))

    def run(part: str) -> AppTest:
        script = SCRIPT.format(part=part, session=session.id)
        page = AppTest.from_string(script, default_timeout=30).run()
        assert not page.exception
        return page

    return run
