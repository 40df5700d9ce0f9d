"""What was read of a set of photos, written as a session: header, tables, which frame is which."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from emotion_core.access.audit import note
from emotion_core.faces.readings import PersonReading
from emotion_core.models.folder import LITERT_FILE, load_card
from emotion_core.models.views import view_of
from emotion_core.recorded.photos.job import PhotoList, PhotosJob
from emotion_core.recorded.photos.journal import Journal
from emotion_core.recorded.photos.reading import PhotoReadings
from emotion_core.sessions.header import (
    PHOTOS_KEY,
    SessionDescription,
    SessionHeader,
    app_version,
    write_header,
)
from emotion_core.sessions.photos.table import Photo, write_photos
from emotion_core.sessions.tables import FrameRecord, new_tables
from emotion_core.system.clock import iso_time
from emotion_core.system.storage.files import keep_private, replace_folder

#: What a session of photos states in place of the consent that the live page asks for.
CONSENT: Final = (
    "These are photo files that were analyzed. Whoever analyzed them answers for the consent of "
    "the people in them."
)


@dataclass(frozen=True)
class PhotoResult:
    """What became of one photo.

    Attributes:
        number: in the set, from 1.
        name: of its file.
        key: under which its readings are in the journal.
        problem: why there are none, on one line.
    """

    number: int
    name: str
    key: str = ""
    problem: str = ""


def write_photo_session(
    job: PhotosJob, photos: PhotoList, results: Sequence[PhotoResult], journal: Journal
) -> None:
    """Write the session of a set of photos to ``job.target``, whole or not at all.

    Args:
        job: what was done.
        photos: which they are.
        results: what became of each.
        journal: holds the readings.

    Raises:
        ModelError: the model is gone.
        OSError: it cannot be written.
    """
    card = load_card(job.model)
    now = iso_time(time.time())
    with replace_folder(job.target) as folder:
        size, taken = _write_tables(folder, _readings(results, journal))
        write_photos(
            folder,
            (
                Photo(each.number, each.name, taken.get(each.number, ""), each.problem)
                for each in results
            ),
        )
        unread = sum(bool(each.problem) for each in results)
        source = {"name": job.name, "path": str(job.photos), "key": job.key()}
        description = SessionDescription(
            consent=CONSENT,
            model_name=card.name,
            model_checksum=card.files.get(LITERT_FILE, ""),
            camera_size=size,
            settings=job.settings.to_json()
            | {"view": view_of(careful=job.settings.careful)}
            | {PHOTOS_KEY: source | {"folder": photos.folder}},
        )
        header = SessionHeader(
            description,
            started=now,
            app_version=app_version(),
            ended=now,
            frames=len(results) - unread,
            dropped=unread,
            seconds=float(max(0, len(results) - 1)),
            name=job.name,
        )
        write_header(folder, header)
        keep_private(folder)
        job.check_target()
    note("recorded", "session", job.target.name, detail="of photos")


def _readings(
    results: Iterable[PhotoResult], journal: Journal
) -> Iterator[tuple[int, PhotoReadings]]:
    for result in results:
        readings = journal.find(str(result.number), result.key)
        if not result.problem and readings is not None:
            yield result.number, readings


def _write_tables(
    folder: Path, photos: Iterable[tuple[int, PhotoReadings]]
) -> tuple[tuple[int, int], dict[int, str]]:
    """Write the frames and faces; return the first photo's size, and when each was taken."""
    size, taken, track = (0, 0), {}, 0
    with new_tables(folder) as write:
        for number, photo in photos:
            # Nobody is followed from one photo to another, and nobody is known again.
            faces = tuple(
                PersonReading(track + index, None, face)
                for index, face in enumerate(photo.faces, start=1)
            )
            track += len(faces)
            record = FrameRecord(
                number, float(number - 1), _instant(photo.taken), (photo.width, photo.height), faces
            )
            write(record)
            size = size if any(size) else record.size
            if photo.taken:
                taken[number] = photo.taken
    return size, taken


def _instant(taken: str) -> float | None:
    """Return when a photo was taken in seconds since 1970; None where it does not say.

    Without an offset it is taken to be the time of this machine's zone.
    """
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromisoformat(taken).timestamp()
    return None
