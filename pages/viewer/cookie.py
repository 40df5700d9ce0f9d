"""Knows a viewer's browser again, by a cookie that holds a secret and nothing else."""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Final

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emotion_core.system.viewer_settings import is_viewer

#: The name of the cookie.
COOKIE: Final = "emotion_dashboard_viewer"

# Browsers keep no cookie for longer than 400 days; each visit begins them anew.
_SECONDS: Final = 400 * 24 * 3600


class KnowViewers:
    """Gives each browser that opens a page the cookie that it is known by.

    No script can read it and no other site's page sends it, but a link from one does: so that
    whoever follows a link keeps their settings.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        viewer = viewer_of(Headers(scope=scope).get("cookie", "")) or secrets.token_hex(16)
        encrypted = scope.get("scheme") == "https"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("Set-Cookie", _cookie(viewer, encrypted=encrypted))
            await send(message)

        await self.app(scope, receive, sending)


def viewer() -> str | None:
    """Return the secret that names this viewer; None where the browser keeps no cookies."""
    found = st.context.cookies.to_dict().get(COOKIE, "")
    return found if is_viewer(found) else None


def viewer_of(header: str) -> str | None:
    """Return the secret in a ``Cookie`` header; None where there is none."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None and is_viewer(found.value) else None


def _cookie(name: str, *, encrypted: bool) -> str:
    secure = "; Secure" if encrypted else ""
    return f"{COOKIE}={name}; Max-Age={_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"
