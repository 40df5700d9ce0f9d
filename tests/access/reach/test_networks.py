from __future__ import annotations

import ipaddress

import pytest

from emotion_core.access.reach.networks import is_local


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
