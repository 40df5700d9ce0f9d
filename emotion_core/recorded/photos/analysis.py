"""A set of photos, from their files to the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from emotion_core.errors import ImageError, SourceError
from emotion_core.quantities import counted
from emotion_core.recorded.job import Progress
from emotion_core.recorded.photos.job import PhotoFiles, PhotoList, PhotosJob, opened
from emotion_core.recorded.photos.journal import Journal
from emotion_core.recorded.photos.reading import PhotoReader
from emotion_core.recorded.photos.recording import PhotoResult, write_photo_session
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
            results = [
                _result(number, name, files, journal, reader, progress, job.count)
                for number, name in enumerate(photos.names, start=1)
            ]
            progress(Progress("writing", 0.0, float(job.count), 1.0))
            _refuse_none(job, results)
            write_photo_session(job, photos, results, journal)
        remove(job.journal.parent, lasting=False)
    return open_session(job.target)


def _result(
    number: int,
    name: str,
    files: PhotoFiles,
    journal: Journal,
    reader: PhotoReader,
    progress: Callable[[Progress], None],
    count: int,
) -> PhotoResult:
    progress(Progress("reading", float(number - 1), float(count), 1.0))
    source: Path | bytes = b""
    try:
        source = files.get(number)
        key = _key(reader, source)
        if journal.find(str(number), key) is None:
            _, readings = reader.read(source, name)
            journal.add(str(number), key, readings)
    except ImageError as error:
        # Its name stands beside it.
        called = source if isinstance(source, Path) else name
        return PhotoResult(number, name, problem=str(error).removeprefix(f"{called}: "))
    return PhotoResult(number, name, key)


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
