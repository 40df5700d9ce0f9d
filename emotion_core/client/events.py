"""Server-sent events, as bytes come in.

By the HTML standard, section 9.2.6 "Interpreting an event stream"
(https://html.spec.whatwg.org/multipage/server-sent-events.html), for lines that end as servers end
them, in LF or CR LF.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from emotion_core.errors import ClientError
from emotion_core.quantities import byte_size

#: Bytes of one event, at most: a frame with a hundred faces has 40,000.
MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True)
class ServerEvent:
    """One event.

    Attributes:
        name: what it is, "message" where nothing is said.
        data: its text, such as JSON.
    """

    name: str
    data: str


def events_of(pieces: Iterable[bytes]) -> Iterator[ServerEvent]:
    """Yield each event once it is whole; one that the connection cut off is left out.

    Args:
        pieces: of an answer's body, as they come, cut anywhere.

    Raises:
        ClientError: an event has more than ``MOST_BYTES``.
    """
    name, data, size = "", list[str](), 0
    for line in _lines(pieces):
        if not line:
            if data:
                yield ServerEvent(name or "message", "\n".join(data))
            name, data, size = "", [], 0
            continue
        size += len(line)
        if size > MOST_BYTES:
            raise _too_large()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
        if len(rest) > MOST_BYTES:
            raise _too_large()


def _too_large() -> ClientError:
    return ClientError(
        f"expected events of up to {byte_size(MOST_BYTES)}, found a larger one; check whether the "
        "address is that of the app"
    )
