"""Which hosts may be reached, by what their names mean and by what is allowed."""

from __future__ import annotations

import ipaddress

import pytest

from emotion_core.access.reach import networks
from emotion_core.access.reach.rules import Reach
from emotion_core.errors import ReachError, UnknownNameError
from tests.live.webhook.receiver import resolve_to


def reached(rule: Reach, host: str) -> list[str]:
    return [str(address) for address in rule(host)]


def test_the_internet_may_be_reached(monkeypatch):
    resolve_to(monkeypatch, ["8.8.8.8", "2606:4700::1111", "8.8.8.8"])
    assert reached(Reach(), "camera.example") == ["8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize("addresses", [["10.3.0.5"], ["8.8.8.8", "10.3.0.5"]])
def test_one_private_address_is_enough_to_refuse(monkeypatch, addresses):
    resolve_to(monkeypatch, addresses)
    with pytest.raises(ReachError) as caught:
        Reach()("camera.example")
    assert str(caught.value) == (
        "expected an address of the Internet, or one that is allowed, found camera.example "
        "(10.3.0.5), which is of a private network; whoever runs the app can add it to allow in "
        "[people.reach] of .streamlit/secrets.toml"
    )


def test_what_is_allowed_by_name_may_mean_anything_but_all(monkeypatch):
    rule = Reach.allowing(["Camera1.School.example."])
    resolve_to(monkeypatch, ["10.3.0.5"])
    assert reached(rule, "camera1.school.EXAMPLE") == ["10.3.0.5"]
    with pytest.raises(ReachError):
        rule("camera2.school.example")
    resolve_to(monkeypatch, ["224.0.0.1"])
    with pytest.raises(ReachError, match="which is a group's"):
        rule("camera1.school.example")


@pytest.mark.parametrize("form", ["10.3.4.5", "::ffff:10.3.4.5"])
def test_what_is_allowed_by_network(form):
    rule = Reach.allowing(["10.3.0.0/16", "fd00:1::/32"])
    assert rule(form) == [ipaddress.ip_address(form)]
    assert rule("fd00:1::5")
    with pytest.raises(ReachError, match=r"found 10\.4\.0\.1, which is of a private network"):
        rule("10.4.0.1")


def test_a_network_does_not_mean_this_machine_within_it(monkeypatch):
    own = ipaddress.ip_address("10.3.0.9")
    monkeypatch.setattr(networks, "is_own", own.__eq__)
    with pytest.raises(ReachError, match="which is this machine's own"):
        Reach.allowing(["10.3.0.0/16"])("10.3.0.9")
    assert Reach.allowing(["10.3.0.9"])("10.3.0.9") == [own]
    assert Reach.allowing(["10.3.0.0/16"])("10.3.0.8")


@pytest.mark.parametrize("entry", ["", "10.3.0.0/33", "10.3.0.1/16", "http://camera", "1.2.3", "*"])
def test_what_cannot_be_allowed(entry):
    with pytest.raises(ReachError, match="expected names such as camera1"):
        Reach.allowing([entry])


@pytest.mark.parametrize("host", ["a..b", "\ud800", "x" * 300])
def test_a_name_that_is_none(host):
    with pytest.raises(UnknownNameError, match="cannot be found"):
        Reach()(host)
