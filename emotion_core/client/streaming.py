"""Follows a live stream, and finds it again when the connection breaks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from emotion_core.client.answers import LiveStream
from emotion_core.client.connection import Connection, checked_part
from emotion_core.client.events import ServerEvent, events_of
from emotion_core.client.problems import RefusedError, UnreachableError
from emotion_core.errors import ClientError
from emotion_core.live.streams.messages import END_EVENT, FRAME_EVENT, FrameMessage
from emotion_core.system.storage.json_reading import checked, parse_json

#: Seconds between two tries, first and at most.
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0

# Another try may succeed: too many requests, a fault of the app, too many readers, a proxy whose
# app starts anew. And a stream that is not found may be the next moment, when its viewer is back.
_PASSING: Final = (404, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class _Streams:
    streams: tuple[LiveStream, ...]


def running_streams(connection: Connection) -> tuple[LiveStream, ...]:
    """Return the streams that run, in the order of their viewers.

    Raises:
        ClientError: the app does not answer, or will not.
    """
    return connection.ask("GET", "/live", _Streams).streams


def one_stream(connection: Connection, stream: LiveStream | str | None) -> str:
    """Return a stream's id; of the only one that runs where none is named.

    Raises:
        ClientError: none runs, or several do; or the app does not answer, or will not.
    """
    if stream is not None:
        id_ = stream if isinstance(stream, str) else stream.id
        return checked_part(id_, "the id of a live stream")
    running = running_streams(connection)
    if len(running) == 1:
        return running[0].id
    if not running:
        raise NoStreamYetError(
            "expected a live stream, found none; open the page Live camera and press Start"
        )
    raise ClientError(
        f"expected one live stream, found {len(running)}; name one of "
        f"{', '.join(each.id for each in running)}"
    )


class NoStreamYetError(ClientError):
    """No stream runs; one may at any moment."""


def frames(
    connection: Connection,
    stream: LiveStream | str | None,
    rate: float | None,
    patience: float,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[FrameMessage]:
    """Yield the frames of a stream as they come, until it ends.

    Args:
        connection: to the app.
        stream: which one; None: the only one that runs.
        rate: frames a second at most; None: all.
        patience: seconds to wait for a stream to begin, or to be found again.
        pause: waits for so many seconds.
        clock: seconds.

    Raises:
        ClientError: none could be followed for that long; or the app will not.
    """
    id_: str | None = None
    failing: float | None = None
    tries = 0
    while True:
        try:
            id_ = id_ or one_stream(connection, stream)
            for event in _events(connection, id_, rate):
                failing, tries = None, 0
                if event.name == FRAME_EVENT:
                    yield _frame(event)
                elif event.name == END_EVENT:
                    _refuse_if_not_let_in(connection, id_)
                    return
            raise UnreachableError(
                f"expected frames from {connection.url}, found that the connection was closed; "
                "try again"
            )
        except (UnreachableError, NoStreamYetError, RefusedError) as error:
            wait = _pause_after(error, tries)
            failing = clock() if failing is None else failing
            if wait is None or clock() + wait - failing > patience:
                raise
            if stream is None and isinstance(error, RefusedError):
                id_ = None  # a viewer whose connection broke may be back under another id
        tries += 1
        pause(wait)


def _refuse_if_not_let_in(connection: Connection, id_: str) -> None:
    """Tell a stream that has ended from a token that was revoked while it was read.

    Raises:
        RefusedError: the token is not known any more.
    """
    try:
        connection.ask("GET", f"/live/{id_}", LiveStream)
    except RefusedError as error:
        if error.status not in _PASSING:
            raise
    except UnreachableError:  # the app has ended, and the stream with it
        return


def _pause_after(error: ClientError, tries: int) -> float | None:
    """Return seconds until another try; None where it would not help."""
    wait: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2**tries)
    if isinstance(error, RefusedError):
        if error.status not in _PASSING:
            return None
        wait = max(wait, error.retry_after or 0.0)
    return wait


def _events(connection: Connection, id_: str, rate: float | None) -> Iterator[ServerEvent]:
    params: dict[str, Any] = {} if rate is None else {"rate": rate}
    with connection.opened(
        f"/live/{id_}/events", accept="text/event-stream", params=params
    ) as response:
        yield from events_of(response.iter_bytes())


def _frame(event: ServerEvent) -> FrameMessage:
    try:
        return checked(parse_json(event.data), FrameMessage, newer=True)
    except (ValueError, KeyError) as error:
        raise ClientError(
            f"expected a frame, found something else ({error}); use the client of the app's version"
        ) from error
