"""A web server for events, and names that mean what a test says."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Receiver:
    """A server on this machine that keeps what it gets and answers with ``statuses`` in turn."""

    def __init__(self) -> None:
        self.statuses = [204]
        self.received: list[dict] = []
        self.requests: list[tuple[str, str, str]] = []
        self.before_answer: Callable[[], object] = lambda: None
        self.location = ""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.requests.append((self.command, self.path, self.headers["Host"]))
                assert self.headers["Content-Type"] == "application/json"
                length = int(self.headers["Content-Length"])
                receiver.received.append(json.loads(self.rfile.read(length)))
                number = min(len(receiver.received), len(receiver.statuses)) - 1
                receiver.before_answer()
                self.send_response(receiver.statuses[number])
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                receiver.requests.append((self.command, self.path, self.headers["Host"]))
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}/event?room=1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let names resolve to the first list of addresses, then to the next, and so on."""
    remaining = list(answers)

    def getaddrinfo(*_: object, **__: object) -> list[tuple]:
        addresses = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return [(0, 0, 0, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
