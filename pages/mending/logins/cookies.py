"""The signed cookie by which Streamlit knows who is logged in: read, made, and its secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.responses import Response
from streamlit import config
from streamlit.auth_util import encode_provider_token
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette import starlette_auth_routes, starlette_websocket
from streamlit.web.server.starlette.starlette_server_config import (
    TOKENS_COOKIE_NAME,
    USER_COOKIE_NAME,
)

from emotion_core.system.storage.json_reading import checked, parse_json

#: Addresses of Streamlit's own, without what a proxy has before them.
LOGIN: Final = "auth/login"
LOGOUT: Final = "auth/logout"
CALLBACK: Final = "oauth2callback"

_COOKIE_SECRET: Final = "server.cookieSecret"
_XSRF: Final = "server.enableXsrfProtection"


def claims_in(cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return what the signed cookies of a request say of who sends it; empty without a login.

    Those that are forged, signed by another secret or too old say nothing.
    """
    found = starlette_websocket._get_signed_cookie_with_chunks(dict(cookies), USER_COOKIE_NAME)
    try:
        return checked(parse_json(found), dict[str, Any]) if found else {}
    except ValueError:  # what signs cookies has signed something else
        return {}


async def log_in(response: Response, claims: Mapping[str, Any]) -> None:
    """Have a browser keep a login, as ``st.login`` does at its end.

    Args:
        response: what is sent to it.
        claims: what ``st.user`` will say, and ``origin``: that of the app's pages.
    """
    await starlette_auth_routes._set_auth_cookie(response, dict(claims), {})


def log_out(response: Response, cookies: Mapping[str, str]) -> None:
    """Have a browser forget its login, as ``st.logout`` does."""
    for name in (USER_COOKIE_NAME, TOKENS_COOKIE_NAME):
        for each in cookies:
            if each == name or each.removeprefix(f"{name}_").isdigit():
                response.delete_cookie(each, path=starlette_auth_routes._get_cookie_path())


def is_login_cookie(header: bytes) -> bool:
    """Tell whether a ``Set-Cookie`` header is one of a login's."""
    return header.startswith(USER_COOKIE_NAME.encode())


def provider_token(provider: str) -> str:
    """Return what names a provider to Streamlit's address ``LOGIN``, for some minutes.

    Raises:
        streamlit.errors.StreamlitMissingAuthlibError: Authlib is not installed.
    """
    return encode_provider_token(provider)


def sign_with(secret: Callable[[], str]) -> None:
    """Sign cookies by a secret of our own where [auth] names none, and never without XSRF tokens.

    Streamlit makes one at each start: everybody would have to log in anew, and two processes of one
    app would not know each other's.
    """
    section = secrets_singleton.get("auth") if secrets_singleton.load_if_toml_exists() else None
    if not (section and section.get("cookie_secret")):
        found = secret()
        if config.get_option(_COOKIE_SECRET) != found:
            config.set_option(_COOKIE_SECRET, found)
    if not config.get_option(_XSRF):  # without, it takes no login from a page
        config.set_option(_XSRF, True)
