"""The interface that a client asks, on a real port, and somebody whose video runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from emotion_core.api.addresses import PREFIX
from emotion_core.client import Client
from emotion_core.client.connection import Connection
from tests.api.conftest import data, interface, make_token, served, token
from tests.api.live.conftest import viewer

__all__ = ["data", "interface", "make_token", "served", "token", "viewer"]

#: Answers a request instead of an app.
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def url(served: str) -> str:
    """The app's address, as a browser shows it."""
    return served.removesuffix(PREFIX)


@pytest.fixture
def client(url: str, token: str) -> Iterator[Client]:
    with Client(url, token) as client:
        yield client


def asking(answer: Answer, **options: object) -> Client:
    """Return a client whose requests are answered by a function."""
    return Client("http://app", "token", transport=httpx.MockTransport(answer), **options)  # type: ignore[arg-type]


def connected(answer: Answer, **options: object) -> Connection:
    return Connection("http://app", "token", transport=httpx.MockTransport(answer), **options)  # type: ignore[arg-type]


class Pauses:
    """Stands in for ``time.sleep`` and a clock: waits at once, and notes how long."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, seconds: float) -> None:
        with self._lock:
            self.taken.append(seconds)

    def clock(self) -> float:
        return sum(self.taken)
