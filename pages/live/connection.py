"""What the page knows about its connection to the browser: settings, and why it failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from emotion_core.errors import ConnectionSettingsError
from emotion_core.live.connection.check import ServerCheck, check_servers
from emotion_core.live.connection.servers import SECTION, IceSettings, ice_settings_from

#: Where the person who runs the app finds what to do.
GUIDE: Final = "docs/connection.md"

_HEADLINE: Final = "**The video cannot connect.**"
_PHOTO: Final = "The Photo page works without a video connection:"

_CHECKS_KEY: Final = "connection_checks"


@dataclass(frozen=True)
class Connection:
    """The settings to connect with, and what was wrong with those in the file."""

    settings: IceSettings
    problem: str = ""


def read_connection() -> Connection:
    """Return the settings in `secrets.toml`; where they cannot be used, none and the reason."""
    try:
        return Connection(_settings_in_secrets())
    except ConnectionSettingsError as error:
        return Connection(IceSettings(), str(error))


def _settings_in_secrets() -> IceSettings:
    if not any(Path(path).exists() for path in st.get_option("secrets.files")):
        return IceSettings()
    try:
        table = st.secrets.to_dict().get(SECTION, {})
    except (OSError, ValueError) as error:
        raise ConnectionSettingsError(
            f"secrets.toml: expected TOML, found something else ({error}); "
            ".streamlit/secrets.example.toml shows how it looks"
        ) from error
    return ice_settings_from(table)


def show_connection_problem() -> None:
    """Say so when the settings in `secrets.toml` are of no use; else show nothing."""
    if problem := read_connection().problem:
        st.warning(
            f"**The connection settings are not used:** {problem}. Without them, video connects "
            f"only where no server is needed ({GUIDE})."
        )


def show_why_it_failed(attempt: int) -> None:
    """Explain why the ``attempt`` to connect failed, after asking the servers, once for each."""
    settings = read_connection().settings
    asked, checks = st.session_state.get(_CHECKS_KEY, (None, ()))
    if asked != attempt:
        with st.spinner("Checking the STUN and TURN servers …"):
            checks = check_servers(settings)
        st.session_state[_CHECKS_KEY] = attempt, checks
    st.warning(explain_failure(settings, checks, st.context.url or ""))


def explain_failure(settings: IceSettings, checks: Sequence[ServerCheck], address: str) -> str:
    """Return, as Markdown, why a video that was opened at ``address`` did not connect.

    ``checks`` are the answers of all servers in ``settings``.
    """
    failed = [check for check in checks if not check.works]
    if failed:
        return _of_servers(failed)
    if settings.turn:
        return (
            f"{_HEADLINE} This app can reach the TURN server that should carry it. So either your "
            "network blocks that server (try another network, or turn off your VPN), or a firewall "
            "separates the two ends of the relay. "
            f"{GUIDE} tells whoever runs the app what to check.\n\n{_PHOTO}"
        )
    if _is_local(address):
        return (
            f"{_HEADLINE} Browser and app are on the same machine and send video to each other "
            "over UDP; a firewall, a VPN or a browser extension must be blocking it. Allow WebRTC "
            f"there, or try another browser.\n\n{_PHOTO}"
        )
    return (
        f"{_HEADLINE} This app does not run on the same machine as your browser. The two send "
        "video to each other directly over UDP, which firewalls, VPNs and most company and mobile "
        "networks block. A TURN server could carry it, but none is set up: "
        f"{GUIDE} tells whoever runs the app how.\n\n{_PHOTO}"
    )


def _of_servers(failed: Sequence[ServerCheck]) -> str:
    lines = "\n".join(f"- `{check.url}` {check.finding}" for check in failed)
    return (
        f"{_HEADLINE} This app has just checked its STUN and TURN servers:\n\n{lines}\n\n"
        f"{GUIDE} tells whoever runs the app more. {_PHOTO}"
    )


def _is_local(address: str) -> bool:
    host = urlsplit(address).hostname or "localhost"
    return host in ("localhost", "::1") or host.startswith("127.")
