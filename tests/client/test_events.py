from __future__ import annotations

import pytest

from emotion_core.client import events
from emotion_core.client.events import ServerEvent, events_of
from emotion_core.errors import ClientError

STREAM = (
    b": here\n\n"
    b'event: frame\ndata: {"n": 1}\n\n'
    b"event:frame\r\ndata:two\r\ndata: lines\r\n\r\n"
    b"data: \xc3\xbc \xe2\x80\xa8 \x85\n\n"
    b"event: nothing\n\n"
    b"id: 7\nretry: 10\ndata:\n\n"
    b"event: end\ndata: cut o"
)
FOUND = [
    ServerEvent("frame", '{"n": 1}'),
    ServerEvent("frame", "two\nlines"),
    ServerEvent("message", "ü \u2028 \ufffd"),
    ServerEvent("message", ""),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_whole_however_their_bytes_are_cut(size: int) -> None:
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert list(events_of(pieces)) == FOUND


def test_an_event_is_there_with_its_last_byte() -> None:
    def pieces():
        yield b"data: 1\n\n"
        pytest.fail("it was there before")

    assert next(events_of(pieces())) == ServerEvent("message", "1")


@pytest.mark.parametrize(
    "piece", [b"x" * 60, b"data: 1\n" * 10, b"data: 12345678901234567890\n" * 3]
)
def test_one_without_an_end_fills_no_memory(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    monkeypatch.setattr(events, "MOST_BYTES", 50)
    with pytest.raises(ClientError) as caught:
        list(events_of(iter([piece] * 3)))
    assert str(caught.value) == (
        "expected events of up to 50 bytes, found a larger one; check whether the address is that "
        "of the app"
    )
