"""``/live/{id}/events`` and ``/live/{id}/socket``: a stream's frames as they come.

Whoever is slow loses the oldest frames, and is told how many; neither the video nor anybody else
waits for them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, WebSocket
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import TypeAdapter
from starlette.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect, WebSocketState

from emotion_core.access.gate import PROTOCOL_PREFIX, Caller
from emotion_core.api.access import may
from emotion_core.api.live.streams import StreamId
from emotion_core.api.problems import problem, responses
from emotion_core.live.streams.messages import END_EVENT, FRAME_EVENT, EndMessage, FrameMessage
from emotion_core.live.streams.readers import MOST_WAITING, AsyncReader, Delivery
from emotion_core.live.streams.registry import STREAMS

router = APIRouter(prefix="/live", tags=["Live"])

#: What browsers name beside their token when they open a websocket.
PROTOCOL: Final = "emotion-dashboard"
#: Readers of all streams at a time.
MOST_READERS: Final = 200
#: Seconds without a frame after which a line that means nothing keeps a connection open.
KEEP_ALIVE: Final = 15.0
#: Seconds after which a reader whose token was revoked is sent away, at the latest.
TOKEN_EVERY: Final = 1.0

REVOKED: Final = "The token was revoked."
# Close codes of websockets (RFC 6455, 7.4.1).
_NORMAL: Final = 1000
_POLICY_VIOLATION: Final = 1008

_LiveCaller = Annotated[Caller, Depends(may("live"))]
_Rate = Annotated[
    float | None,
    Query(gt=0, le=1000, description="frames a second at most; all of them when left out"),
]
_FRAME: Final[dict[str, Any]] = {
    "description": "an event `frame` for each frame, its data a `FrameMessage` as JSON; then one "
    "event `end` with the reason",
    "content": {
        EventSourceResponse.media_type: {
            "schema": {"type": "string"},
            "itemSchema": TypeAdapter(FrameMessage).json_schema(mode="serialization"),
        }
    },
}


@router.get(
    "/{id}/events",
    # Not EventSourceResponse: FastAPI would take what is returned for things to serialize.
    response_class=StreamingResponse,
    responses={**responses(404, 503), 200: _FRAME},
)
async def events(id: StreamId, caller: _LiveCaller, rate: _Rate = None) -> EventSourceResponse:
    """Follow a stream: one server-sent event a frame. Right: live.

    A reader that is too slow loses the oldest frames; `dropped` in the next one says how many.
    """
    return EventSourceResponse(_lines(_read(id, rate), caller), headers={"x-accel-buffering": "no"})


async def _lines(reader: AsyncReader, caller: Caller) -> AsyncIterator[bytes]:
    with reader:
        following = _Following(reader, caller)
        # At once, so that a client knows that it is connected before the first frame.
        yield KEEPALIVE_COMMENT
        while (delivery := await following.next()) is not None:
            if isinstance(delivery, Delivery):
                yield format_sse_event(event=FRAME_EVENT, data_str=delivery.json)
            else:
                yield KEEPALIVE_COMMENT
        end = json.dumps(asdict(EndMessage(following.reason)))
        yield format_sse_event(event=END_EVENT, data_str=end)


@router.websocket("/{id}/socket")
async def socket(
    websocket: WebSocket,
    id: StreamId,
    caller: _LiveCaller,
    rate: _Rate = None,
    window: Annotated[int | None, Query(ge=1, le=MOST_WAITING)] = None,
) -> None:
    """Follow a stream: one text message a frame. Right: live.

    With `window`, no more than so many frames are on their way: each message that comes in, such
    as `next`, asks for one more. So nothing grows old in the network of a slow reader, who gets
    the newest frames.
    """
    reader = _read(id, rate, window)
    with reader:
        offered = [
            each for each in websocket.scope["subprotocols"] if not each.startswith(PROTOCOL_PREFIX)
        ]
        await websocket.accept(PROTOCOL if PROTOCOL in offered else None)
        asked = None if window is None else asyncio.Semaphore(window)
        sending = asyncio.create_task(_send(websocket, _Following(reader, caller, asked)))
        listening = asyncio.create_task(_listen(websocket, asked))
        try:
            await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, listening):
                task.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)


async def _send(websocket: WebSocket, following: _Following) -> None:
    # A connection that breaks while something is sent needs no answer.
    with suppress(WebSocketDisconnect, RuntimeError, OSError):
        while (delivery := await following.next()) is not None:
            if isinstance(delivery, Delivery):  # else a sign of life; the server pings by itself
                await websocket.send_text(delivery.json)
        code = _POLICY_VIOLATION if following.reason == REVOKED else _NORMAL
        if websocket.application_state is WebSocketState.CONNECTED:
            await websocket.close(code, following.reason)


async def _listen(websocket: WebSocket, asked: asyncio.Semaphore | None) -> None:
    """Return when the other side has left."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        if asked is not None and message["type"] == "websocket.receive":
            asked.release()


def _read(id_: str, rate: float | None, most_waiting: int | None = None) -> AsyncReader:
    if STREAMS.readers() >= MOST_READERS:
        raise problem(
            503,
            f"expected at most {MOST_READERS} readers at a time, found as many already; close one "
            "and try again",
            retry_after="5",
        )
    return STREAMS.find(id_).read_here(rate, most_waiting or MOST_WAITING)


class _Following:
    """What comes next for a reader, and why nothing does in the end.

    Args:
        reader: whose frames these are.
        caller: who reads.
        asked: how many frames the other side has asked for; None: for all that come.
    """

    def __init__(
        self, reader: AsyncReader, caller: Caller, asked: asyncio.Semaphore | None = None
    ) -> None:
        self._reader = reader
        self._caller = caller
        self._asked = asked
        self._looked = self._sent = time.monotonic()
        self.reason = ""

    async def next(self) -> Delivery | str | None:
        """Return the next frame; "" where a sign of life is due; None at the end."""
        while True:
            asked = await self._is_asked()
            delivery = await self._reader.next_here(TOKEN_EVERY) if asked else None
            if delivery is None and asked and self._asked is not None:
                self._asked.release()
            now = time.monotonic()
            if now - self._looked >= TOKEN_EVERY:
                self._looked = now
                if not self._caller.stays():
                    self.reason = REVOKED
                    return None
            # Nobody who asks for nothing is waited for.
            end = self._reader.ended if asked else self._reader.over
            if delivery is None and end is not None:
                self.reason = end
                return None
            if delivery is not None or now - self._sent >= KEEP_ALIVE:
                self._sent = now
                return delivery or ""

    async def _is_asked(self) -> bool:
        if self._asked is None:
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(TOKEN_EVERY):
                return await self._asked.acquire()
        return False
