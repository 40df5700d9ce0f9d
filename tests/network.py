"""A browser in a network of its own, from which a firewall lets little out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

#: The addresses of both ends: this machine, and the namespace.
HERE, THERE = "10.213.77.1", "10.213.77.2"


@dataclass(frozen=True)
class Network:
    """A network namespace with one way out, to this machine.

    Attributes:
        name: of the namespace.
        folder: for the browser's home and the script that starts it.
    """

    name: str
    folder: Path

    def browser(self, executable: str) -> Path:
        """Return a program that runs the browser in there."""
        script = self.folder / "browser.sh"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.name} {executable} "$@"\n')
        script.chmod(0o755)
        return script

    def let_out_only(self, tcp_port: int) -> None:
        """Drop all that leaves, TCP to this port excepted; and count what was dropped."""
        rules = f"""
        table inet firewall {{
            chain out {{
                type filter hook output priority 0; policy accept;
                oifname "lo" accept
                tcp dport {tcp_port} accept
                meta l4proto udp counter drop
                ip protocol tcp counter drop
            }}
        }}
        """
        subprocess.run(self.inside("nft", "-f", "-"), input=rules, text=True, check=True)

    def dropped(self) -> str:
        """Return the firewall's rules with their counters."""
        command = self.inside("nft", "list", "table", "inet", "firewall")
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def inside(self, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *command]


@contextmanager
def network(folder: Path) -> Iterator[Network]:
    """Make the namespace until the block ends; skip where that cannot be."""
    for program, package in (
        ("nft", "nftables"),
        ("certutil", "libnss3-tools"),
        ("ip", "iproute2"),
    ):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}; on Debian and Ubuntu: apt-get install {package}")
    name = f"emotion-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("needs Linux and root, to make a network")
    folder.mkdir()
    found = Network(name, folder)
    outside = f"em{os.getpid()}"
    try:
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", "way", "netns", name)
        run("ip", "address", "add", f"{HERE}/30", "dev", outside)
        run("ip", "link", "set", outside, "up")
        run(*found.inside("ip", "address", "add", f"{THERE}/30", "dev", "way"))
        for device in ("lo", "way"):
            run(*found.inside("ip", "link", "set", device, "up"))
        yield found
    finally:
        subprocess.run(["ip", "link", "delete", outside], check=False, capture_output=True)
        run("ip", "netns", "delete", name)


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def trusting(authority: Path, home: Path) -> dict[str, str]:
    """Return an environment in which Chromium trusts what this authority signs.

    Args:
        authority: its certificate.
        home: a folder to make, with the browser's settings.
    """
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    run("certutil", "-d", f"sql:{store}", "-N", "--empty-password")
    run("certutil", "-d", f"sql:{store}", "-A", "-n", "test", "-t", "C,,", "-i", str(authority))
    return os.environ | {"HOME": str(home)}
