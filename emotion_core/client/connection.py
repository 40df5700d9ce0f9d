"""Requests to the app, and what its answers mean.

Redirects are not followed: they would take the token elsewhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypedDict, TypeVar
from urllib.parse import urlsplit

import httpx

from emotion_core.client.problems import RefusedError, UnreachableError
from emotion_core.errors import ClientError
from emotion_core.system.names import is_plain
from emotion_core.system.storage.json_reading import checked, parse_json

T = TypeVar("T")

#: Where the interface begins, below the app's own address.
PREFIX: Final = "/api/v1"

#: Names the token where none is given.
TOKEN_VARIABLE: Final = "EMOTION_TOKEN"

#: Times that a request is sent whose token has sent too many; seconds that it is waited between.
TRIES: Final = 3
LONGEST: Final = 5.0

#: What a stream may be silent for, in seconds; the app says every few that it is there.
SILENCE: Final = 30.0

_TOO_SOON: Final = 429

# Of the error of a program that is not the app.
_MOST_OF_A_TEXT: Final = 200


class _Problem(TypedDict, total=False):
    """What a refusal says, by RFC 9457."""

    title: str
    detail: str


class Connection:
    """Sends requests with a token; may be used from several threads.

    Args:
        url: of the app, such as "http://localhost:8501".
        token: that was shown when it was made; None: what EMOTION_TOKEN holds.
        timeout: seconds that the app may take to answer.
        transport: what carries the requests; the network when left out.
        pause: waits for so many seconds.

    Raises:
        ClientError: the address or the token is none.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pause = pause
        self.url = _checked_url(url)
        self._client = httpx.Client(
            base_url=f"{self.url}{PREFIX}",
            headers={"Authorization": f"Bearer {_checked_token(token)}"},
            timeout=timeout,
            transport=transport,
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        seconds: float | None = None,
        **content: Any,
    ) -> T:
        """Return what the app answers.

        Args:
            method: of HTTP.
            path: below ``PREFIX``.
            kind: what the answer is, a dataclass or a type of Python's made of such.
            seconds: how long the app may take; as for all requests when left out.
            content: what is sent, as `httpx.Client.request` takes it: ``json``, ``content``,
                ``files``, ``params``, ``headers``.

        Raises:
            UnreachableError: nobody answers.
            RefusedError: the app will not.
            ClientError: it is not the app that answers.
        """
        if seconds is not None:
            content["timeout"] = seconds
        response = self._request(method, path, content)
        try:
            return checked(parse_json(response.content), kind, newer=True)
        except (ValueError, KeyError) as error:
            raise self._no_app(response, path, str(error)) from error

    def order(self, method: str, path: str) -> None:
        """Ask for something that is answered by nothing but whether it was done.

        Raises:
            ClientError: as `ask`.
        """
        self._request(method, path, {})

    @contextmanager
    def opened(
        self, path: str, *, accept: str, params: Mapping[str, Any] | None = None
    ) -> Iterator[httpx.Response]:
        """Yield an answer whose body has not been read; it is closed at the end.

        Args:
            path: below ``PREFIX``.
            accept: the kind of answer, such as "text/event-stream".
            params: of the address.

        Raises:
            UnreachableError: nobody answers, or the connection breaks while the body is read.
            RefusedError: the app will not.
            ClientError: it is not the app that answers.
        """
        timeout = httpx.Timeout(self._client.timeout)
        timeout.read = SILENCE
        with (
            self._explaining(path),
            self._client.stream(
                "GET", path, params=params, headers={"Accept": accept}, timeout=timeout
            ) as response,
        ):
            if not response.is_success:
                response.read()
            self._refuse(response)
            found = response.headers.get("content-type", "").partition(";")[0]
            if accept != "*/*" and found != accept:
                raise self._no_app(response, path, f"expected {accept}")
            yield response

    def _request(self, method: str, path: str, content: Mapping[str, Any]) -> httpx.Response:
        # What was refused for coming too soon was not done; a stream's content is sent once.
        tries = 1 if isinstance(content.get("content"), Iterator) else TRIES
        while True:
            with self._explaining(path):
                response = self._client.request(method, path, **content)
            tries -= 1
            wait = _seconds(response.headers.get("retry-after"))
            if response.status_code != _TOO_SOON or not tries or wait is None or wait > LONGEST:
                self._refuse(response)
                return response
            self._pause(wait)

    @contextmanager
    def _explaining(self, path: str) -> Iterator[None]:
        try:
            yield
        except httpx.TimeoutException as error:
            raise UnreachableError(
                f"expected the app at {self.url} to answer {path}, found that it takes too long; "
                "try again, or give it longer by timeout"
            ) from error
        except httpx.ConnectError as error:
            raise UnreachableError(
                f"expected the app at {self.url}, found nobody there ({error}); start it by "
                "“streamlit run app.py”, or give its address"
            ) from error
        except httpx.TransportError as error:
            raise UnreachableError(
                f"expected an answer to {path} from {self.url}, found that the connection broke "
                f"({type(error).__name__}: {error}); try again"
            ) from error

    def _refuse(self, response: httpx.Response) -> None:
        """Raise what an answer says is wrong, if anything is.

        Raises:
            RefusedError: the app will not.
            ClientError: it is not the app that answers.
        """
        if response.is_success:
            return
        try:
            if "json" not in response.headers.get("content-type", ""):
                raise ValueError("no JSON")
            problem = checked(parse_json(response.content), _Problem)
        except (ValueError, KeyError) as error:
            raise self._no_app(response, response.request.url.path, str(error)) from error
        title = problem.get("title", response.reason_phrase)
        raise RefusedError(
            f"{self.url} refused: {problem.get('detail') or title}",
            status=response.status_code,
            title=title,
            retry_after=_seconds(response.headers.get("retry-after")),
        )

    def _no_app(self, response: httpx.Response, path: str, why: str) -> ClientError:
        kind = response.headers.get("content-type", "no type")
        return ClientError(
            f"expected the app's answer to {path} from {self.url}, found {response.status_code} "
            f"with {kind} ({why[:_MOST_OF_A_TEXT]}); check the address, and whether the app and "
            "this client are of the same version"
        )


def checked_part(text: str, what: str) -> str:
    """Return an id or a kind as a part of a path.

    Raises:
        ClientError: it would lead elsewhere.
    """
    if not (is_plain(text) and text.isprintable() and text.isascii()) or set(text) & set("/\\?#%"):
        raise ClientError(f"expected {what}, found {text[:80]!r}; ask for the list of them")
    return text


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(0.0, float(text))
    except ValueError:
        return None


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and parts.username is None
            and not (parts.query or parts.fragment)
        )
    except ValueError:  # a port that is no number, brackets that do not match
        sound = False
    if not sound:
        raise ClientError(
            f"expected the app's address such as http://localhost:8501, found {url[:200]!r}"
        )
    return url.rstrip("/").removesuffix(PREFIX)


def _checked_token(token: str | None) -> str:
    token = (os.environ.get(TOKEN_VARIABLE, "") if token is None else token).strip()
    if not (token and token.isascii() and token.isprintable() and " " not in token):
        raise ClientError(
            f"expected a token, found {'none' if not token else 'something else'}; make one on the "
            f"page Connect and give it here, or by {TOKEN_VARIABLE}"
        )
    return token
