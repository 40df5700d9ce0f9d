from __future__ import annotations

import pytest

from emotion_core.access.names import Names

OWN = ("localhost", "localhost:8501", "LocalHost", "localhost.", "127.0.0.1:80", "[::1]:8501")
FOREIGN = (
    "evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.nip.io",
    "192.168.1.20:8501", "localhost@evil.example", "evil.example#localhost", "0.0.0.0:8501",
    "evil.example/localhost", "evil.example?localhost", "[localhost", "localhost:99999",
    "localhost:x", "", " ", "localhost, evil.example", "[::1", "localhost evil.example", None,
)  # fmt: skip


@pytest.mark.parametrize("host", OWN)
def test_names_of_this_machine(host: str) -> None:
    assert Names().is_own(host)


@pytest.mark.parametrize("host", FOREIGN)
def test_other_names(host: str | None) -> None:
    assert not Names().is_own(host)


def test_names_that_were_added() -> None:
    names = Names(("localhost", "dashboard.example", "*.lab.example"))
    assert names.is_own("dashboard.example")
    assert names.is_own("one.lab.example:443")
    for host in ("lab.example", "x.dashboard.example", "evillab.example"):
        assert not names.is_own(host)
    assert Names(("*",)).is_own("anything.example")


@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        (None, True),  # a program
        ("http://localhost:8501", True),
        ("http://localhost:3000", False),  # another program's page
        ("http://localhost", False),
        ("https://evil.example", False),
        ("null", False),  # a file, or a page in a sandbox
        ("", False),
        ("http://evil.example:8501", False),
        ("https://named.example", True),
        ("https://named.example.evil.example", False),
    ],
)
def test_origins(origin: str | None, taken: bool) -> None:
    names = Names(origins=("https://named.example/",))
    assert names.takes(origin, "localhost:8501") is taken
    assert names.is_named(origin or "") is (origin == "https://named.example")
