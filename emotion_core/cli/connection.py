"""``connection``: try the STUN and TURN servers that the live page would use."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import ConnectionSettingsError
from emotion_core.live.connection.servers import read_ice_settings

_SECRETS: Final = Path(".streamlit/secrets.toml")


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "connection",
        help="try the STUN and TURN servers of the live page",
        description="Ask every STUN server for this machine's address and every TURN server for "
        "a relay, with the settings and credentials the live page would use. A browser elsewhere "
        "may see another network: docs/connection.md says how to try it from there.",
    )
    parser.add_argument(
        "--secrets",
        type=Path,
        default=_SECRETS,
        metavar="FILE",
        help=f"the settings, a TOML file with a table [webrtc] (default: {_SECRETS})",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Ask all servers and print a line for each.

    Raises:
        ConnectionSettingsError: the settings cannot be used, or a server is of no help.
    """
    # Here, because it needs what WebRTC needs, which a machine that only trains may lack.
    from emotion_core.live.connection.check import check_servers

    secrets: Path = arguments.secrets
    settings = read_ice_settings(secrets)
    if not settings.servers:
        print(f"{secrets} names no server: the video connects directly or not at all")
        return
    checks = check_servers(settings)
    for check in checks:
        print(f"{'ok' if check.works else 'FAILED':<7} {check.url} {check.finding}")
    failed = sum(not check.works for check in checks)
    if failed:
        raise ConnectionSettingsError(
            f"{secrets}: expected every server to work, found {failed} of {len(checks)} that do "
            "not; see above"
        )
