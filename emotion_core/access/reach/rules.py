"""Whether somebody may have this machine connect to a host: what its name means now is judged."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from emotion_core.access.reach.networks import (
    OWN,
    IPAddress,
    IPNetwork,
    is_local,
    kind_of,
    plain_form,
)
from emotion_core.errors import ReachError, UnknownNameError

#: Returns the addresses that a host means, all of which may be connected to; at least one.
#: Raises a `ReachError` where one may not.
Rule: TypeAlias = Callable[[str], list[IPAddress]]

_HOW: Final = "allow in [people.reach] of .streamlit/secrets.toml"


@dataclass(frozen=True)
class Reach:
    """The Internet, and what whoever runs the app allows besides.

    Attributes:
        names: hosts, in lower case; whatever they mean is taken.
        networks: addresses. This machine's own ones are not meant by a larger network.
    """

    names: frozenset[str] = frozenset()
    networks: tuple[IPNetwork, ...] = ()

    @classmethod
    def allowing(cls, entries: Iterable[str]) -> Self:
        """Return the rule that allows these besides: names, and networks such as "10.3.0.0/16".

        Raises:
            ReachError: one is neither a name nor a network.
        """
        names, networks = set(), []
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry.strip()))
            except ValueError:
                if not _is_name(entry):
                    raise ReachError(
                        "expected names such as camera1.school.example and networks such as "
                        f"10.3.0.0/16, found {entry[:80]!r}; change it at {_HOW}"
                    ) from None
                names.add(_plain_name(entry))
        return cls(frozenset(names), tuple(networks))

    def __call__(self, host: str) -> list[IPAddress]:
        """Return the addresses of a host, all of which may be connected to; at least one.

        Args:
            host: a name, which is looked up, or an IP address.

        Raises:
            UnknownNameError: the name means nothing, at the moment.
            ReachError: one of its addresses may not be connected to.
        """
        found = addresses_of(host)
        named = _plain_name(host) in self.names
        for address in found:
            judged = plain_form(address)
            kind = kind_of(address)
            allowed = not kind or named or self._is_within(judged, is_own=kind == OWN)
            if not allowed or judged.is_unspecified or judged.is_multicast:
                also = "" if str(address) == host else f" ({address})"
                raise ReachError(
                    f"expected an address of the Internet, or one that is allowed, found {host}"
                    f"{also}, which is {kind}; whoever runs the app can add it to {_HOW}"
                )
        return found

    def _is_within(self, address: IPAddress, *, is_own: bool) -> bool:
        """Tell whether an address is in one of the networks.

        This machine is in its own network, but only who names it means it: what listens there is
        often meant for this machine alone.
        """
        alone = is_own and not address.is_loopback
        return any(
            address in network and (network.num_addresses == 1 or not alone)
            for network in self.networks
        )


def local_addresses(host: str) -> list[IPAddress]:
    """Return the IP addresses of a host, all of them of this machine or its private network.

    Args:
        host: a name, which is looked up, or an IP address.

    Raises:
        UnknownNameError: the name means nothing, at the moment.
        ReachError: one of its addresses is not local.
    """
    found = addresses_of(host)
    for address in found:
        if not is_local(address):
            also = "" if str(address) == host else f" ({address})"
            raise ReachError(
                f"expected an address on this machine or in its private network, found {host}"
                f"{also}; events cannot be sent anywhere else"
            )
    return found


def addresses_of(host: str) -> list[IPAddress]:
    """Return the IP addresses of a host, each once; at least one.

    Raises:
        UnknownNameError: the name means nothing, at the moment.
    """
    with contextlib.suppress(ValueError):
        return [ipaddress.ip_address(host)]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
    except (OSError, UnicodeError, ValueError) as error:
        reason = "no such name" if isinstance(error, UnicodeError) else one_line(error)
        raise UnknownNameError(
            f"the name {host} cannot be found ({reason}); check the spelling"
        ) from error


def one_line(error: Exception) -> str:
    """Return what the system says of an error."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(reason).split())[:200]


def _plain_name(host: str) -> str:
    return host.strip().lower().rstrip(".")


def _is_name(text: str) -> bool:
    """Tell a name from what may be meant for a network, or for a whole address."""
    name = _plain_name(text)
    return (
        bool(name)
        and name.isascii()
        and all(letter.isalnum() or letter in "-_." for letter in name)
        and not name.replace(".", "").isdigit()
    )
