"""``/videos``: files that are put into the queue of the page Video, and become sessions there."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from emotion_core.api.access import needs
from emotion_core.api.addresses import PREFIX
from emotion_core.api.problems import problem, responses
from emotion_core.errors import NoRoomError, SourceError
from emotion_core.models.in_use import model_in_use
from emotion_core.models.library import list_models
from emotion_core.recorded.settings import RecordedSettings, usual_video_finder
from emotion_core.recorded.tasks.adding import add_received
from emotion_core.recorded.tasks.control import cancel_task
from emotion_core.recorded.tasks.queue import start_worker
from emotion_core.recorded.tasks.receiving import ReceivedVideo
from emotion_core.recorded.tasks.storage import find_task, list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import QueuedTask, read_status
from emotion_core.system.processes.queueing import State

router = APIRouter(tags=["Videos"], dependencies=[needs("analyze")])

Id = Annotated[str, Path(description="of the video, from the list", min_length=1, max_length=255)]

# The disk takes a piece of this size at a time, and the sender may rest for so long between two.
_PIECE: Final = 1 << 20
_PATIENCE: Final = 60.0

_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is, not as a form.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "video/*": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class VideoChoices(BaseModel):
    """What a video is called, and how it is read."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        description="of the file, such as interview.mp4", min_length=1, max_length=255
    )
    every: float | None = Field(
        None, description="seconds between two frames that are recorded; left out: each", gt=0,
        le=3600,
    )  # fmt: skip
    start: float = Field(0.0, description="seconds of the video before the first frame", ge=0)
    end: float | None = Field(None, description="seconds of the video at which it ends", gt=0)
    people: int | None = Field(
        None, description="how many there are at most; those seen longest count", ge=1, le=1000
    )
    finder: str = Field("", description="what looks for faces; left out: the usual one")
    model: str = Field("", description="name of the model that reads; left out: the one in use")
    with_video: bool = Field(
        False, description="whether the session gets a video with the faces framed"
    )


class Video(BaseModel):
    """A video, or a set of photos, in the queue or read."""

    id: str
    name: str = Field(description="of the file")
    kind: Literal["video", "photos"]
    state: State = Field(
        description="queued or running; done: it is a session; stopped, failed or interrupted: "
        "the page Video can go on with it; cancelled"
    )
    asked: str = Field(
        description="what a running one is about to do because somebody asked: stop or cancel; "
        "else empty"
    )
    share: float = Field(description="that is read, or is written while that goes on", ge=0, le=1)
    writing: bool = Field(description="whether it has been read, and its session is written")
    seconds_left: float | None = Field(description="until it is done, where that is known", ge=0)
    message: str = Field(description="why it failed, or what was wrong with the file")
    session: str | None = Field(description="id of the session that it became")

    @classmethod
    def of_task(cls, task: QueuedTask) -> Video:
        """Return what is told of a task."""
        status = read_status(task.folder) if task.state == "running" else None
        done = 1.0 if task.state == "done" else 0.0
        return cls(
            id=task.id,
            name=task.name,
            kind="video" if task.photos is None else "photos",
            state=task.state,
            asked=task.asked,
            share=done if status is None else min(1.0, max(0.0, status.share)),
            writing=status is not None and status.writing,
            seconds_left=None if status is None else status.seconds_left,
            message="" if task.outcome is None else task.outcome.message,
            session=None if task.session is None else task.session.name,
        )


class Videos(BaseModel):
    """What is in the queue, and what was, the newest first."""

    videos: list[Video]
    problems: list[str] = Field(description="a line for each that is damaged")


@router.get("/videos")
def videos() -> Videos:
    """List the videos and photos in the queue, and those that were read, the newest first."""
    found = list_tasks(tasks_dir())
    told = [Video.of_task(each) for each in found.tasks]
    return Videos(videos=told, problems=list(found.problems))


@router.post("/videos", status_code=201, responses=responses(408, 415, 507), openapi_extra=_BODY)
async def add(
    request: Request, response: Response, choices: Annotated[VideoChoices, Query()]
) -> Video:
    """Put a video at the end of the queue; the body is the file.

    It is read when its turn comes, and kept until then. What it became, and how far it is, is told
    at the address in Location.
    """
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        raise problem(
            415,
            "expected the video itself as the body, found a form; send the file as it is, with its "
            "name as ?name=",
        )
    settings, model = await run_in_threadpool(_how, choices)
    length = request.headers.get("content-length")
    parent = tasks_dir()
    try:
        received = await run_in_threadpool(
            ReceivedVideo, parent, choices.name, None if length is None else int(length)
        )
    except NoRoomError as error:
        raise problem(507, str(error)) from error
    try:
        await _receive(request, received)
        task = await run_in_threadpool(_add, parent, received, model, settings, choices.with_video)
    finally:
        await asyncio.shield(run_in_threadpool(received.close))
    response.headers["Location"] = f"{PREFIX}/videos/{task.id}"
    return await run_in_threadpool(Video.of_task, task)


@router.get("/videos/{video_id}", responses=responses(404))
def video(video_id: Id) -> Video:
    """Tell how far a video is."""
    return Video.of_task(_find(video_id))


@router.delete("/videos/{video_id}", responses=responses(404, 409))
def cancel(video_id: Id) -> Video:
    """Cancel a video that waits, is read, or was not read to its end; nothing of it is kept.

    One that is being read ends a moment later. One that is done is a session: delete that.
    """
    task = _find(video_id)
    try:
        return Video.of_task(cancel_task(task))
    except SourceError as error:
        raise problem(409, str(error)) from error


def _find(video_id: str) -> QueuedTask:
    try:
        return find_task(tasks_dir(), video_id)
    except SourceError as error:
        raise problem(404, str(error)) from error


def _how(choices: VideoChoices) -> tuple[RecordedSettings, FilePath]:
    """Return how a video is to be read, and by which model.

    Raises:
        SourceError: a setting does not do.
        RefusedError: there is no such model.
    """
    settings = RecordedSettings(
        every=choices.every,
        start=choices.start,
        end=choices.end,
        people=choices.people,
        finder=choices.finder or usual_video_finder(),
    )
    if not choices.model:
        return settings, model_in_use().folder
    folders = {each.name: each.folder for each in list_models().models}
    if choices.model not in folders:
        raise problem(
            422,
            f"expected a model, one of {', '.join(folders)}, found {choices.model!a:.80}; "
            "name another",
        )
    return settings, folders[choices.model]


async def _receive(request: Request, received: ReceivedVideo) -> None:
    """Take the body as it comes, and never more than a piece of it into memory.

    Raises:
        SourceError: nothing came.
        RefusedError: there is no room, or its sender gave up or rested too long.
    """
    waiting = bytearray()
    try:
        async with aclosing(request.stream()) as stream:
            while True:
                async with asyncio.timeout(_PATIENCE):
                    piece = await anext(stream, None)
                if piece is None:
                    break
                waiting += piece
                if len(waiting) >= _PIECE:
                    await run_in_threadpool(received.write, bytes(waiting))
                    waiting.clear()
    except TimeoutError:
        raise problem(
            408,
            f"expected more of the video within {_PATIENCE:.0f} s, found nothing; send it again",
        ) from None
    except NoRoomError as error:
        raise problem(507, str(error)) from error
    except ClientDisconnect:
        raise problem(400, "expected all of the video, found that its sender left") from None
    await run_in_threadpool(received.write, bytes(waiting))
    await run_in_threadpool(received.finish)


def _add(
    parent: FilePath,
    received: ReceivedVideo,
    model: FilePath,
    settings: RecordedSettings,
    with_video: bool,
) -> QueuedTask:
    task = add_received(parent, received, model, settings, with_video=with_video)
    start_worker(parent)
    return task
