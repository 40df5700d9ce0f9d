"""``/live/{id}/recording``: what the Record button of the page does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from emotion_core.access.gate import Caller
from emotion_core.api.access import may
from emotion_core.api.live.streams import StreamId
from emotion_core.api.problems import problem, responses
from emotion_core.errors import SessionError
from emotion_core.live.streams.recording import AGREED, consent
from emotion_core.live.streams.registry import STREAMS

router = APIRouter(prefix="/live", tags=["Live"])

_Recorder = Annotated[Caller, Depends(may("record"))]


class NewRecording(BaseModel):
    """What has to be said before anybody is recorded."""

    model_config = ConfigDict(extra="forbid", strict=True)

    consent: bool = Field(description=f"true says: {consent()}")
    purpose: str = Field("", description="what it is recorded for", max_length=200)
    video: bool = Field(False, description="whether to keep the video too, without boxes")


class Recording(BaseModel):
    """A recording that was begun or ended."""

    session: str = Field(description="id of the session")


@router.post("/{id}/recording", status_code=201, responses=responses(404, 409, 503))
def start(id: StreamId, new: NewRecording, caller: _Recorder) -> Recording:
    """Record a stream. Right: record.

    The page shows that it records, and which program began it, and can stop it.
    """
    stream = STREAMS.find(id)
    if not new.consent:
        raise problem(
            422, f"expected consent: true, found false; it says: {AGREED} Ask them, then try again"
        )
    try:
        session = stream.start_recording(
            _name(caller), purpose=new.purpose.strip(), with_video=new.video
        )
    except SessionError as error:
        raise problem(503, str(error)) from error
    return Recording(session=session)


@router.delete("/{id}/recording", responses=responses(404, 409, 503))
def stop(id: StreamId, caller: _Recorder) -> Recording:
    """Stop recording a stream, whoever began it, and keep the session. Right: record."""
    stream = STREAMS.find(id)
    try:
        return Recording(session=stream.stop_recording(_name(caller)))
    except SessionError as error:
        raise problem(503, str(error)) from error


def _name(caller: Caller) -> str:
    assert caller.token is not None
    return caller.token.name
