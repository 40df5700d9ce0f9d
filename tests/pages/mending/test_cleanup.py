from __future__ import annotations

import asyncio
import gc
import itertools
import weakref

import pytest
from streamlit import config
from streamlit.runtime import RuntimeState
from streamlit.runtime.memory_session_storage import MemorySessionStorage

from emotion_core.system.storage.folders import PROJECT
from pages.mending import cleanup


class Server:
    """Stands in for Streamlit's runtime."""

    def __init__(self, *connected: str) -> None:
        self.connected = set(connected)
        self.closed: list[str] = []

    @property
    def state(self) -> RuntimeState:
        if self.connected:
            return RuntimeState.ONE_OR_MORE_SESSIONS_CONNECTED
        return RuntimeState.NO_SESSIONS_CONNECTED

    def is_active_session(self, session: str) -> bool:
        return session in self.connected

    def close_session(self, session: str) -> None:
        self.closed.append(session)


@pytest.mark.parametrize(
    ("connected", "closed", "collections"),
    [
        ((), ["viewer"], 1),
        (("somebody else",), ["viewer"], 0),  # whose video must not be held up
        (("viewer",), [], 0),
    ],
)
def test_who_has_left_and_not_come_back_is_forgotten(monkeypatch, connected, closed, collections):
    server, collected = Server(*connected), []

    async def leave() -> None:
        monkeypatch.setattr(cleanup, "get_global_event_loop", asyncio.get_running_loop)
        cleanup._left(("viewer", 0))
        await asyncio.sleep(0.1)

    monkeypatch.setattr(cleanup, "_SECONDS_TO_STOP", 0)
    monkeypatch.setattr(cleanup.runtime, "get_instance", lambda: server)
    monkeypatch.setattr(cleanup, "collect_all", lambda: collected.append(1))
    monkeypatch.setattr(cleanup, "_sessions_closed", itertools.count(1))
    asyncio.run(leave())
    assert server.closed == closed
    assert len(collected) == collections


def test_a_server_that_ends_needs_no_cleaning(monkeypatch):
    loop = asyncio.new_event_loop()
    loop.close()
    monkeypatch.setattr(cleanup, "get_global_event_loop", lambda: loop)
    cleanup._left(("viewer", 0))


@pytest.fixture
def nothing_set_aside():
    gc.unfreeze()
    yield
    gc.unfreeze()


class Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("nothing_set_aside")
def test_what_was_set_aside_is_collected_in_the_end():
    circle = Circle()
    left = weakref.ref(circle)
    cleanup.set_libraries_aside.__wrapped__()
    del circle
    gc.collect()
    assert left() is not None
    cleanup.collect_all()
    assert left() is None
    assert gc.get_freeze_count() > 0  # and the libraries are passed over again


def test_streamlit_leaves_collecting_to_python():
    """A hidden option: a version without it raises here, and would collect after every run."""
    assert config.get_option("runner.postScriptGC") is False


def test_somebody_on_any_page_is_forgotten_after_leaving(monkeypatch):
    """Streamlit keeps the last ones of a day for good, with their uploads and open files."""
    noted = []
    monkeypatch.setattr(cleanup, "_session_to_close", noted.append)
    cleanup.clean_up_after_leaving()
    assert noted == [cleanup.SECONDS_WITHOUT_VIDEO]
    # After that, it cannot be closed any more.
    assert MemorySessionStorage()._cache.ttl > cleanup.SECONDS_WITHOUT_VIDEO
    source = (PROJECT / "app.py").read_text("utf-8")
    assert source.index("    clean_up_after_leaving()\n") < source.index("page.run()")
