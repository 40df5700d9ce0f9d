"""What tests of the interface share: tokens, and clients of it with one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from emotion_core.access.names import Names
from emotion_core.access.tokens import RIGHTS, add_token
from emotion_core.api.addresses import PREFIX
from emotion_core.api.mounting import ASGIApp, Beside, Interface

#: Makes a token with these rights and returns it.
MakeToken = Callable[..., str]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own: without tokens."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_MODELS_DIR", "")
    return tmp_path / "data"


@pytest.fixture
def interface() -> ASGIApp:
    """The interface as the app mounts it."""
    return Beside(Starlette(), Interface(Names))


@pytest.fixture
def make_token(data: Path) -> MakeToken:  # noqa: ARG001
    def make(*may: str, name: str = "", **limits: float) -> str:
        made = add_token(name or f"for {' and '.join(may)}", may, **limits)  # type: ignore[arg-type]
        return made.secret

    return make


@pytest.fixture
def token(make_token: MakeToken) -> str:
    """A token that may do everything, as often as it likes."""
    return make_token(*RIGHTS, name="everything", requests_a_second=10_000)


@pytest.fixture
def client(served: str, token: str) -> Iterator[httpx.Client]:
    """A client with a token that may do everything; ``client.get("/models")``."""
    with client_of(served, token) as client:
        yield client


def client_of(address: str, token: str | None = None) -> httpx.Client:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False)


@pytest.fixture
def served(interface: ASGIApp) -> Iterator[str]:
    """The interface on a real port: its address, such as http://localhost:1/api/v1."""
    with serving(interface) as address:
        yield address


@contextmanager
def serving(interface: ASGIApp) -> Iterator[str]:
    """Serve it in a thread, and yield its address."""
    with socket.create_server(("localhost", 0)) as listening:
        config = uvicorn.Config(
            interface, log_level="warning", lifespan="off", ws="websockets-sansio"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{listening.getsockname()[1]}{PREFIX}"
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
