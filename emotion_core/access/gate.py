"""Who comes in: the checks of every request, before anything of it is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from emotion_core.access.names import Names
from emotion_core.access.rates import Rates
from emotion_core.access.refusals import Refusal
from emotion_core.access.tokens import KnownTokens, Right, Token, token_of
from emotion_core.errors import AccessError, NoHomeError
from emotion_core.quantities import byte_size

_HOW: Final = "python -m emotion_core tokens add NAME --may live,analyze"
#: A browser's websocket can send no header: it names this and its token as one of its protocols.
PROTOCOL_PREFIX: Final = "token."
_CHALLENGE: Final = {"www-authenticate": 'Bearer realm="emotion-dashboard"'}


@dataclass(frozen=True)
class Caller:
    """Who sent a request that came in.

    Attributes:
        token: what they have shown; None where none was needed.
        stays: tells whether the token is still good. Whoever answers for long asks now and then.
    """

    token: Token | None
    stays: Callable[[], bool]

    @property
    def person(self) -> str | None:
        """The id of who made the token; None: whoever runs the app, or no token."""
        return (self.token.owner or None) if self.token is not None else None

    def may(self, right: Right) -> bool:
        """Tell whether the token allows this."""
        return self.token is not None and right in self.token.may


class Gate:
    """Judges requests.

    Args:
        names: returns what the server answers to, now.
        tokens: that let in.
        rates: counts requests.
        keeps: tells of a person's id whether they may have tokens now.
    """

    def __init__(
        self,
        names: Callable[[], Names],
        tokens: KnownTokens | None = None,
        rates: Rates | None = None,
        keeps: Callable[[str], bool] | None = None,
    ) -> None:
        self._names = names
        self._tokens = tokens or KnownTokens()
        self._rates = rates or Rates()
        self._keeps = keeps or _keeps

    def admit(
        self, headers: Mapping[str, str], *, is_open: bool, most_bytes: int | None = None
    ) -> Caller | Refusal:
        """Return who sends a request, or why it is refused.

        Args:
            headers: by name in lower case.
            is_open: whether it takes no token, such as the documentation; but one has to exist.
            most_bytes: that this request may have whatever its token says.
        """
        names, host = self._names(), headers.get("host")
        if not names.is_own(host):
            return _foreign_host(names, host)
        origin = headers.get("origin")
        if not names.takes(origin, host):
            return _foreign_origin(origin)
        known = self._tokens.now()
        if not known:
            return Refusal(
                403,
                "this interface is off: expected a token to have been made, found none; whoever "
                f"runs the app makes one on the page Connect, or by {_HOW}",
            )
        secret = _secret_in(headers)
        if secret is None:
            if is_open:
                return Caller(None, lambda: True)
            return Refusal(
                401,
                "expected a token, found none; send the header Authorization: Bearer TOKEN",
                _CHALLENGE,
            )
        token = token_of(secret, known)
        if token is None:
            return Refusal(
                401,
                "expected a token that is known, found one that is not, or was revoked; make "
                f"another on the page Connect, or by {_HOW}",
                {"www-authenticate": f'{_CHALLENGE["www-authenticate"]}, error="invalid_token"'},
            )
        if not self._is_kept(token):
            return Refusal(
                403,
                "expected a token of somebody who may have programs of their own, found one of "
                "somebody who may not any more; ask whoever runs the app",
            )
        return self._within_limits(token, headers, most_bytes)

    def _within_limits(
        self, token: Token, headers: Mapping[str, str], most_bytes: int | None
    ) -> Caller | Refusal:
        wait = self._rates.wait(token.digest, token.requests_a_second)
        if wait > 0:
            return Refusal(
                429,
                f"expected at most {token.requests_a_second:g} requests a second with this token, "
                "found more; send fewer, or make a token with a higher rate",
                {"retry-after": str(math.ceil(wait))},
            )
        most = token.most_bytes if most_bytes is None else most_bytes
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return Refusal(400, "expected a number as Content-Length, found something else")
        if int(length[:20]) > most:
            return too_large(most)
        return Caller(token, lambda: token in self._tokens.now() and self._is_kept(token))

    def _is_kept(self, token: Token) -> bool:
        """Tell whether whoever made a token may have one now; where nobody knows, they may not."""
        try:
            return not token.owner or self._keeps(token.owner)
        except (AccessError, NoHomeError):
            return False


def _keeps(person: str) -> bool:
    # Here, because it needs what checks passwords: nobody without accounts waits for that.
    from emotion_core.access.standing import may_now

    return may_now(person, "keep")


def too_large(most_bytes: int) -> Refusal:
    """Return why a request with more bytes than these is refused."""
    return Refusal(
        413,
        f"expected a request of at most {byte_size(most_bytes)}, found a larger one; send less "
        "at a time, or make a token with a higher limit",
    )


def lacks(token: Token | None, right: Right) -> Refusal:
    """Return why a request is refused whose token does not allow it."""
    found = ", ".join(token.may) if token is not None else "none"
    return Refusal(
        403,
        f"expected a token that may {right}, found one that may {found}; make another",
    )


def _secret_in(headers: Mapping[str, str]) -> str | None:
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return secret.strip()
    for each in headers.get("sec-websocket-protocol", "").split(","):
        if each.strip().startswith(PROTOCOL_PREFIX):
            return each.strip().removeprefix(PROTOCOL_PREFIX)
    return None


def _foreign_host(names: Names, host: str | None) -> Refusal:
    found = "no name" if host is None else ascii(host[:255])
    return Refusal(
        403,
        f"expected one of the names {', '.join(names.hosts)}, found {found}; whoever runs the app "
        "can add a name: server.allowedHosts in .streamlit/config.toml",
    )


def _foreign_origin(origin: str | None) -> Refusal:
    return Refusal(
        403,
        "expected a request of a program, or of one of the app's own pages, found one of "
        f"{(origin or '')[:255]!a}; whoever runs the app can allow it: "
        "server.corsAllowedOrigins in .streamlit/config.toml",
    )
