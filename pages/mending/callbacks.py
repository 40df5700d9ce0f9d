"""Lets callbacks run to their end, where Streamlit would abort them half way."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakValueDictionary

from streamlit.runtime.state.safe_session_state import SafeSessionState

_LOG: Final = logging.getLogger(__name__)
_METHOD: Final = "on_script_will_rerun"

_all: Final[WeakValueDictionary[str, _InTurn]] = WeakValueDictionary()
_all_lock: Final = threading.Lock()


class _InTurn:
    """Has the lock that the callbacks of one viewer hold."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


@functools.cache
def let_callbacks_finish() -> None:
    """Let every callback of every session run to its end, and those of one viewer in turn.

    Streamlit looks for a newer request whenever a script touches ``st.session_state``, in callbacks
    as well: whoever clicks while another click's callback runs ends that one between two of its
    lines. So a recording went on that no page knew of, and its Record button came back (of the same
    family: its issues 8365 and 8291). The newer request is served just as soon afterwards. Where
    Streamlit is not built as in the version in requirements.txt, all stays as it is and the log
    says so.
    """
    original = getattr(SafeSessionState, _METHOD, None)
    if original is None or "_yield_callback" not in SafeSessionState.__annotations__:
        _LOG.warning(
            "streamlit is not the version in requirements.txt: a click may be lost, or have half "
            "of its effect, when another one follows at once"
        )
        return

    @functools.wraps(original)
    def run_callbacks_to_their_end(state: Any, *args: Any, **kwargs: Any) -> None:
        runner = getattr(state._yield_callback, "__self__", None)
        if not hasattr(runner, "_execing"):  # as in tests of its own
            original(state, *args, **kwargs)
            return
        in_turn = _in_turn(runner._session_id)
        with in_turn.lock, _not_to_be_aborted(runner):
            original(state, *args, **kwargs)

    setattr(SafeSessionState, _METHOD, run_callbacks_to_their_end)


def _in_turn(session_id: str) -> _InTurn:
    """Return the viewer's one; it is there as long as somebody holds it."""
    with _all_lock:
        found = _all.get(session_id)
        if found is None:
            found = _all[session_id] = _InTurn()
        return found


@contextmanager
def _not_to_be_aborted(runner: Any) -> Iterator[None]:
    """Let a runner pass over requests; it looks for them right after its callbacks."""
    before, runner._execing = runner._execing, False
    try:
        yield
    finally:
        runner._execing = before
