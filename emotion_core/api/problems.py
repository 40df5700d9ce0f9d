"""Errors as problem details (RFC 9457): what was expected, what was found, what to do."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.websockets import WebSocket

from emotion_core.access.refusals import MEDIA_TYPE, Refusal, RefusedError
from emotion_core.errors import EmotionCoreError, NoStreamError, SessionError, StreamError
from emotion_core.system.storage.folders import without_places


class Problem(BaseModel):
    """A problem detail of RFC 9457, for the document."""

    title: str = Field(description="what the status says")
    status: int = Field(description="of HTTP", ge=400, le=599)
    detail: str = Field(description="what was expected, what was found and what to do")
    errors: list[dict[str, str]] | None = Field(
        None, description="of status 422: where, and what is wrong there"
    )


def problem(status: int, detail: str, **headers: str) -> RefusedError:
    """Return what a route raises to answer with a problem.

    Args:
        status: of HTTP, 400 or more.
        detail: what was expected, what was found and what to do, on one line.
        headers: with _ for -, such as ``retry_after="1"``.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RefusedError(Refusal(status, detail, named))


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route may answer besides what it should, for the document."""
    known = sorted({400, 401, 403, 413, 422, 429, *statuses})
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": Refusal(status, "").to_json()["title"], "content": content}
        for status in known
    }


def response(refusal: Refusal) -> Response:
    """Return the answer that tells a problem."""
    return JSONResponse(
        _without_places(refusal.to_json()), refusal.status, dict(refusal.headers),
        media_type=MEDIA_TYPE,
    )  # fmt: skip


def _without_places(told: Any) -> Any:
    """Return JSON values whose texts name no folder of this machine."""
    if isinstance(told, dict):
        return {name: _without_places(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_without_places(value) for value in told]
    return without_places(told) if isinstance(told, str) else told


def tell_problems(app: FastAPI) -> None:
    """Let everything that is raised while ``app`` answers become a problem."""
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(EmotionCoreError, _mendable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(WebSocketRequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _known)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unknown)


async def _refused(connection: Any, error: Exception) -> Any:
    assert isinstance(error, RefusedError)
    return await _answer(connection, error.refusal)


async def _mendable(connection: Any, error: Exception) -> Any:
    if isinstance(error, StreamError) and not isinstance(error, NoStreamError):
        status = 409
    else:
        status = 404 if isinstance(error, SessionError | NoStreamError) else 422
    return await _answer(connection, Refusal(status, str(error)))


async def _invalid(connection: Any, error: Exception) -> Any:
    assert isinstance(error, RequestValidationError | WebSocketRequestValidationError)
    # Not what was sent: it may be personal, and whoever sent it knows it.
    errors = [
        {"where": ".".join(map(str, each["loc"])), "problem": str(each["msg"])}
        for each in error.errors()
    ]
    told = "; ".join(f"{each['where']}: {each['problem']}" for each in errors[:3])
    detail = f"expected a request as /api/v1/docs describes it, found another: {told}"
    return await _answer(connection, Refusal(422, detail, more={"errors": errors}))


async def _known(connection: Any, error: Exception) -> Any:
    assert isinstance(error, HTTPException)
    details = {
        404: "expected an address of this interface, found none like it; see /api/v1/docs",
        405: "expected a method that this address takes, found another; see /api/v1/docs",
    }
    detail = details.get(error.status_code, str(error.detail))
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if error.status_code == 405 and (methods := _methods(connection)):
        headers["allow"] = ", ".join(sorted(methods))
    return await _answer(connection, Refusal(error.status_code, detail, headers))


def _methods(connection: Any) -> set[str]:
    """Return the methods that an address takes; Starlette names those of its first route alone."""
    path = connection.scope["path"].removeprefix(connection.scope.get("root_path", ""))
    return {
        method.upper()
        for pattern, methods in connection.app.openapi()["paths"].items()
        if compile_path(pattern)[0].match(path)
        for method in methods
    }


async def _gone(connection: Any, _: Exception) -> Any:
    # Nobody hears it.
    return await _answer(connection, Refusal(400, "expected the rest of the request, found none"))


async def _unknown(connection: Any, _: Exception) -> Any:
    # What happened is logged by ``mounting``; whoever asked learns no more than this.
    detail = "expected an answer, found a fault of the app; whoever runs it finds it in the log"
    return await _answer(connection, Refusal(500, detail))


async def _answer(connection: Request | WebSocket, refusal: Refusal) -> Response | None:
    if isinstance(connection, WebSocket):
        await connection.close(1008, without_places(refusal.detail)[:120])
        return None
    return response(refusal)
