"""Ask every STUN and TURN server of the settings whether it would help, the way a call does."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Final

from aioice import stun, turn

from emotion_core.live.connection.servers import Credentials, IceServer, IceSettings

#: As long as aioice waits for its servers before a call goes on without them.
TIMEOUT_SECONDS: Final = 5.0

_RESEND_SECONDS: Final = 0.5
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True)
class ServerCheck:
    """What came of asking one server."""

    url: str
    works: bool
    finding: str
    """What it did, as the rest of a sentence; or what went wrong and what to do."""


def check_servers(
    settings: IceSettings, *, timeout: float = TIMEOUT_SECONDS
) -> tuple[ServerCheck, ...]:
    """Ask all servers at once, from this machine; takes up to ``timeout`` seconds.

    A STUN server is asked for this machine's address, a TURN server to relay (RFC 8489, RFC 8656).
    """
    credentials = settings.credentials(time.time())
    refusal = _refusal(settings)

    async def ask_all() -> list[ServerCheck]:
        return await asyncio.gather(
            *(_check(server, credentials, refusal, timeout) for server in settings.servers)
        )

    # A loop of its own that is not made this thread's: a page's thread may have another.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return tuple(runner.run(ask_all()))


async def _check(
    server: IceServer, credentials: Credentials, refusal: str, timeout: float
) -> ServerCheck:
    try:
        async with asyncio.timeout(timeout):
            if server.scheme == "stun":
                seen = await _ask_for_address(server)
                return ServerCheck(server.url, True, f"sees this machine as {seen}")
            relay = await _ask_for_relay(server, credentials)
    except stun.TransactionFailed as failure:
        code, reason = failure.response.attributes.get("ERROR-CODE", (0, "no reason given"))
        advice = refusal if code == _UNAUTHORIZED else "its log says why"
        return ServerCheck(server.url, False, f"refused ({code} {reason}): {advice}")
    except (TimeoutError, stun.TransactionTimeout):
        return ServerCheck(server.url, False, _no_answer(server, timeout))
    except OSError as error:
        return ServerCheck(server.url, False, _cannot_reach(server, error))
    if problem := misplaced_relay(relay[0], relay[1]):
        return ServerCheck(server.url, False, problem)
    return ServerCheck(server.url, True, f"relays through {relay[0]}")


def misplaced_relay(relay: str, server: str) -> str:
    """Return what is wrong with the ``relay`` address that the TURN server at ``server`` gave.

    A server behind NAT, as most in a cloud are, gives its private address unless it is told.
    """
    if ipaddress.ip_address(relay).is_global or not ipaddress.ip_address(server).is_global:
        return ""
    return (
        f"relays through {relay}, which nobody outside its network can reach; set "
        f"external-ip={server} in turnserver.conf"
    )


def _refusal(settings: IceSettings) -> str:
    if settings.turn_shared_secret:
        return (
            "turn_shared_secret must be the static-auth-secret of turnserver.conf, which also needs"
            " use-auth-secret; and both clocks must be right"
        )
    return "turn_username and turn_password must be those in turnserver.conf (user=name:password)"


def _no_answer(server: IceServer, timeout: float) -> str:
    return (
        f"gave no answer within {timeout:.0f} s: check its address, whether it runs, and "
        f"whether a firewall lets {server.transport.upper()} to port {server.port} through"
    )


def _cannot_reach(server: IceServer, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "has a host name that cannot be found: check the spelling"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has no valid certificate ({error.verify_message}): renew it, or correct the name"
    if isinstance(error, ssl.SSLError):
        return f"speaks no TLS on port {server.port} ({error.reason}): set cert and pkey there"
    if isinstance(error, ConnectionRefusedError):
        return (
            f"does not listen on {server.transport.upper()} port {server.port}: check the "
            "address, and whether the server runs"
        )
    return f"cannot be reached: {error.strerror or error}"


async def _ask_for_address(server: IceServer) -> str:
    """Return this machine's IP address as a STUN server sees it."""
    loop = asyncio.get_running_loop()
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    transport, answer = await loop.create_datagram_endpoint(
        lambda: _BindingAnswer(request), remote_addr=(server.host, server.port)
    )
    try:
        while True:
            transport.sendto(bytes(request))
            done, _ = await asyncio.wait([answer.address], timeout=_RESEND_SECONDS)
            if done:
                return answer.address.result()
    finally:
        transport.close()


class _BindingAnswer(asyncio.DatagramProtocol):
    """Waits for the answer to one binding request."""

    def __init__(self, request: stun.Message) -> None:
        self._request = request
        self.address: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _: tuple[str | int, int]) -> None:
        try:
            message = stun.parse_message(data)
        except ValueError:
            return
        if message.transaction_id != self._request.transaction_id or self.address.done():
            return
        if message.message_class == stun.Class.ERROR:
            self.address.set_exception(stun.TransactionFailed(message))
        elif "XOR-MAPPED-ADDRESS" in message.attributes:
            self.address.set_result(message.attributes["XOR-MAPPED-ADDRESS"][0])

    def error_received(self, error: Exception) -> None:
        if not self.address.done():
            self.address.set_exception(error)


async def _ask_for_relay(server: IceServer, credentials: Credentials) -> tuple[str, str]:
    """Return the IP addresses of the relay that a TURN server granted, and of the server."""
    loop = asyncio.get_running_loop()
    (*_, address), *_ = await loop.getaddrinfo(server.host, server.port)
    transport, relayed = await turn.create_turn_endpoint(
        _Relayed,
        (server.host, server.port),
        credentials.username,
        credentials.password,
        ssl=True if server.scheme == "turns" else None,
        transport=server.transport,
    )
    granted = transport.get_extra_info("sockname")[0]
    transport.close()
    # Until the server has heard that it is no longer needed.
    await relayed.closed.wait()
    return granted, str(address[0])


class _Relayed(asyncio.DatagramProtocol):
    """Receives nothing, but knows when the relay is given back."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def connection_lost(self, _: Exception | None) -> None:
        self.closed.set()
