"""Keeps one person's Streamlit session from another, who may have learned its name."""

from __future__ import annotations

from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import Scope

from pages.mending.logins.runs import standing_of

_PROTOCOL: Final = b"sec-websocket-protocol"
_UPLOAD: Final = "_stcore/upload_file/"


def for_own_session(scope: Scope, person: Any) -> Scope:
    """Return a websocket's request without the session that it goes on with, if another's.

    Streamlit hands a browser that comes back its session, with whom that belonged to, whoever is
    logged in now.
    """
    parts = Headers(scope=scope).get("sec-websocket-protocol", "").split(",")
    if len(parts) < 3 or _belongs(parts[2].strip(), person):
        return scope
    protocol = ",".join(parts[:2]).encode("latin-1")
    headers = [(name, protocol if name == _PROTOCOL else value) for name, value in scope["headers"]]
    return {**scope, "headers": headers}


def session_in_upload(path: str, person: Any) -> bool:
    """Tell whether an address is none of an upload, or of one in somebody's own session."""
    if not path.startswith(_UPLOAD):
        return True
    return _belongs(path.removeprefix(_UPLOAD).partition("/")[0], person)


def _belongs(session_id: str, person: Any) -> bool:
    known = standing_of(session_id)
    return known is None or getattr(known, "id", None) == person.id
