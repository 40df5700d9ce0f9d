"""Takes a name and a password from the page of logging in, and hands out the signed cookie."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from emotion_core.access.audit import note
from emotion_core.access.people.admission import PASSWORD_PROVIDER
from emotion_core.access.people.attempts import Attempts
from emotion_core.access.people.known import find_known, note_browser, note_seen
from emotion_core.access.people.passwords import (
    ISSUER,
    Account,
    account_of,
    find_person_id,
    passwords_are_kept,
)
from emotion_core.errors import EmotionCoreError
from pages.mending.logins.cookies import log_in
from pages.viewer.cookie import COOKIE
from pages.viewer.login.looks import login_page

_LOG: Final = logging.getLogger(__name__)

#: Where the page of logging in sends a name and a password.
PASSWORD: Final = "auth/password"

_MOST_BYTES: Final = 16_000
# Each takes 64 MB and some 50 ms of a core.
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 40

_WRONG: Final = "Wrong name or password."
_BUSY: Final = "Many people log in at this moment. Try again in a few seconds."
_FOREIGN: Final = "403: this address takes passwords from the app's own page only\n"


class Passwords:
    """Compares passwords, a few at a time, and counts the wrong ones."""

    def __init__(self, attempts: Attempts | None = None) -> None:
        self._attempts = attempts or Attempts()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0

    async def answer(self, scope: Scope, receive: Receive) -> Response:
        """Return what a browser gets that sends a name and a password."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return RedirectResponse("../login", 303)
        if not passwords_are_kept():
            return PlainTextResponse("404: nobody has a password here\n", 404)
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        # Browsers send it with every form. Another site's page could log somebody in as another.
        if not origin or origin.partition("://")[2] != headers.get("host"):
            return PlainTextResponse(_FOREIGN, 403)
        fields = await _fields(receive)
        if fields is None:
            return PlainTextResponse("413: more than a name and a password\n", 413)
        name, password = fields
        client = scope.get("client")
        address = client[0] if client else ""
        secret = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        browser = hashlib.sha256(secret.encode()).hexdigest() if secret else ""
        known = browser if browser and _is_known(name, browser) else ""
        wait = self._attempts.wait(name, address, known)
        if wait > 0:
            return _again(_wait_text(wait), name, 429, wait)
        if self._waiting >= _MOST_WAITING:
            return _again(_BUSY, name, 503, 5)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._threads, account_of, name, password)
        except EmotionCoreError as error:
            _LOG.error("nobody is let in by a password: %s", error)
            return _again("Passwords cannot be read here at the moment.", name, 503)
        finally:
            self._waiting -= 1
        if found is None:
            await loop.run_in_executor(self._threads, _note_refused, name)
            return _again(_WRONG, name, 401)
        self._attempts.succeeded(name, address, known)
        await loop.run_in_executor(self._threads, _note, found, browser)
        response = RedirectResponse("../", 303, {"cache-control": "no-store"})
        await log_in(response, _claims(found, origin))
        return response


def _claims(account: Account, origin: str) -> dict[str, str | int | bool]:
    return {
        "iss": ISSUER,
        "sub": account.name,
        "name": account.name,
        "stamp": account.stamp,
        "iat": int(time.time()),
        "nonce": secrets.token_hex(16),
        "origin": origin,
        "is_logged_in": True,
        "provider": PASSWORD_PROVIDER,
    }


def _is_known(name: str, browser: str) -> bool:
    """Tell whether somebody has given this name's right password in this browser."""
    try:
        found = find_known(find_person_id(name))
    except EmotionCoreError:
        return False
    return found is not None and browser in found.browsers


def _note_refused(name: str) -> None:
    # Of somebody unknown not the name: it may be a password in the wrong field.
    known = None
    with suppress(EmotionCoreError):
        known = find_known(find_person_id(name))
    note("login refused", "", known.name if known else "", detail="name or password")


def _note(account: Account, browser: str) -> None:
    try:
        note_seen(account.person, {}, ISSUER)
        if browser:
            note_browser(account.person.id, browser)
    except EmotionCoreError as error:  # who may come in may, on a full disk as well
        _LOG.error("%s", error)


def _again(problem: str, name: str, status: int, wait: float = 0.0) -> Response:
    page = login_page("../", problem=problem, name=name[:100], status=status)
    if wait:
        page.headers["retry-after"] = str(math.ceil(wait))
    return page


def _wait_text(wait: float) -> str:
    seconds = math.ceil(wait)
    return f"Too many tries. Wait {seconds} second{'s' if seconds > 1 else ''}, then try again."


async def _fields(receive: Receive) -> tuple[str, str] | None:
    """Return the name and the password of a form; None where it is larger than one may be."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > _MOST_BYTES:
            return None
        if not message.get("more_body", False):
            break
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    return fields.get("name", [""])[0], fields.get("password", [""])[0]
