from __future__ import annotations

import asyncio
import signal
from types import SimpleNamespace

import pytest

from pages.mending.endings import PATIENCE, told_before_the_end


class Server:
    """Takes signals as uvicorn does, whose stop is a flag."""

    def __init__(self, patience: int | None = None) -> None:
        self.config = SimpleNamespace(timeout_graceful_shutdown=patience)
        self.ended: list[int] = []

    def handle_exit(self, number: int, _: object) -> None:
        self.ended.append(number)


@pytest.fixture
def server():
    server = Server()
    before = {
        each: signal.signal(each, server.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)
    }
    yield server
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_told_and_the_server_ends_as_ever(server, number):
    told = []

    async def serve():
        with told_before_the_end(lambda: told.append(True)):
            signal.raise_signal(number)
            assert server.ended == [number]
            assert told == []  # not within the signal's handler
            await asyncio.sleep(0)
            assert told == [True]

    asyncio.run(serve())


def test_what_does_not_complete_is_broken_off(server):
    async def serve():
        with told_before_the_end(lambda: None):
            pass

    asyncio.run(serve())
    assert server.config.timeout_graceful_shutdown == PATIENCE


def test_who_set_a_time_keeps_it(server):
    server.config.timeout_graceful_shutdown = 60

    async def serve():
        with told_before_the_end(lambda: None):
            pass

    asyncio.run(serve())
    assert server.config.timeout_graceful_shutdown == 60


def test_afterwards_signals_are_the_servers_alone(server):
    async def serve():
        with told_before_the_end(lambda: None):
            pass

    asyncio.run(serve())
    assert signal.getsignal(signal.SIGINT) == server.handle_exit


def test_in_another_thread_no_signal_is_touched(server):
    async def serve():
        with told_before_the_end(lambda: None):
            return signal.getsignal(signal.SIGINT)

    async def in_a_thread():
        return await asyncio.to_thread(asyncio.run, serve())

    assert asyncio.run(in_a_thread()) == server.handle_exit
