"""Stands for a decoder that a stranger has taken over: connects to whatever it likes."""

from __future__ import annotations

import socket
from typing import Any

from emotion_core.system.processes.isolation import connect_only_to, cut_off
from emotion_core.system.processes.serving import serve


def answer(request: dict[str, Any], progress: object) -> dict[str, Any]:  # noqa: ARG001
    relay = request["relay"]
    other = int(request["address"].rpartition(":")[2].strip("/"))
    cut_off(network=True, streams_only=True)
    if not connect_only_to(relay):
        return {"refused": "cannot"}
    return {"refused": f"relay {_tried(relay)}, the other {_tried(other)}, UDP {_tried_udp(other)}"}


def _tried(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except PermissionError:
        return "refused"
    return "reached"


def _tried_udp(port: int) -> str:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
            opened.sendto(b"secret", ("127.0.0.1", port))
    except PermissionError:
        return "refused"
    return "reached"


if __name__ == "__main__":
    serve(answer)
