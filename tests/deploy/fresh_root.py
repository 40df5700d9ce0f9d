"""A machine with nothing but Debian 12 on it, whose systemd runs, for whoever follows the page.

`debootstrap` makes its file system, and systemd-nspawn boots it in a network of its own, with a way
to the Internet through this machine. Needs Linux and root, and the programs in `NEEDED`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from emotion_core.system.storage.folders import PROJECT
from tests.network import run

#: Programs, and Debian's packages that have them.
NEEDED = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "nsenter": "util-linux",
    "nft": "nftables",
    "certutil": "libnss3-tools",
}
#: This machine's address for the new one, and its own.
OUTSIDE, ADDRESS = "10.213.79.1", "10.213.79.2"
#: What a machine of whoever rents one has, and debootstrap's smallest has not.
PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates"
#: Folders in which apt and pip keep what they downloaded, by the names of those outside.
DOWNLOADS = {"pip": "root/.cache/pip", "apt": "var/cache/apt/archives"}
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


@dataclass(frozen=True)
class Machine:
    """The new machine.

    Attributes:
        root: its file system.
        pid: of its systemd.
        environment: of every command.
    """

    root: Path
    pid: int
    environment: dict[str, str]

    def do(self, command: str, *, typed: str = "", place: str = "/root") -> tuple[str, str]:
        """Run a line as root there.

        Args:
            command: for bash.
            typed: at the terminal meanwhile.
            place: the folder in which it starts.

        Returns:
            What it printed, and the folder in which it ended.
        """
        enter = [
            "nsenter",
            "--target",
            str(self.pid),
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
        ]
        shell = ["/usr/bin/env", "-i", *(f"{k}={v}" for k, v in self.environment.items())]
        script = f'cd "$1" || exit; {command}\ncode=$?; echo "$PWD" > /root/.place; exit $code'
        done = subprocess.run(
            [*enter, "--", *shell, "/bin/bash", "-c", script, "bash", place],
            input=typed,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout, (self.root / "root" / ".place").read_text().strip()


@contextmanager
def fresh_machine(folder: Path, kept: Path) -> Iterator[Machine]:
    """Boot it until the block ends; skip where that cannot be.

    Args:
        folder: for its file system.
        kept: for what is downloaded, for the next time.
    """
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}; on Debian and Ubuntu: apt-get install {package}")
    if os.geteuid() != 0:
        pytest.skip("needs root, to make a machine")
    root = folder / "root"
    root.mkdir()
    _unpack(kept / "debian-12.tar", root)
    for name, place in DOWNLOADS.items():
        for made in (kept / name, root / place):
            made.mkdir(parents=True, exist_ok=True)
    # The Internet as this machine sees it.
    certificates = "etc/ssl/certs/ca-certificates.crt"
    shutil.copy(Path("/") / certificates, root / certificates)
    with _network() as namespace:
        command = [
            *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot"),
            *("--directory", str(root), f"--network-namespace-path=/run/netns/{namespace}"),
            *("--resolv-conf=copy-host", f"--bind-ro={PROJECT}:/project"),
            *(f"--bind={kept / name}:/{place}" for name, place in DOWNLOADS.items()),
        ]
        with (folder / "boot.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                environment = {
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME": "/root",
                    "LANG": "C.UTF-8",
                    "PIP_CERT": f"/{certificates}",
                    "GIT_CONFIG_COUNT": "1",
                    "GIT_CONFIG_KEY_0": "safe.directory",
                    "GIT_CONFIG_VALUE_0": "*",
                }
                yield Machine(root, _systemd_of(process, folder / "boot.log"), environment)
            finally:
                process.terminate()  # asks its systemd to end
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                shutil.rmtree(root, ignore_errors=True)


def _unpack(archive: Path, root: Path) -> None:
    if not archive.exists():
        made = root.with_name("made")
        mirror = "http://deb.debian.org/debian"
        run(
            "debootstrap",
            "--variant=minbase",
            f"--include={PACKAGES}",
            "bookworm",
            str(made),
            mirror,
        )
        run("tar", "-C", str(made), "-cf", f"{archive}.new", ".")
        Path(f"{archive}.new").rename(archive)
        shutil.rmtree(made)
    run("tar", "-C", str(root), "-xf", str(archive))


@contextmanager
def _network() -> Iterator[str]:
    """Make a network namespace that reaches the Internet through this machine."""
    name, outside = f"fresh-{os.getpid()}", f"fr{os.getpid()}"
    table = f"fresh{os.getpid()}"
    forwarded = _FORWARDING.read_text()
    run("ip", "netns", "add", name)
    try:
        inside = ["ip", "netns", "exec", name]
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", "host0", "netns", name)
        run("ip", "address", "add", f"{OUTSIDE}/30", "dev", outside)
        run("ip", "link", "set", outside, "up")
        run(*inside, "ip", "address", "add", f"{ADDRESS}/30", "dev", "host0")
        for device in ("lo", "host0"):
            run(*inside, "ip", "link", "set", device, "up")
        run(*inside, "ip", "route", "add", "default", "via", OUTSIDE)
        rules = (
            f"table ip {table} {{ chain out {{ type nat hook postrouting priority 100; "
            f'ip saddr {ADDRESS} oifname != "{outside}" masquerade; }}\n}}'
        )
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
        _FORWARDING.write_text("1")
        yield name
    finally:
        _FORWARDING.write_text(forwarded)
        subprocess.run(["nft", "delete", "table", "ip", table], check=False, capture_output=True)
        subprocess.run(["ip", "link", "delete", outside], check=False, capture_output=True)
        run("ip", "netns", "delete", name)


@contextmanager
def only_web_pages() -> Iterator[None]:
    """Let this machine send nothing to the new one but to TCP port 443, until the block ends."""
    table = f"pages{os.getpid()}"
    rules = (
        f"table ip {table} {{ chain out {{ type filter hook output priority 0; "
        f"ip daddr {ADDRESS} tcp dport 443 accept; ip daddr {ADDRESS} drop; }}\n}}"
    )
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    try:
        yield
    finally:
        run("nft", "delete", "table", "ip", table)


def _systemd_of(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait until it has booted; return the process id of its systemd."""
    deadline = time.monotonic() + 120
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while time.monotonic() < deadline and process.poll() is None:
        for child in children.read_text().split():
            asked = [
                "nsenter",
                "--target",
                child,
                "--mount",
                "--pid",
                "systemctl",
                "is-system-running",
            ]
            done = subprocess.run(asked, capture_output=True, text=True, check=False)
            if done.stdout.strip() in ("running", "degraded"):
                return int(child)
        time.sleep(0.3)
    raise RuntimeError(f"it did not boot:\n{log.read_text(errors='replace')}")


def blocks(page: str, heading: str) -> list[list[str]]:
    """Return the lines of the code blocks in a section of a page in Markdown."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [block.splitlines() for block in found]
