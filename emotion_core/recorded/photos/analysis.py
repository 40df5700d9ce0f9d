"""A set of photos, from their files to the session."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from emotion_core.errors import ImageError, SourceError
from emotion_core.quantities import counted
from emotion_core.recorded.job import Progress
from emotion_core.recorded.photos.job import PhotoFiles, PhotoList, PhotosJob, opened
from emotion_core.recorded.photos.journal import Journal
from emotion_core.recorded.photos.reading import PhotoReader, PhotoReadings
from emotion_core.recorded.photos.recording import PhotoResult, write_photo_session
from emotion_core.recorded.photos.several import several
from emotion_core.recorded.plan import held
from emotion_core.sessions.storage import Session, open_session
from emotion_core.system.storage.files import remove


def analyze_photos(
    job: PhotosJob,
    progress: Callable[[Progress], None] = lambda _: None,
    *,
    reader: PhotoReader | None = None,
) -> Session:
    """Return the session of a set of photos; what there is of it is not read again.

    A photo that cannot be read is told in the session, and the others are read.

    Args:
        job: what to do.
        progress: called before each photo; what it raises ends the work and comes out.
        reader: reads the photos; one of the job's model and settings when left out.

    Raises:
        SourceError: none of the photos can be read, somebody else reads them, or something else is
            in the place of the session.
        ModelError: the model cannot be used.
        OSError: the session cannot be written.
    """
    if job.finished:
        return open_session(job.target)
    photos = PhotoList.read(job.photos)
    reader = reader or PhotoReader(job.model, job.settings)
    with held(job):
        job.check_target()
        with Journal(job.journal) as journal, opened(job, photos) as files:
            results = []

            def read(photo: tuple[int, str]) -> tuple[str, PhotoReadings | None]:
                return _read(*photo, files, journal, reader)

            with closing(several(enumerate(photos.names, start=1), read)) as photos_read:
                for (number, name), outcome in photos_read:
                    progress(Progress("reading", float(number - 1), float(job.count), 1.0))
                    results.append(_result(number, name, outcome, files, journal))
            progress(Progress("writing", 0.0, float(job.count), 1.0))
            _refuse_none(job, results)
            write_photo_session(job, photos, results, journal)
        remove(job.journal.parent, lasting=False)
    return open_session(job.target)


def _read(
    number: int, name: str, files: PhotoFiles, journal: Journal, reader: PhotoReader
) -> tuple[str, PhotoReadings | None]:
    """Return a photo's key, and what was read of it; None where the journal has that."""
    source = files.get(number)
    key = _key(reader, source)
    if journal.find(str(number), key) is not None:
        return key, None
    return key, reader.read(source, name)[1]


def _result(
    number: int,
    name: str,
    outcome: Callable[[], tuple[str, PhotoReadings | None]],
    files: PhotoFiles,
    journal: Journal,
) -> PhotoResult:
    try:
        key, readings = outcome()
    except ImageError as error:
        # Its name stands beside it.
        called = _called(number, name, files)
        return PhotoResult(number, name, problem=str(error).removeprefix(f"{called}: "))
    if readings is not None:
        journal.add(str(number), key, readings)
    return PhotoResult(number, name, key)


def _called(number: int, name: str, files: PhotoFiles) -> Path | str:
    """Return what an error calls a photo: a file by its path."""
    try:
        source = files.get(number)
    except ImageError:
        return name
    return source if isinstance(source, Path) else name


def _key(reader: PhotoReader, source: Path | bytes) -> str:
    try:
        return reader.key(source)
    except OSError:  # reading it says so
        return ""


def _refuse_none(job: PhotosJob, results: list[PhotoResult]) -> None:
    if all(result.problem for result in results):
        first = results[0].problem if results else "there is none"
        raise SourceError(
            f"expected photos in {job.name}, found none that can be read in "
            f"{counted(len(results), 'file')}: {first}"
        )
