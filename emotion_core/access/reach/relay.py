"""Connects in place of a program that would look names up, and follow redirects, by itself.

FFmpeg is told to go to a port of this machine, and to nowhere else. Whatever it asks for there,
at first or because a server sent it on, is looked up and judged here, and the connection made to
the very address that was judged:

- of HTTP and HTTPS the relay is the proxy (RFC 9110, 7.3.2 and 9.3.6);
- of RTSP, which knows none, it is the other end of one connection, to one target. A server that
  would send a player on to another address says so in a header, ``Location``. That header is made
  unreadable, for FFmpeg would go there directly. Behind RTSPS the relay does the encryption.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from emotion_core.access.reach.connecting import connected
from emotion_core.access.reach.rules import Rule
from emotion_core.errors import ReachError

#: Seconds within which whoever is asked has to answer.
SECONDS: Final = 4.0

_MOST_HEAD: Final = 65536
_PIECE: Final = 65536
# Connections of one program at a time; a player has one or two.
_MOST_AT_ONCE: Final = 8
# The header, and what may become it with the next piece. FFmpeg leaves out carriage returns
# wherever they stand.
_LETTERS: Final = [re.escape(letter).encode() for letter in "location:"]
_LOCATION: Final = re.compile(b"\r*".join(_LETTERS), re.IGNORECASE)
_BEGUN: Final = re.compile(
    b"(?:" + b"|".join(b"\r*".join(_LETTERS[:n]) for n in range(8, 0, -1)) + b")\r*\\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Target:
    """Where an RTSP connection goes.

    Attributes:
        host: a name or an address.
        port: of TCP.
        encrypted: whether it is RTSPS. Whose certificate it is, is not asked: cameras make their
            own.
    """

    host: str
    port: int
    encrypted: bool = False


class Relay:
    """Listens at a port of this machine until the block ends; its threads serve one program.

    Args:
        rule: judges each host.

    Attributes:
        rule: the same.
        port: of TCP, at 127.0.0.1.
        target: where RTSP goes.
        problem: why the last connection could not be made; None where it could.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.target: Target | None = None
        self.problem: ReachError | OSError | None = None
        self._opening = True
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._free = threading.Semaphore(_MOST_AT_ONCE)
        self._thread = threading.Thread(target=self._accept, name="relay", daemon=True)
        self._thread.start()

    @property
    def proxy(self) -> str:
        """Its address as a proxy of HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self, target: Target | None) -> None:
        """Get ready for a program that opens a source: no connection has failed yet."""
        self.target, self.problem, self._opening = target, None, True

    def opened(self) -> None:
        """The source is open: a player of RTSP is sent on to nowhere any more."""
        self._opening = False

    def close(self) -> None:
        """End all connections, and take no more; may be called again."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        with self._lock:
            left = list(self._open)
        for each in left:
            _hang_up(each)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:  # closed
                return
            if not self._free.acquire(blocking=False):
                client.close()
                continue
            threading.Thread(
                target=self._serve, args=(client,), name="relay-connection", daemon=True
            ).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, self._noted(client):
                client.settimeout(SECONDS)
                self._answer(client)
        except (OSError, ValueError, ConnectionNotMadeError):
            pass  # whoever asked sees that nothing comes
        finally:
            self._free.release()

    def _answer(self, client: socket.socket) -> None:
        """Read what is asked for, and pass on what comes.

        Raises:
            OSError: a side has gone.
            ValueError: it is no request.
        """
        head = _head_of(client)
        line, _, rest = head.partition(b"\r\n")
        method, asked, version = line.decode("latin-1").split(" ")
        if asked.startswith("rtsp://"):
            if self.target is not None:
                self._tell(client, self.target, head, guarded=True)
            return
        try:
            if method == "CONNECT":
                established = f"{version} 200 Connection established\r\n\r\n".encode()
                self._tell(client, _target(f"//{asked}", 443), established=established)
                return
            parts = urlsplit(asked)
            if parts.scheme != "http":
                raise ValueError("another protocol")
            place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            line = f"{method} {place} {version}".encode("latin-1")
            self._tell(client, _target(asked, 80), line + b"\r\n" + rest)
        except ConnectionNotMadeError:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    def _tell(
        self,
        client: socket.socket,
        target: Target,
        said: bytes = b"",
        *,
        established: bytes = b"",
        guarded: bool = False,
    ) -> None:
        """Connect a program to a target, and pass on what they say until one of them ends.

        Args:
            client: the program.
            target: whom it wants to talk to.
            said: by the program so far.
            established: what it is told once it is connected.
            guarded: see ``_pass_on``.
        """
        with self._noted(self._connected(target)) as server:
            client.sendall(established)
            server.sendall(said)
            self._pass_on(client, server, guarded=guarded)

    def _connected(self, target: Target) -> socket.socket:
        """Connect to what a host means now, if that may be.

        Raises:
            ConnectionNotMadeError: it may not, or nobody answers; see ``problem``.
        """
        try:
            opened = connected(self.rule(target.host), target.port, SECONDS)
            if target.encrypted:
                opened = _encrypted(opened, target.host)
        except (ReachError, OSError) as error:
            self.problem = error
            raise ConnectionNotMadeError from error
        self.problem = None
        return opened

    def _pass_on(
        self, client: socket.socket, server: socket.socket, *, guarded: bool = False
    ) -> None:
        """Pass bytes on both ways until one side ends.

        Args:
            client: the program.
            server: what it talks to.
            guarded: whether ``Location`` is made unreadable as long as the source is being opened.
        """
        for each in (client, server):
            each.settimeout(None)
        held = b""
        while True:
            ready = _ready(client, server)
            for source in ready:
                piece = source.recv(_PIECE)
                if source is server and guarded:
                    held, piece = self._guarded(held + piece, last=not piece)
                    client.sendall(piece)
                    if not piece and not held:
                        return
                    continue
                if not piece:
                    return
                (server if source is client else client).sendall(piece)

    def _guarded(self, content: bytes, *, last: bool) -> tuple[bytes, bytes]:
        """Return what has to wait for the next piece, and what can be passed on."""
        if not self._opening:
            return b"", content
        if _LOCATION.search(content):
            self.problem = ReachError(
                "expected a camera that answers itself, found one that sends on to another "
                "address; name that address"
            )
            content = _LOCATION.sub(lambda found: b"x" + found[0][1:], content)
        begun = None if last else _BEGUN.search(content)
        return (content[begun.start() :], content[: begun.start()]) if begun else (b"", content)

    @contextlib.contextmanager
    def _noted(self, opened: socket.socket) -> Iterator[socket.socket]:
        """Let ``close`` end a connection, and end it with the block."""
        with self._lock:
            self._open.add(opened)
        try:
            with opened:
                yield opened
        finally:
            with self._lock:
                self._open.discard(opened)


class ConnectionNotMadeError(Exception):
    """A connection was not made, for whatever reason."""


def _target(address: str, usual_port: int) -> Target:
    parts = urlsplit(address)
    if not parts.hostname:
        raise ValueError("no host")
    return Target(parts.hostname, parts.port or usual_port)


def _head_of(client: socket.socket) -> bytes:
    """Return what comes up to the first empty line, and what came along with it.

    Raises:
        ValueError: it does not end.
    """
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(_PIECE)
        head += piece
        if not piece or len(head) > _MOST_HEAD:
            raise ValueError("no request")
    return head


def _encrypted(opened: socket.socket, host: str) -> socket.socket:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(opened, server_hostname=host)
    except BaseException:
        opened.close()
        raise


def _ready(client: socket.socket, server: socket.socket) -> list[socket.socket]:
    """Wait until one of them has something to read, or has ended."""
    if isinstance(server, ssl.SSLSocket) and server.pending():
        return [server]
    return select.select([client, server], [], [])[0]


def _hang_up(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):  # gone already
        opened.shutdown(socket.SHUT_RDWR)
