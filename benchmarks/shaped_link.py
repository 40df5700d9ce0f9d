"""A network link to a namespace that loses and delays what it is told to.

Where the kernel has netem, ``tc`` does it, on both ends of a veth pair. Elsewhere a process of its
own carries every packet between two TUN devices, and rolls the dice for each as netem does: lost
with a probability, else delivered after a time that is drawn anew for each, so that packets
overtake each other. Needs Linux and root.

    with shaped_link() as link:
        link.shape(loss=0.05)
        link.shape(delay=0.2, jitter=0.2)     # seconds: evenly between 0 and 0.4
        link.shape()
"""

from __future__ import annotations

import argparse
import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE, THERE = "10.213.78.1", "10.213.78.2"
#: linux/if_tun.h: a TUN device whose packets have no header before them.
_SET_NAME, _TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
#: Bytes of one packet at most.
_LARGEST = 65536


@dataclass
class Link:
    """The link, and the namespace at its other end.

    Attributes:
        namespace: its name.
        by: "netem" or "tun": who loses and delays.
    """

    namespace: str
    by: str
    _devices: tuple[str, str]
    _carrier: subprocess.Popen[str] | None = None

    def shape(self, *, loss: float = 0, delay: float = 0, jitter: float = 0) -> None:
        """Treat packets of both directions like this from now on.

        Args:
            loss: of each packet, 0 to 1.
            delay: in seconds.
            jitter: seconds more or less than that, evenly.
        """
        if self._carrier is not None:
            assert self._carrier.stdin is not None
            wish = {"loss": loss, "delay": delay, "jitter": jitter}
            self._carrier.stdin.write(json.dumps(wish) + "\n")
            self._carrier.stdin.flush()
            return
        rule = ["netem", "loss", f"{100 * loss:g}%", "limit", "10000"]
        if delay:
            rule += ["delay", f"{1000 * delay:g}ms", f"{1000 * jitter:g}ms"]
        here, there = self._devices
        for inside, device in (([], here), (["ip", "netns", "exec", self.namespace], there)):
            _run(*inside, "tc", "qdisc", "replace", "dev", device, "root", *rule)

    def browser(self, executable: str, folder: Path) -> Path:
        """Return a program that runs the browser at the other end."""
        script = folder / "browser.sh"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.namespace} {executable} "$@"\n')
        script.chmod(0o755)
        return script


@contextmanager
def shaped_link() -> Iterator[Link]:
    """Make the link until the block ends.

    Raises:
        SystemExit: this machine does not let it.
    """
    name = f"lossy-{os.getpid()}"
    here, there = f"lo{os.getpid()}", "way"
    made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
    if made.returncode:
        raise SystemExit(
            f"expected Linux and root, to make a network, found: {made.stderr.strip()}"
        )
    carrier = None
    try:
        if _has_netem(name):
            _run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
            by = "netem"
        else:
            command = [sys.executable, __file__, "--namespace", name, "--devices", here, there]
            carrier = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert carrier.stdout is not None
            if carrier.stdout.readline() != "carries\n":
                raise SystemExit("expected TUN devices in place of netem, found none; see above")
            by = "tun"
        inside = ["ip", "netns", "exec", name]
        for prefix, device, own, other in (([], here, HERE, THERE), (inside, there, THERE, HERE)):
            _run(*prefix, "ip", "address", "add", own, "peer", other, "dev", device)
            _run(*prefix, "ip", "link", "set", device, "up")
        _run(*inside, "ip", "link", "set", "lo", "up")
        yield Link(name, by, (here, there), carrier)
    finally:
        if carrier is not None:
            carrier.terminate()
            carrier.wait()
        subprocess.run(["ip", "link", "delete", here], check=False, capture_output=True)
        _run("ip", "netns", "delete", name)


def _has_netem(namespace: str) -> bool:
    command = ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "loss", "1%"]
    tried = ["ip", "netns", "exec", namespace, *command]
    if subprocess.run(tried, check=False, capture_output=True).returncode:
        return False
    _run("ip", "netns", "exec", namespace, "tc", "qdisc", "delete", "dev", "lo", "root")
    return True


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def main() -> None:
    """Carry packets between the two devices; wishes come as lines of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--devices", nargs=2, required=True)
    options = parser.parse_args()
    ends = [_device(name) for name in options.devices]
    _run("ip", "link", "set", options.devices[1], "netns", options.namespace)
    print("carries", flush=True)
    carry(ends[0], ends[1])


def _device(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _SET_NAME, struct.pack("16sH", name.encode(), _TUN_WITHOUT_HEADER))
    return device


def carry(one: int, other: int) -> None:
    """Carry packets between two devices for ever."""
    wish = {"loss": 0.0, "delay": 0.0, "jitter": 0.0}
    waiting: list[tuple[float, int, int, bytes]] = []
    number = 0
    ready = selectors.DefaultSelector()
    ready.register(sys.stdin, selectors.EVENT_READ)
    ready.register(one, selectors.EVENT_READ, other)
    ready.register(other, selectors.EVENT_READ, one)
    while True:
        timeout = max(waiting[0][0] - time.monotonic(), 0) if waiting else None
        for key, _ in ready.select(timeout):
            if key.fileobj is sys.stdin:
                line = sys.stdin.readline()
                if not line:
                    return
                wish = json.loads(line)
                continue
            try:
                packet = os.read(key.fd, _LARGEST)
            except OSError:  # not up yet, or gone
                continue
            if random.random() < wish["loss"]:
                continue
            late = wish["delay"] + wish["jitter"] * random.uniform(-1, 1)
            number += 1
            heapq.heappush(waiting, (time.monotonic() + max(late, 0), number, key.data, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            *_, target, packet = heapq.heappop(waiting)
            try:
                os.write(target, packet)
            except OSError:
                continue


if __name__ == "__main__":
    main()
