"""What kinds of addresses there are: of this machine, of networks around it, of the Internet."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final, TypeAlias

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: This machine, and private networks (RFC 1918, RFC 4193).
LOCAL_NETWORKS: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
    )
)  # fmt: skip

#: What ``kind_of`` says of those that lead to this machine.
OWN: Final = "this machine's own"

# All IPv6 addresses of the Internet, but for NAT64's (IANA, "IPv6 Address Space").
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
# What Python's `is_global` takes for the Internet, and IANA's registries do not, or no longer.
_SPECIAL: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")
)
# An IPv4 address within one of IPv6: NAT64 (RFC 6052) at its end, 6to4 (RFC 3056) behind 2002.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Of the lower half of an ISATAP address (RFC 5214), which goes on with one of IPv4.
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
_LOWEST_32: Final = 0xFFFF_FFFF
# Of UDP, "discard"; nothing is sent.
_ANY_PORT: Final = 9


def plain_form(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 one is written for (``::ffff:10.0.0.1``), or itself."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_local(address: IPAddress) -> bool:
    """Tell whether an IP address belongs to this machine or to a private network."""
    judged = plain_form(address)
    return any(judged in network for network in LOCAL_NETWORKS)


def kind_of(address: IPAddress) -> str:
    """Return what an address is that is none of the Internet, in a few words; "" for the others.

    Where an IPv6 address leads to one of IPv4, by a gateway on the way, that one is judged.
    """
    judged = plain_form(address)
    if judged.is_unspecified:
        return "no machine's"
    if judged.is_loopback:
        return OWN
    if judged.is_multicast:
        return "a group's"
    if judged.is_link_local:
        return "of this machine's own link"
    if is_own(judged):
        return OWN
    if is_local(judged):
        return "of a private network"
    if isinstance(judged, ipaddress.IPv6Address):
        inner = _inner(judged)
        if inner is not None and (kind := kind_of(inner)):
            return f"another form of {inner}, {kind}"
        if judged in _NAT64 or judged.sixtofour is not None:
            return ""
        if judged not in _GLOBAL_UNICAST:
            return "of no public network"
    if not judged.is_global or any(judged in network for network in _SPECIAL):
        return "of no public network"
    return ""


def is_own(address: IPAddress) -> bool:
    """Tell whether an address, other than those that all machines call their own, is this one's.

    To itself, a machine speaks from the address that it speaks to. Nothing is sent for that.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.connect((str(address), _ANY_PORT))
            return ipaddress.ip_address(asked.getsockname()[0]) == address
    except OSError:  # there is no way to it at all
        return False


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to one of IPv6 go to in the end, if there is one."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _LOWEST_32)
    if address.sixtofour is not None:
        return address.sixtofour
    if (int(address) >> 32) & _LOWEST_32 in _ISATAP:
        return ipaddress.IPv4Address(int(address) & _LOWEST_32)
    return None
