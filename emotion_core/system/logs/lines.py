"""Logs as JSON, one object a line on standard error, for whoever collects those of a server.

Whatever logs by Python's ``logging`` does, uvicorn and Streamlit among them: how they set up their
handlers is left to them, and what those write is made here.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final

from emotion_core.system.clock import iso_time
from emotion_core.system.logs.hiding import code_place, described, told

#: "json": lines of JSON without personal data; anything else: text, as ever.
LOG_VARIABLE: Final = "EMOTION_LOG"

#: So many calls of an error are told, the last ones.
MOST_CALLS: Final = 20

_request: Final[ContextVar[str]] = ContextVar("request", default="")
_text: Final = logging.Handler.format
_LOG: Final = logging.getLogger("emotion_core")


def speak_as_asked() -> bool:
    """Let this process log as `LOG_VARIABLE` says, and return whether that is JSON.

    May be called again. What ends a thread or the process is logged, too, and so are warnings.
    """
    if os.environ.get(LOG_VARIABLE) != "json":
        return False
    logging.Handler.format = _format  # type: ignore[assignment,method-assign]
    logging.captureWarnings(True)
    of_warnings = logging.getLogger("py.warnings")
    if not of_warnings.handlers:  # else they would go to nobody
        of_warnings.addHandler(logging.StreamHandler())
    sys.excepthook = _note_end
    threading.excepthook = lambda end: _note_end(end.exc_type, end.exc_value, end.exc_traceback)
    sys.unraisablehook = lambda each: _note_end(each.exc_type, each.exc_value, each.exc_traceback)
    return True


@contextmanager
def in_request(id_: str) -> Iterator[None]:
    """Let what is logged inside say which request it was for."""
    token = _request.set(id_)
    try:
        yield
    finally:
        _request.reset(token)


def line_of(record: logging.LogRecord) -> str:
    """Return a record as one line of JSON.

    Keys are ``time`` (UTC, ISO 8601), ``level``, ``logger``, ``message``, ``process``, and where
    there is one ``request``, ``error`` and ``calls``: the lines of code that led to it.
    """
    line: dict[str, Any] = {
        "time": iso_time(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": told(record.msg, record.args),
        "process": record.process,
    }
    if request := _request.get():
        line["request"] = request
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        line["error"] = described(error)
        line["calls"] = [
            f"{code_place(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-MOST_CALLS:]
        ]
    return json.dumps(line, ensure_ascii=False)


def _format(handler: logging.Handler, record: logging.LogRecord) -> str:
    """Stand in for ``Handler.format`` where a handler writes to this process's output."""
    return line_of(record) if _is_output(handler) else _text(handler, record)


def _is_output(handler: logging.Handler) -> bool:
    stream: Any = getattr(handler, "stream", None)
    try:
        return isinstance(handler, logging.StreamHandler) and stream.fileno() in (1, 2)
    except (AttributeError, OSError, ValueError):  # of a test, or closed
        return False


def _note_end(
    kind: type[BaseException], error: BaseException | None, calls: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    error = error or kind()
    _LOG.critical("A thread or the process ended.", exc_info=(kind, error, calls))
