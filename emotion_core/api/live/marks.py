"""``/live/{id}/marks``: marks in what is being recorded of a stream."""

from __future__ import annotations

import time
from typing import Annotated, Literal, Self

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, model_validator

from emotion_core.api.access import needs
from emotion_core.api.live.streams import Clock, StreamId
from emotion_core.api.problems import problem, responses
from emotion_core.errors import SessionError, StreamError
from emotion_core.live.streams.clock import MOST_EXCHANGES, Exchange, Offset, offset_of
from emotion_core.live.streams.marks import mark_stream
from emotion_core.live.streams.registry import STREAMS
from emotion_core.sessions.edits.kinds import LONGEST_LABEL

router = APIRouter(prefix="/live", tags=["Live"], dependencies=[needs("live")])

# A number that JSON can hold and time can be.
_Seconds = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]


class ClockExchange(Clock):
    """An answer of `GET /live/clock`, with the time on your clock when you had it."""

    model_config = ConfigDict(extra="forbid")

    sent: _Seconds = Field(description="when you asked, on your clock")
    received: _Seconds = Field(description="as it was answered")
    answered: _Seconds = Field(description="as it was answered")
    back: _Seconds = Field(description="when you had the answer, on your clock")


class NewMark(BaseModel):
    """What happened, and when."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(
        description="what happened", min_length=1, max_length=LONGEST_LABEL, examples=["stimulus"]
    )
    seconds: float = Field(0, description="how long it lasts; 0 for a moment", ge=0, le=1e6)
    person: int | None = Field(
        None, description="number of the person whom it is about; all of them when left out", ge=1
    )
    time: _Seconds | None = Field(
        None, description="when it began, in seconds of `clock`; this moment when left out"
    )
    clock: Literal["unix", "app", "own"] = Field(
        "unix",
        description="what `time` counts: `unix`, seconds since 1970 by the clock of the machine "
        "that runs the app; `app`, as `monotonic` in a frame; `own`, yours, which `exchanges` "
        "compare with the app's",
    )
    exchanges: list[ClockExchange] = Field(
        [],
        description="answers of `GET /live/clock`, of the last minutes; the best one counts",
        max_length=MOST_EXCHANGES,
    )

    @model_validator(mode="after")
    def _has_what_its_clock_needs(self) -> Self:
        if (self.clock == "own") != bool(self.exchanges):
            raise ValueError("expected `exchanges` with the clock `own`, and with no other")
        if self.clock == "own" and self.time is None:
            raise ValueError("expected a `time` with the clock `own`, found none")
        return self


class MarkMade(BaseModel):
    """The mark as it stands in the session."""

    id: str
    session: str = Field(description="id of the session")
    label: str
    start: float = Field(description="seconds since the session's start", ge=0)
    seconds: float = Field(ge=0)
    person: int | None
    uncertainty: float = Field(
        description="by how many seconds the start may be wrong because two clocks were compared",
        ge=0,
    )


@router.post("/{id}/marks", status_code=201, responses=responses(404, 409))
async def marks(id: StreamId, new: NewMark) -> MarkMade:
    """Mark a moment, or a range, of what is being recorded. Right: live.

    It is the same kind of mark as one made by key on the page; its source is `api`.
    """
    now = time.monotonic()  # first of all: of a mark without a time, this is the time
    return await run_in_threadpool(_mark, id, new, now)


def _mark(id_: str, new: NewMark, now: float) -> MarkMade:
    stream = STREAMS.find(id_)
    moment, uncertainty = _moment(new, now)
    session = stream.recorder.folder.name
    try:
        mark = mark_stream(
            stream, new.label, moment, now=now, seconds=new.seconds, person=new.person
        )
    except SessionError as error:  # a label of spaces, say: nothing that could not be found
        raise problem(422, str(error)) from error
    return MarkMade(
        id=mark.id,
        session=session,
        label=mark.label,
        start=mark.start,
        seconds=mark.seconds,
        person=mark.person,
        uncertainty=uncertainty,
    )


def _moment(new: NewMark, now: float) -> tuple[float, float]:
    """Return a mark's time on the app's clock, and how wrong it may be."""
    if new.time is None:
        return now, 0.0
    if new.clock == "app":
        return new.time, 0.0
    if new.clock == "unix":
        return time.monotonic() - (time.time() - new.time), 0.0
    offset = _offset(new, now)
    return new.time + offset.seconds, offset.uncertainty


def _offset(new: NewMark, now: float) -> Offset:
    try:
        return offset_of([Exchange(**each.model_dump()) for each in new.exchanges], now)
    except StreamError as error:
        raise problem(422, str(error)) from error
