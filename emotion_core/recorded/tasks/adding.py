"""Puts videos and sets of photos into the queue."""

from __future__ import annotations

import os
import secrets
import shutil
import time
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, NamedTuple

from emotion_core.access.audit import note
from emotion_core.access.room import refuse_beyond
from emotion_core.errors import SourceError
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.photos.job import PhotoList, PhotosJob, entry_name
from emotion_core.recorded.photos.reading import PhotoSettings
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks.receiving import ReceivedVideo
from emotion_core.recorded.tasks.storage import TASKS_DIR_VARIABLE
from emotion_core.recorded.tasks.task import PHOTOS_FILE, UPLOAD_FILE, QueuedTask, write_job
from emotion_core.sessions.storage import sessions_dir
from emotion_core.system.processes.queueing import enqueue
from emotion_core.system.storage.files import new_folder, owner_only, publish
from emotion_core.video.sources import VideoFile

# Folders that are made at the same time.
_AT_ONCE: Final = 8


def add_task(
    parent: Path,
    video: VideoFile,
    model: Path,
    settings: RecordedSettings,
    *,
    with_video: bool = False,
    uploaded: bool = False,
) -> QueuedTask:
    """Put one video at the end of the queue; see `add_videos`."""
    (task,) = add_videos(parent, [video], model, settings, with_video=with_video, uploaded=uploaded)
    return task


def add_videos(
    parent: Path,
    videos: Sequence[VideoFile],
    model: Path,
    settings: RecordedSettings,
    *,
    with_video: bool = False,
    uploaded: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> list[QueuedTask]:
    """Put videos at the end of the queue, in their order; ``queue.start_worker`` sees to them.

    Once this returns they are in the queue after a power cut, too.

    Args:
        parent: the folder of all tasks.
        videos: the files. Those that were uploaded are kept until they have been read.
        model: folder of the model that reads.
        settings: how.
        with_video: whether each session gets a video with the faces framed.
        uploaded: whether they are to be kept.
        progress: called with the number that has been added, in this thread.

    Raises:
        NoRoomError: there is no room for those that were uploaded; none was added.
        SourceError: the folder cannot be written; some may have been added.
    """
    sessions = sessions_dir().resolve()
    if videos and uploaded:
        _see_to_room([video.content for video in videos], videos[0].name)

    def add(place: _Place, video: VideoFile) -> QueuedTask:
        def fill(folder: Path) -> VideoJob:
            kept = video
            if uploaded:
                _keep(video.content, folder / UPLOAD_FILE)
                kept = VideoFile(video.name, place.folder / UPLOAD_FILE)
            return VideoJob(kept, sessions / place.folder.name, model, settings, with_video)

        return _add(place, video.name, fill)

    # Each waits for the disk, several times: together they wait for about as long as one.
    places = _places(parent, len(videos))
    tasks = []
    with ThreadPoolExecutor(_AT_ONCE, "adding") as threads:
        added = [
            threads.submit(add, place, video) for place, video in zip(places, videos, strict=True)
        ]
        try:
            for future in added:
                tasks.append(future.result())
                progress(len(tasks))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    for task in tasks:
        note("added", "video to read", task.name)
    return tasks


def add_received(
    parent: Path,
    video: ReceivedVideo,
    model: Path,
    settings: RecordedSettings,
    *,
    with_video: bool = False,
) -> QueuedTask:
    """Put a video that another program sent at the end of the queue; it is moved, not copied.

    Args:
        parent: the folder of all tasks, in which it was received.
        video: all of it.
        model: folder of the model that reads.
        settings: how.
        with_video: whether its session gets a video with the faces framed.

    Raises:
        SourceError: the folder cannot be written.
    """
    (place,) = _places(parent, 1)

    def fill(folder: Path) -> VideoJob:
        publish(video.path, folder / UPLOAD_FILE, lasting=False)
        return VideoJob(
            VideoFile(video.name, place.folder / UPLOAD_FILE),
            sessions_dir().resolve() / place.folder.name, model, settings, with_video,
        )  # fmt: skip

    task = _add(place, video.name, fill)
    note("added", "video to read", task.name)
    return task


def add_photos(
    parent: Path,
    name: str,
    photos: PhotoList,
    model: Path,
    settings: PhotoSettings,
    *,
    uploads: Sequence[os.PathLike[str] | bytes] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> QueuedTask:
    """Put a set of photos at the end of the queue; ``queue.start_worker`` sees to it.

    Args:
        parent: the folder of all tasks.
        name: what to call the set.
        photos: which.
        model: folder of the model that reads.
        settings: how.
        uploads: the photos themselves where they were uploaded: they are kept until they have been
            read.
        progress: called with the number of uploads that have been kept.

    Raises:
        NoRoomError: there is no room for what was uploaded.
        SourceError: the folder cannot be written.
    """
    if uploads:
        _see_to_room(uploads, name)
    (place,) = _places(parent, 1)

    def fill(folder: Path) -> PhotosJob:
        photos.write(folder / PHOTOS_FILE, lasting=False)
        if uploads:
            _keep_photos(uploads, folder / UPLOAD_FILE, progress)
        return PhotosJob(
            name, place.folder / PHOTOS_FILE, len(photos.names),
            sessions_dir().resolve() / place.folder.name, model, settings,
            place.folder / UPLOAD_FILE if uploads else None,
        )  # fmt: skip

    task = _add(place, name, fill)
    note("added", "photos to read", task.name)
    return task


def _see_to_room(uploads: Sequence[os.PathLike[str] | bytes], first: str) -> None:
    """See that whoever this runs for may keep all of these.

    Raises:
        NoRoomError: they may not.
    """
    sizes = (
        len(each) if isinstance(each, bytes) else Path(each).stat().st_size for each in uploads
    )
    more = f" and {len(uploads) - 1:,} more" if len(uploads) > 1 else ""
    refuse_beyond(sum(sizes), f"{first}{more}")


class _Place(NamedTuple):
    """Where a new task comes to lie, and since when it waits, in nanoseconds."""

    folder: Path
    since: int


def _places(parent: Path, count: int) -> list[_Place]:
    """Return places for so many new tasks, whose names and times have their order."""
    now = time.time_ns()
    moments = [now // 1000 * 1000 + 1000 * index for index in range(count)]
    times = [datetime.fromtimestamp(moment // 1000 / 1e6, UTC) for moment in moments]
    names = [f"{each:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}" for each in times]
    return [_Place(parent / name, moment) for name, moment in zip(names, moments, strict=True)]


def _add(place: _Place, name: str, fill: Callable[[Path], VideoJob | PhotosJob]) -> QueuedTask:
    """Make a task's folder, whole or not at all.

    Args:
        place: where.
        name: of what is to be read.
        fill: writes its files into a folder, and returns what is to be done.

    Raises:
        SourceError: it cannot be written.
    """
    try:
        with new_folder(place.folder) as temporary:
            job = fill(temporary)
            # The disk has the folder, with all that is in it, before it gets its name.
            write_job(temporary, job, lasting=False)
            enqueue(temporary, place.since, lasting=False)
    except OSError as error:
        raise SourceError(
            f"{place.folder.parent}: {name} cannot be added ({error.strerror}); free up space, or "
            f"name another folder with {TASKS_DIR_VARIABLE}"
        ) from error
    return QueuedTask(place.folder, job, "queued")


def _keep(content: os.PathLike[str] | bytes, path: Path) -> None:
    """Copy an upload, a piece at a time."""
    with open(path, "wb", opener=owner_only) as kept:
        _copy(content, kept)


def _keep_photos(
    uploads: Sequence[os.PathLike[str] | bytes], path: Path, progress: Callable[[int], None]
) -> None:
    """Copy uploads into one file: the disk is waited for once, and not for each of thousands."""
    with (
        open(path, "wb", opener=owner_only) as kept,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as archive,
    ):
        for number, content in enumerate(uploads, start=1):
            with archive.open(entry_name(number), "w", force_zip64=True) as entry:
                _copy(content, entry)
            progress(number)


def _copy(content: os.PathLike[str] | bytes, file: IO[bytes]) -> None:
    if isinstance(content, bytes):
        file.write(content)
        return
    with Path(content).open("rb") as upload:
        shutil.copyfileobj(upload, file, 1 << 20)
