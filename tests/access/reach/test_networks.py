"""What counts as this machine's, as its network's and as the Internet's."""

from __future__ import annotations

import ipaddress

import pytest

from emotion_core.access.reach import networks
from emotion_core.access.reach.networks import is_local, kind_of


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("10.255.0.1", True),
        ("172.16.0.1", True),
        ("172.31.255.255", True),
        ("192.168.1.20", True),
        ("::1", True),
        ("fd12:3456::1", True),
        ("::ffff:192.168.1.20", True),
        ("11.0.0.1", False),
        ("192.169.0.1", False),
        ("224.0.0.1", False),
        ("::", False),
    ],
)
def test_what_counts_as_local(address, local):
    assert is_local(ipaddress.ip_address(address)) is local


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "no machine's"),
        ("::", "no machine's"),
        ("127.0.0.1", "this machine's own"),
        ("127.9.9.9", "this machine's own"),
        ("::1", "this machine's own"),
        ("::ffff:127.0.0.1", "this machine's own"),
        ("10.0.0.1", "of a private network"),
        ("::ffff:10.0.0.1", "of a private network"),
        ("172.31.255.255", "of a private network"),
        ("192.168.1.20", "of a private network"),
        ("fd12:3456::1", "of a private network"),
        ("169.254.169.254", "of this machine's own link"),  # where clouds keep their secrets
        ("::ffff:169.254.169.254", "of this machine's own link"),
        ("fe80::1%1", "of this machine's own link"),
        ("fd00:ec2::254", "of a private network"),  # the same, over IPv6
        ("224.0.0.1", "a group's"),
        ("ff02::1", "a group's"),
        ("255.255.255.255", "of no public network"),
        ("100.64.0.1", "of no public network"),
        ("192.0.0.8", "of no public network"),
        ("192.0.2.1", "of no public network"),
        ("192.88.99.1", "of no public network"),
        ("198.18.0.1", "of no public network"),
        ("240.0.0.1", "of no public network"),
        ("fec0::1", "of no public network"),
        ("100::1", "of no public network"),
        ("::10.0.0.1", "of no public network"),
        ("64:ff9b:1::1", "of no public network"),
        ("2001:db8::1", "of no public network"),
        ("2001:0:53aa:64c::1", "of no public network"),  # Teredo
        ("3fff::1", "of no public network"),
        ("64:ff9b::127.0.0.1", "another form of 127.0.0.1, this machine's own"),
        ("64:ff9b::a9fe:a9fe", "another form of 169.254.169.254, of this machine's own link"),
        ("2002:a00:1::1", "another form of 10.0.0.1, of a private network"),
        ("2606:4700::5efe:10.0.0.1", "another form of 10.0.0.1, of a private network"),
        ("8.8.8.8", ""),
        ("2606:4700::1111", ""),
        ("64:ff9b::8.8.8.8", ""),
        ("2002:808:808::1", ""),
    ],
)
def test_what_is_not_of_the_internet(address, kind):
    assert kind_of(ipaddress.ip_address(address)) == kind


def test_an_own_address_of_the_internet_is_this_machines(monkeypatch):
    """A server without a router before it has one: what listens there is behind its firewall."""

    class Socket:
        def __init__(self, *_: object) -> None:
            pass

        def __enter__(self) -> Socket:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def connect(self, _: object) -> None:
            pass

        def getsockname(self) -> tuple[str, int]:
            return "8.8.4.4", 1

    monkeypatch.setattr(networks.socket, "socket", Socket)
    assert kind_of(ipaddress.ip_address("8.8.4.4")) == "this machine's own"
    assert kind_of(ipaddress.ip_address("8.8.8.8")) == ""
