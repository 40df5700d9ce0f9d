"""Which addresses belong to this machine or to its private network."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import Final, TypeAlias

from emotion_core.errors import WebhookError

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Where events may go: this machine, and private networks (RFC 1918, RFC 4193).
LOCAL_NETWORKS: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
    )
)  # fmt: skip


def local_addresses(host: str) -> list[IPAddress]:
    """Return the IP addresses of a host, all of them local; at least one.

    Args:
        host: a name, which is looked up, or an IP address.

    Raises:
        WebhookError: the name is unknown, or one of its addresses is not local.
    """
    found = _addresses(host)
    for address in found:
        if not is_local(address):
            also = "" if str(address) == host else f" ({address})"
            raise WebhookError(
                f"expected an address on this machine or in its private network, found {host}"
                f"{also}; events cannot be sent anywhere else"
            )
    return found


def is_local(address: IPAddress) -> bool:
    """Tell whether an IP address belongs to this machine or to a private network."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    judged = mapped or address
    return any(judged in network for network in LOCAL_NETWORKS)


def _addresses(host: str) -> list[IPAddress]:
    with contextlib.suppress(ValueError):
        return [ipaddress.ip_address(host)]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
    except (OSError, UnicodeError, ValueError) as error:
        reason = "no such name" if isinstance(error, UnicodeError) else one_line(error)
        raise WebhookError(
            f"the name {host} cannot be found ({reason}); check the spelling"
        ) from error


def one_line(error: Exception) -> str:
    """Return what the system says of an error."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(reason).split())[:200]
