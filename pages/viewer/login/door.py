"""Lets nobody in who is not logged in: neither to a page, nor to what its parts ask for.

Streamlit checks logins within a page's script, if the script does; by then it has opened a
connection, keeps a session and takes uploads. Where people have accounts, everything is refused
here without the signed cookie of a login, except what logging in takes.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from emotion_core.access.people.admission import PASSWORD_PROVIDER, Refused
from emotion_core.access.people.logins import end_login, kept_secret
from emotion_core.access.people.person import Person
from emotion_core.errors import EmotionCoreError
from pages.mending.logins.cookies import (
    CALLBACK,
    LOGIN,
    LOGOUT,
    claims_in,
    is_login_cookie,
    log_out,
    sign_with,
)
from pages.mending.logins.sessions import for_own_session, session_in_upload
from pages.viewer.accounts import accounts_are_on, judged, redirects_to_https
from pages.viewer.login.looks import login_page, message_page
from pages.viewer.login.passwords import PASSWORD, Passwords

_LOG: Final = logging.getLogger(__name__)

#: The page on which people log in.
PAGE: Final = "login"

# What logging in takes, and whoever watches over the server; Streamlit's own scripts are public.
_OPEN: Final = (LOGIN, CALLBACK, "_stcore/health", "_stcore/script-health-check")
_OPEN_FOLDER: Final = "static/"

#: Where somebody wanted to go, while they log in.
_NEXT: Final = "emotion_dashboard_next"
_NEXT_SECONDS: Final = 900
#: A page of ours and what it shows; never another site's address.
_OWN_ADDRESS: Final = re.compile(r"[A-Za-z0-9_-]{1,64}(\?[A-Za-z0-9_.~%&=+:,/-]{0,1500})?")

_UNREADABLE: Final = (
    "This app cannot read who may come in, so it lets nobody in. Whoever runs it finds the reason "
    "in its log."
)


class Door:
    """Answers whoever is not let in, and hands on what others ask for.

    Args:
        app: what answers the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._passwords = Passwords()
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path = _path(scope)
        if path.startswith(_OPEN_FOLDER):
            await self.app(scope, receive, send)
            return
        try:
            if not accounts_are_on():
                answer = _to_app(path) if path in (PAGE, PASSWORD) else self.app
                await answer(scope, receive, send)
                return
            sign_with(kept_secret)
        except EmotionCoreError as error:
            await self._unreadable(str(error), path)(scope, receive, send)
            return
        if redirects_to_https() or scope.get("scheme") == "https":
            send = _with_secure_cookies(send)
        await (await self._answer(scope, receive, path))(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, path: str) -> ASGIApp:
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get("cookie", ""))
        claims = _claims(cookies, headers)
        if path == PASSWORD:
            return await self._passwords.answer(scope, receive)
        if path == LOGOUT:
            return self._logging_out(claims, cookies)
        if path in _OPEN:
            return self.app
        found = judged(claims)
        if isinstance(found, Person):
            return self._inside(scope, path, found, cookies)
        assert isinstance(found, Refused)
        if found.reason == "not readable":
            return self._unreadable(found.account, path)
        if path == PAGE and found.reason != "not let in":
            return _login(scope)
        if scope["type"] == "websocket":
            return WebSocketClose(code=1008)
        if not _asks_for_page(scope, headers):
            status = 403 if found.reason == "not let in" else 401
            return PlainTextResponse(f"{status}: log in first\n", status)
        if found.reason == "not let in":
            return message_page(
                "You may not come in",
                f"You are logged in as {found.account}, and whoever runs this app has not let "
                "that account in. Ask them to, or log out and use another account.",
                up=_up(path),
                status=403,
                log_out=True,
            )
        return _to_login(scope, path)

    def _inside(
        self, scope: Scope, path: str, person: Person, cookies: Mapping[str, str]
    ) -> ASGIApp:
        """Hand on what somebody asks for, or take them where they wanted to go."""
        if path == PAGE:
            return _to_app(path)
        wanted = cookies.get(_NEXT, "")
        if path == "" and scope["type"] == "http" and scope["method"] == "GET" and wanted:
            known = _OWN_ADDRESS.fullmatch(wanted) is not None
            response = RedirectResponse(f"./{wanted}" if known else "./", 303)
            response.delete_cookie(_NEXT)
            return response
        if scope["type"] == "websocket":
            return _OfOwnSession(self.app, person)
        if not session_in_upload(path, person):
            return PlainTextResponse("403: this upload is somebody else's\n", 403)
        return self.app

    def _logging_out(self, claims: Mapping[str, Any], cookies: Mapping[str, str]) -> ASGIApp:
        """End a login here; a provider's own is ended by Streamlit, which leads back here."""
        try:
            if claims:
                end_login(claims)
        except EmotionCoreError as error:
            # The browser forgets it nevertheless.
            _LOG.error("%s", error)
        if claims and claims.get("provider") != PASSWORD_PROVIDER:
            return self.app
        response = RedirectResponse("../login", 303)
        log_out(response, cookies)
        return response

    def _unreadable(self, why: str, path: str) -> ASGIApp:
        if why not in self._told:
            self._told.add(why)
            _LOG.error("nobody is let in: %s", why)
        return _Closing(
            message_page("Closed", _UNREADABLE, up=_up(path), status=503, log_out=False)
        )


class _Closing:
    """Answers a request, and closes a websocket."""

    def __init__(self, response: Response) -> None:
        self._response = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = WebSocketClose(code=1008) if scope["type"] == "websocket" else self._response
        await answer(scope, receive, send)


class _OfOwnSession:
    """Connects somebody to a session of their own, whatever they ask to go on with."""

    def __init__(self, app: ASGIApp, person: Person) -> None:
        self._app = app
        self._person = person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(for_own_session(scope, self._person), receive, send)


def _claims(cookies: Mapping[str, str], headers: Headers) -> dict[str, Any]:
    """Return what the login of a request says; empty where it is of another of the app's names.

    Streamlit compares it with what connects (``Origin``), and would show nothing.
    """
    claims = claims_in(cookies)
    origin = str(claims.get("origin", ""))
    asked = headers.get("origin")
    same = origin == asked if asked is not None else urlsplit(origin).netloc == headers.get("host")
    return claims if same else {}


def _login(scope: Scope) -> ASGIApp:
    wanted = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("next", [""])[0]
    page = login_page(up="")
    if _OWN_ADDRESS.fullmatch(wanted):
        page.set_cookie(_NEXT, wanted, _NEXT_SECONDS, httponly=True, samesite="lax")
    return page


def _to_login(scope: Scope, path: str) -> Response:
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = f"{path}?{query}" if query else path
    asked = f"?{urlencode({'next': wanted})}" if _OWN_ADDRESS.fullmatch(wanted) else ""
    return RedirectResponse(f"{_up(path)}{PAGE}{asked}", 303, {"cache-control": "no-store"})


def _to_app(path: str) -> Response:
    return RedirectResponse(_up(path) or "./", 303)


def _path(scope: Scope) -> str:
    """Return what is asked for, without what is before the app's own addresses."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    path = str(scope["path"]).removeprefix("/")
    return path.removeprefix(f"{base}/") if base else path


def _up(path: str) -> str:
    """Return what leads from an address to the app's own: a proxy may put it below another."""
    return "../" * path.count("/")


def _asks_for_page(scope: Scope, headers: Headers) -> bool:
    return scope["method"] in ("GET", "HEAD") and "text/html" in headers.get("accept", "")


def _with_secure_cookies(send: Send) -> Send:
    """Let cookies of logins go by https alone, which Streamlit leaves out, for it runs without."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for index, (name, value) in enumerate(headers.raw):
                if name.lower() == b"set-cookie" and is_login_cookie(value):
                    headers.raw[index] = name, value + b"; Secure"
        await send(message)

    return sending
