"""Asks at every run of a page whether its viewer may still come in, before anything of it runs."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

_MOST_SESSIONS: Final = 10_000

_standings: Final[OrderedDict[str, Any]] = OrderedDict()
_lock: Final = threading.Lock()


class Ask(Protocol):
    """Returns what a viewer's claims come to, and whether that is a refusal; raises nothing."""

    def __call__(self, claims: Mapping[str, Any]) -> tuple[Any, bool]: ...


@functools.cache
def ask_at_every_run(ask: Ask) -> None:
    """Ask before each run of each viewer, and have a page run whole where the answer is another.

    Streamlit runs a click's callback before the script, and a part of a page that refreshes itself
    (a fragment) without the script, so a script cannot refuse either. Here, a run of somebody who
    is refused, or whose answer changed, loses its clicks and runs the whole script: that refuses.

    Args:
        ask: see ``Ask``; one that is equal to its next answer as long as nothing changed.
    """
    original = ScriptRunner._run_script

    @functools.wraps(original)
    def run_script(self: Any, rerun_data: RerunData) -> None:
        standing, is_refused = ask(self._user_info)
        if is_refused | _differs(self._session_id, standing):
            rerun_data = RerunData(
                query_string=rerun_data.query_string,
                page_script_hash=rerun_data.page_script_hash,
                page_name=rerun_data.page_name,
                cached_message_hashes=rerun_data.cached_message_hashes,
                context_info=rerun_data.context_info,
            )
        original(self, rerun_data)

    ScriptRunner._run_script = run_script  # type: ignore[method-assign]


def standing_of_run(judge: Callable[[Mapping[str, Any]], Any]) -> Any:
    """Return what was found of the viewer of the present run when it began.

    Args:
        judge: says so of claims, where nobody asked before the run: in tests of single pages.

    Raises:
        LookupError: no run is present: this is a thread of nobody's.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        raise LookupError
    with _lock:
        if context.session_id in _standings:
            return _standings[context.session_id]
    return judge(context.user_info)


def standing_of(session_id: str) -> Any:
    """Return what was found of a session's viewer at its last run; None of one without a run."""
    with _lock:
        return _standings.get(session_id)


def claims_of_run() -> Mapping[str, Any]:
    """Return what the signed cookie said of the viewer of the present run; empty without one."""
    context = get_script_run_ctx(suppress_warning=True)
    return {} if context is None else dict(context.user_info)


def _differs(session_id: str, standing: Any) -> bool:
    """Note an answer; tell whether the one before it was another."""
    with _lock:
        known = session_id in _standings
        before = _standings.pop(session_id, None)
        _standings[session_id] = standing
        if len(_standings) > _MOST_SESSIONS:
            _standings.popitem(last=False)
    return known and before != standing
