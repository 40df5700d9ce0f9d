"""The pages of somebody who is not in: plain HTML, for Streamlit starts for nobody who is not."""

from __future__ import annotations

import base64
from functools import cache
from typing import Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse

from emotion_core.access.people.passwords import passwords_are_kept
from emotion_core.system.storage.folders import PROJECT
from pages.mending.logins.cookies import LOGIN, provider_token
from pages.viewer.accounts import providers

_HERE: Final = PROJECT / "pages" / "viewer" / "login"
_LOGO: Final = PROJECT / "pages" / "widgets" / "icon.svg"


def login_page(up: str, *, problem: str = "", name: str = "", status: int = 200) -> HTMLResponse:
    """Return the page on which people log in.

    Args:
        up: what leads from this page's address to the app's, such as ``../``.
        problem: what went wrong before.
        name: what they typed then.
        status: of HTTP.

    Raises:
        AccessError: the secrets cannot be read.
    """
    links = [
        (title, f"{up}{LOGIN}?{urlencode({'provider': provider_token(provider)})}")
        for provider, title in providers().items()
    ]
    return _page(
        "login.html", status, up=up, providers=links, passwords=passwords_are_kept(),
        problem=problem, name=name,
    )  # fmt: skip


def message_page(title: str, text: str, *, up: str, status: int, log_out: bool) -> HTMLResponse:
    """Return a page that says something, with a link to log out where that may help."""
    return _page("message.html", status, title=title, text=text, up=up, log_out=log_out)


def _page(template: str, status: int, **values: object) -> HTMLResponse:
    content = _templates().get_template(template).render(logo=_logo(), **values)
    return HTMLResponse(content, status, headers={"cache-control": "no-store"})


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(_HERE), autoescape=True)


@cache
def _logo() -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(_LOGO.read_bytes()).decode()
