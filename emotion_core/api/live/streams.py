"""``/live``: which streams run, and what time it is here."""

from __future__ import annotations

import time
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field, ValidationError

from emotion_core.api.access import needs
from emotion_core.api.addresses import PREFIX
from emotion_core.api.problems import responses
from emotion_core.api.siblings import ask_siblings
from emotion_core.live.streams.registry import STREAMS, LiveStream
from emotion_core.system.clock import iso_time

router = APIRouter(prefix="/live", tags=["Live"], dependencies=[needs("live")])

#: The id of a stream in an address.
StreamId = Annotated[str, Path(description="of a stream that runs, as `GET /live` gives it")]


class Stream(BaseModel):
    """A live stream that runs: the video of one viewer."""

    id: str = Field(description="names it; the same while the viewer stops and starts again")
    viewer: int = Field(description="a number to call it by", ge=1)
    started: str = Field(description="when its first frame came, UTC, ISO 8601")
    width: int = Field(description="of its newest frame, in pixels", ge=0)
    height: int = Field(description="of its newest frame, in pixels", ge=0)
    frames_per_second: float = Field(description="over the last seconds", ge=0)
    faces: int = Field(description="in its newest frame", ge=0)
    readers: int = Field(description="programs that read it at the moment", ge=0)
    recording: str | None = Field(description="id of the session that is being recorded of it")

    @classmethod
    def of(cls, stream: LiveStream) -> Self:
        """Return what is told of a stream."""
        snapshot = stream.session.snapshot
        return cls(
            id=stream.id,
            viewer=stream.viewer,
            started=iso_time(stream.started or time.time()),
            width=snapshot.width,
            height=snapshot.height,
            frames_per_second=round(snapshot.stream.frames_per_second, 1),
            faces=len(snapshot.tracks),
            readers=stream.readers,
            recording=stream.recorded,
        )


class Streams(BaseModel):
    """All streams that run."""

    streams: list[Stream]
    missing: list[int] = Field(
        [],
        description="numbers of processes of the app that did not answer in time: what runs there "
        "is not listed",
    )


class Clock(BaseModel):
    """One exchange of times, as NTP makes them; add when the answer was back on your clock."""

    sent: float = Field(description="when you asked, as you said it")
    received: float = Field(description="when the question came: seconds of the app's clock")
    answered: float = Field(description="when it was answered: seconds of the app's clock")


@router.get("")
async def streams(
    request: Request,
    here: Annotated[
        bool, Query(description="whether to list those of the process alone that answers")
    ] = False,
) -> Streams:
    """List the streams that run. Right: live.

    Where the app runs as several processes, it is those of all. The id of each begins with the
    number of its process, by which the proxy finds it.
    """
    found = [Stream.of(each) for each in STREAMS.running()]
    missing: list[int] = []
    if not here:
        answers = await ask_siblings(request, f"{PREFIX}/live?here=true")
        for number, answer in answers.items():
            try:
                found += Streams.model_validate_json(answer or "").streams
            except ValidationError:
                missing.append(number)
    return Streams(streams=sorted(found, key=lambda each: each.viewer), missing=missing)


@router.get("/clock")
async def clock(
    sent: Annotated[
        float, Query(description="now, in seconds of your clock", allow_inf_nan=False)
    ] = 0.0,
) -> Clock:
    """Compare clocks: ask a few times, and send the answers along with a mark. Right: live.

    The app's clock is the one of `monotonic` in a frame; it is never set.
    """
    received = time.monotonic()
    return Clock(sent=sent, received=received, answered=time.monotonic())


@router.get("/{id}", responses=responses(404))
def stream(id: StreamId) -> Stream:
    """Tell about one stream. Right: live."""
    return Stream.of(STREAMS.find(id))
