"""``/sessions``: recordings, what they say of themselves, and their files."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Self

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from emotion_core.access.audit import note
from emotion_core.api.access import needs
from emotion_core.api.problems import problem, responses
from emotion_core.sessions.edits.kinds import Mark, MarkSource
from emotion_core.sessions.edits.marks import read_marks
from emotion_core.sessions.exports.offered import (
    CODEBOOK,
    OfferedFile,
    has_events,
    offered_files,
)
from emotion_core.sessions.header import Kind as SessionKind
from emotion_core.sessions.storage import (
    Session as StoredSession,
)
from emotion_core.sessions.storage import (
    State,
    delete_session,
    find_session,
    list_sessions,
    sessions_dir,
)
from emotion_core.system.storage.temporary import TemporaryFolder

router = APIRouter(tags=["Sessions"], dependencies=[needs("record")])

Id = Annotated[str, Path(description="of the session, from the list", min_length=1, max_length=255)]

# Files of an hour take seconds and hundreds of megabytes to make: a program that asks for many
# waits, and the video that is read meanwhile does not.
_MAKING = CapacityLimiter(1)

_VIDEO = "video"


class Session(BaseModel):
    """A recording."""

    id: str = Field(description="names it; when it started, in UTC")
    name: str = Field(description="that somebody gave it; may be empty")
    notes: str
    tags: list[str]
    of: SessionKind = Field(description="what was recorded")
    state: State
    started: str = Field(description="UTC in ISO 8601")
    seconds: float = Field(description="how long it is; of photos, which have no time, 0", ge=0)
    frames: int = Field(ge=0)
    persons: int = Field(description="how many people, as corrected", ge=0)
    model: str = Field(description="what read the expressions")
    purpose: str = Field(description="what it was recorded for; may be empty")
    size: int = Field(description="bytes on the disk", ge=0)
    video: bool = Field(description="whether it has a video")

    @classmethod
    def of_stored(cls, session: StoredSession, **more: Any) -> Self:
        """Return what is told of a session."""
        header = session.header
        return cls(
            id=session.id,
            name=header.name,
            notes=header.notes,
            tags=list(header.tags),
            of=header.kind,
            state=session.state,
            started=header.started,
            seconds=0.0 if header.kind == "photos" else session.seconds,
            frames=session.frames,
            persons=session.persons,
            model=header.description.model_name,
            purpose=header.description.purpose,
            size=session.size,
            video=session.video is not None,
            **more,
        )


class SessionMark(BaseModel):
    """A moment or a range of a session that has a label."""

    start: float = Field(description="seconds since the start of the session", ge=0)
    seconds: float = Field(description="how long it lasts; 0 for a moment", ge=0)
    label: str
    source: MarkSource = Field(description="who made it")
    person: int | None = Field(description="whom it is about; null: all of them")

    @classmethod
    def of_stored(cls, mark: Mark) -> SessionMark:
        """Return what is told of a mark."""
        return cls(
            start=mark.start, seconds=mark.seconds, label=mark.label, source=mark.source,
            person=mark.person,
        )  # fmt: skip


class SessionFile(BaseModel):
    """A file that a session can be had as."""

    kind: str = Field(description="what to ask for it by")
    name: str = Field(description="what to call it")
    media_type: str
    use: str = Field(description="what it is for")

    @classmethod
    def of_offered(cls, file: OfferedFile) -> SessionFile:
        """Return what is told of a file."""
        return cls(kind=file.kind, name=file.name, media_type=file.media_type, use=file.use)


class WholeSession(Session):
    """A recording, its marks, and the files that it can be had as."""

    marks: list[SessionMark]
    files: list[SessionFile]


class Sessions(BaseModel):
    """All recordings, the newest first."""

    sessions: list[Session]
    problems: list[str] = Field(description="a line for each folder that is none, or damaged")


@router.get("/sessions")
def sessions() -> Sessions:
    """List the recorded sessions, the newest first."""
    found = list_sessions(sessions_dir())
    told = [Session.of_stored(each) for each in found.sessions]
    return Sessions(sessions=told, problems=list(found.problems))


@router.get("/sessions/{session_id}", responses=responses(404))
def session(session_id: Id) -> WholeSession:
    """Tell what is known of a session, with its marks and the files it can be had as."""
    found = find_session(sessions_dir(), session_id)
    files = [SessionFile.of_offered(each) for each in _files_of(found)]
    if found.video is not None:
        use = "What the camera saw, with what was drawn on it"
        name = f"session-{found.id}.mp4"
        files.append(SessionFile(kind=_VIDEO, name=name, media_type="video/mp4", use=use))
    marks = [SessionMark.of_stored(each) for each in read_marks(found)]
    return WholeSession.of_stored(found, marks=marks, files=files)


@router.delete("/sessions/{session_id}", status_code=204, responses=responses(404, 409))
def delete(session_id: Id) -> None:
    """Delete a session with all its files, for good."""
    found = find_session(sessions_dir(), session_id)
    if found.state == "recording":
        raise problem(409, f"{found.id} is being recorded; stop the recording first")
    delete_session(sessions_dir(), session_id)


@router.get(
    "/sessions/{session_id}/files/{kind}",
    response_class=Response,
    responses={
        **responses(404),
        200: {
            "description": "The file.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
async def file(
    session_id: Id,
    kind: Annotated[str, Path(description="one that the session names", max_length=40)],
    raw: Annotated[
        bool, Query(description="without names, corrections, marks and ranges left out")
    ] = False,
) -> Response:
    """Send a session as a file, with everything that people corrected."""
    found = await to_thread.run_sync(find_session, sessions_dir(), session_id)
    if kind == _VIDEO and found.video is not None:
        await to_thread.run_sync(partial(note, "exported", "session", found.id, detail="video"))
        return FileResponse(found.video, filename=f"session-{found.id}.mp4")
    offered = next((each for each in _files_of(found) if each.kind == kind), None)
    if offered is None:
        kinds = [each.kind for each in _files_of(found)] + [_VIDEO] * (found.video is not None)
        raise problem(
            404, f"expected one of {', '.join(kinds)}, found {kind!a:.60}; ask for another"
        )
    return await to_thread.run_sync(_made, found, offered, raw, limiter=_MAKING)


def _made(session: StoredSession, offered: OfferedFile, raw: bool) -> Response:
    """Return an answer that sends a file, which is gone when it is sent.

    Raises:
        SessionError: the session is damaged.
        RefusedError: the disk is full.
    """
    try:
        folder = TemporaryFolder("download")
        path = folder.path / "file"
        with path.open("wb") as file:
            offered.write(session, file, raw=raw)
    except OSError as error:
        raise problem(
            507, f"{session.id} cannot be written as {offered.kind} ({error.strerror}); free up "
            "space where the system keeps temporary files"
        ) from error  # fmt: skip
    return FileResponse(
        path,
        media_type=offered.media_type,
        filename=offered.name,
        background=BackgroundTask(folder.remove),
    )


def _files_of(session: StoredSession) -> tuple[OfferedFile, ...]:
    return (*offered_files(session, with_events=has_events(session)), CODEBOOK)
