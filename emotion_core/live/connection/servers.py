"""STUN and TURN servers: settings, time-limited credentials, and what a peer connection is given.

The browser and the app send video to each other directly where they can (ICE, RFC 8445). A STUN
server tells a machine behind a router its public address; a TURN server relays what cannot go
directly. `docs/connection.md` tells when either is needed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, Self, cast

from emotion_core.errors import ConnectionSettingsError

#: The table of `secrets.toml` that holds these settings.
SECTION: Final = "webrtc"

_SHORTEST_LIFETIME: Final = 60
_LONGEST_LIFETIME: Final = 7 * 24 * 3600

# What aiortc and browsers both take: no IPv6 literals (aiortc), no TURN over DTLS (neither).
_URL: Final = re.compile(
    r"(?P<scheme>stun|turns?):(?P<host>[\w.-]+)(?::(?P<port>\d{1,5}))?"
    r"(?:\?transport=(?P<transport>udp|tcp))?"
)


@dataclass(frozen=True)
class IceServer:
    """One STUN or TURN server, as its URL names it (RFC 7064, RFC 7065)."""

    url: str
    scheme: Literal["stun", "turn", "turns"]
    host: str
    port: int
    transport: Literal["udp", "tcp"]

    @classmethod
    def parse(cls, url: str) -> Self | None:
        """Return the server that ``url`` names, or None where it is no such URL."""
        match = _URL.fullmatch(url)
        if match is None:
            return None
        scheme, transport = match["scheme"], match["transport"]
        port = int(match["port"] or (5349 if scheme == "turns" else 3478))
        if not 0 < port < 65536 or (scheme, transport) == ("turns", "udp"):
            return None
        if scheme == "stun" and transport:
            return None
        usual = "tcp" if scheme == "turns" else "udp"
        return cls(url, cast(Any, scheme), match["host"], port, cast(Any, transport or usual))


@dataclass(frozen=True)
class Credentials:
    """What a TURN server asks for."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class IceSettings:
    """Which servers help browser and app to find each other; none by default.

    Raises:
        ConnectionSettingsError: the settings contradict each other or are incomplete.
    """

    stun: tuple[str, ...] = ()
    """URLs such as ``stun:stun.example.org:3478``; the app itself asks the first."""
    turn: tuple[str, ...] = ()
    """URLs such as ``turn:turn.example.org:3478?transport=udp``; the app itself uses the first."""
    turn_shared_secret: str = field(default="", repr=False)
    """coturn's ``static-auth-secret``, from which time-limited credentials are made."""
    turn_lifetime_seconds: int = 3600
    """How long such credentials are valid; a video that runs already goes on longer."""
    turn_username: str = ""
    """A fixed name, for TURN servers without a shared secret."""
    turn_password: str = field(default="", repr=False)
    """Its password. Everyone who opens the page can read both."""
    relay_only: bool = False
    """Whether the browser uses nothing but the TURN server, even where a direct way exists."""

    def __post_init__(self) -> None:
        self._check_addresses()
        self._check_credentials()
        if not _SHORTEST_LIFETIME <= self.turn_lifetime_seconds <= _LONGEST_LIFETIME:
            expected = f"{_SHORTEST_LIFETIME} to {_LONGEST_LIFETIME}"
            found = str(self.turn_lifetime_seconds)
            raise _wrong("turn_lifetime_seconds", expected, found, "3600 is usual")

    def _check_addresses(self) -> None:
        for name, schemes in (("stun", ("stun",)), ("turn", ("turn", "turns"))):
            for url in getattr(self, name):
                server = IceServer.parse(url)
                if server is None or server.scheme not in schemes:
                    # A password in the address is a mistake that others must not read.
                    found = "one with an @" if "@" in url else repr(url)
                    raise _wrong(name, _ADDRESSES[name], found, "fix or remove it")

    def _check_credentials(self) -> None:
        if bool(self.turn_username) != bool(self.turn_password):
            name = "turn_password" if self.turn_username else "turn_username"
            raise _wrong(name, "a text, as the other one is set", "none", "set both or neither")
        if self.turn_shared_secret and self.turn_username:
            found = "turn_username as well"
            raise _wrong("turn_shared_secret", "this alone", found, "remove one of them")
        has_credentials = bool(self.turn_shared_secret or self.turn_username)
        if self.turn and not has_credentials:
            expected = "turn_shared_secret, or turn_username and turn_password, beside it"
            raise _wrong("turn", expected, "neither", "set what the TURN server asks for")
        if not self.turn and (has_credentials or self.relay_only):
            expected = f"{_ADDRESSES['turn']}, as other settings need one"
            raise _wrong("turn", expected, "none", "name the TURN server")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> Self:
        """Read the settings from the table `SECTION` of a settings file.

        Raises:
            ConnectionSettingsError: a setting is unknown, of the wrong type or wrong.
        """
        known = {known.name: _READERS.get(known.name, _text) for known in fields(cls)}
        for name in mapping:
            if name not in known:
                raise _wrong(name, f"one of {', '.join(known)}", "this name", "fix or remove it")
        values = {name: known[name](name, value) for name, value in mapping.items()}
        return cls(**cast(dict[str, Any], values))

    @property
    def servers(self) -> tuple[IceServer, ...]:
        """All servers, STUN first."""
        return tuple(cast(IceServer, IceServer.parse(url)) for url in (*self.stun, *self.turn))

    def credentials(self, now: float) -> Credentials:
        """Return what the TURN servers are to be given at ``now`` (seconds since 1970).

        With a shared secret they are made the way coturn checks them
        (draft-uberti-behave-turn-rest-00), valid for at least half of `turn_lifetime_seconds` from
        now. All calls within half a lifetime return the same, as streamlit-webrtc caches every
        configuration that it is ever given.
        """
        if not self.turn_shared_secret:
            return Credentials(self.turn_username, self.turn_password)
        half = self.turn_lifetime_seconds // 2
        username = f"{(int(now) // half + 2) * half}:emotion"
        digest = hmac.new(self.turn_shared_secret.encode(), username.encode(), hashlib.sha1)
        return Credentials(username, base64.b64encode(digest.digest()).decode())

    def rtc_configuration(self, now: float) -> dict[str, Any]:
        """Return the RTCConfiguration for a connection that starts at about ``now``.

        Always with ``iceServers``, if an empty list: without, streamlit-webrtc asks public servers.
        """
        servers: list[dict[str, Any]] = []
        if self.stun:
            servers.append({"urls": list(self.stun)})
        if self.turn:
            granted = self.credentials(now)
            servers.append(
                {
                    "urls": list(self.turn),
                    "username": granted.username,
                    "credential": granted.password,
                }
            )
        policy = {"iceTransportPolicy": "relay"} if self.relay_only else {}
        return {"iceServers": servers, **policy}


def read_ice_settings(path: Path) -> IceSettings:
    """Read the settings from the table `SECTION` of the TOML file ``path``.

    Raises:
        ConnectionSettingsError: no such file or table, no TOML, or wrong settings.
    """
    advice = ".streamlit/secrets.example.toml shows one"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ConnectionSettingsError(
            f"{path}: expected a TOML file, found none ({reason}); {advice}"
        ) from None
    if SECTION not in content:
        raise ConnectionSettingsError(f"{path}: expected a table [{SECTION}], found none; {advice}")
    return ice_settings_from(content[SECTION])


def ice_settings_from(table: object) -> IceSettings:
    """Return the settings in ``table``, the value of `SECTION` in a settings file.

    Raises:
        ConnectionSettingsError: it is no table, or a wrong one.
    """
    if not isinstance(table, Mapping):
        raise ConnectionSettingsError(
            f"[{SECTION}]: expected a table of settings, found {_kind(table)}; "
            ".streamlit/secrets.example.toml shows one"
        )
    return IceSettings.from_mapping(table)


_ADDRESSES: Final = {
    "stun": 'addresses such as "stun:stun.example.org:3478"',
    "turn": 'addresses such as "turn:turn.example.org:3478?transport=udp" or '
    '"turns:turn.example.org:443"',
}


def _addresses(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        expected = f"a list of {_ADDRESSES[name]}"
        raise _wrong(name, expected, _kind(value), "put the addresses between [ and ]")
    for url in value:
        if not isinstance(url, str):
            raise _wrong(name, _ADDRESSES[name], _kind(url), "put quotes around it")
    return tuple(value)


def _text(name: str, value: object) -> str:
    # What was found is not quoted: it may be a secret.
    if not isinstance(value, str) or not value:
        found = "an empty text" if value == "" else _kind(value)
        raise _wrong(name, "a text between quotes", found, "set or remove it")
    return value


def _seconds(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(name, "a whole number of seconds", _kind(value), "3600 is usual")
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "true or false", _kind(value), "write it without quotes")
    return value


_READERS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "stun": _addresses,
    "turn": _addresses,
    "turn_lifetime_seconds": _seconds,
    "relay_only": _flag,
}


def _kind(value: object) -> str:
    kinds = {str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), "a list" if isinstance(value, list) else "something else")


def _wrong(name: str, expected: str, found: str, mend: str) -> ConnectionSettingsError:
    return ConnectionSettingsError(
        f"[{SECTION}] {name}: expected {expected}, found {found}; {mend}"
    )
