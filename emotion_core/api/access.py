"""What the routes ask of whoever sends a request: ``caller: May("live")``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends
from fastapi.security import HTTPBearer
from starlette.requests import HTTPConnection

from emotion_core.access.gate import Caller, lacks
from emotion_core.access.refusals import RefusedError
from emotion_core.access.tokens import Right
from emotion_core.api.addresses import CALLER

# Says in the OpenAPI document how a token is sent; what is sent was judged before.
_BEARER = HTTPBearer(auto_error=False, description="A token, made on the page Connect.")


def caller_of(connection: HTTPConnection) -> Caller:
    """Return who sends a request or opens a websocket."""
    caller: Caller = connection.scope[CALLER]
    return caller


def may(right: Right) -> Callable[..., Caller]:
    """Return a dependency that gives the caller, whose token has to allow ``right``.

    Use it as ``caller: Annotated[Caller, Depends(may("live"))]``, or in a router's
    ``dependencies=[needs("live")]``.

    Raises:
        RefusedError: the token does not; the answer is 403, or a websocket is closed.
    """

    def checked(connection: HTTPConnection) -> Caller:
        caller = caller_of(connection)
        if not caller.may(right):
            raise RefusedError(lacks(caller.token, right))
        return caller

    return checked


def needs(right: Right) -> Any:
    """Return what goes into ``dependencies`` of a route or router: the token has to allow this."""
    return Depends(may(right))


#: Of every route, for the document.
bearer = Depends(_BEARER)
