"""A set of photos, how they are read, and where the session goes that they become."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from emotion_core.errors import ImageError, SourceError
from emotion_core.faces.pictures.images import MAX_FILE_BYTES
from emotion_core.recorded.identity import key_of, model_identity
from emotion_core.recorded.job import check_target, recorded_in, work_of
from emotion_core.recorded.photos.reading import READING_VERSION, PhotoSettings
from emotion_core.sessions.header import PHOTOS_KEY
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.json_reading import checked, read_json

_JOURNAL_FILE: Final = "read/photos.jsonl"


@dataclass(frozen=True)
class PhotoList:
    """Which photos a set holds.

    Attributes:
        names: of the files, below ``folder`` with forward slashes, in the order of their numbers.
        folder: where they are; None where they were uploaded.
    """

    names: tuple[str, ...]
    folder: str | None = None

    def write(self, path: Path, *, lasting: bool = True) -> None:
        """Write the list to a file; see ``files.replace_file``.

        Raises:
            OSError: it cannot be written.
        """
        content = {"folder": self.folder, "names": self.names}
        write_json(path, content, lasting=lasting)

    @classmethod
    def read(cls, path: Path) -> PhotoList:
        """Return the list in a file.

        Raises:
            SourceError: it cannot be read.
        """
        try:
            return checked(read_json(path), cls)
        except (OSError, ValueError, KeyError) as error:
            raise SourceError(
                f"{path}: expected a list of photos, found one that cannot be read ({error}); "
                "remove this set, and add its photos again"
            ) from error


@dataclass(frozen=True)
class PhotosJob:
    """What is to be done with a set of photos.

    Attributes:
        name: what to call the set.
        photos: file with the `PhotoList`.
        count: number of photos in it.
        target: folder of the session.
        model: folder of the model that reads the faces.
        settings: how.
        upload: the photos themselves where they were uploaded: a ZIP file, each called by its
            number, see `entry_name`.
    """

    name: str
    photos: Path
    count: int
    target: Path
    model: Path
    settings: PhotoSettings
    upload: Path | None = None

    @property
    def work(self) -> Path:
        """The folder of what has been read, until the session is there."""
        return work_of(self.target)

    @property
    def journal(self) -> Path:
        """The file of what has been read."""
        return self.work / _JOURNAL_FILE

    def key(self) -> str:
        """Return what tells this job from others in the same place.

        Raises:
            ModelError: there is no such model.
        """
        model = model_identity(self.model)
        return key_of(READING_VERSION, str(self.photos), self.count, model, self.settings.to_json())

    @property
    def finished(self) -> bool:
        """Whether the session is there.

        Raises:
            ModelError: there is no such model.
        """
        found = recorded_in(self.target, PHOTOS_KEY)
        return found is not None and found.get("key") == self.key()

    def check_target(self) -> None:
        """See that nobody's files are in the way of the session.

        Raises:
            SourceError: the target is something else than a session of these photos.
        """
        check_target(self.target, self.name, PHOTOS_KEY, str(self.photos))

    def to_json(self) -> dict[str, Any]:
        """Return the job as plain JSON values, for another process."""
        return {
            "name": self.name,
            "photos": str(self.photos),
            "count": self.count,
            "target": str(self.target.absolute()),
            "model": str(self.model.absolute()),
            "settings": {"finder": self.settings.finder, "careful": self.settings.careful},
            "upload": None if self.upload is None else str(self.upload),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> PhotosJob:
        """Return the job that `to_json` made ``content`` of."""
        return cls(
            checked(content["name"], str),
            Path(content["photos"]),
            checked(content["count"], int),
            Path(content["target"]),
            Path(content["model"]),
            checked(content["settings"], PhotoSettings),
            None if content["upload"] is None else Path(content["upload"]),
        )


def entry_name(number: int) -> str:
    """Return what a photo is called in the ZIP file of a set, by its number from 1."""
    return f"{number:06d}"


class PhotoFiles(Protocol):
    """The files of a set."""

    def get(self, number: int) -> Path | bytes:
        """Return a photo by its number, from 1: where it is, or its content.

        Raises:
            ImageError: it is not there.
        """
        ...


@contextmanager
def opened(job: PhotosJob, photos: PhotoList) -> Iterator[PhotoFiles]:
    """Yield the files of a set.

    Raises:
        SourceError: they were uploaded, and are gone.
    """
    if job.upload is None:
        assert photos.folder is not None
        yield _InFolder(photos.folder, photos.names)
        return
    try:
        archive = zipfile.ZipFile(job.upload)
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceError(
            f"{job.upload}: expected the photos that were uploaded, found none that can be read "
            f"({error}); remove this set, and upload them again"
        ) from error
    with archive:
        yield _InArchive(archive)


class _InFolder:
    def __init__(self, folder: str, names: Sequence[str]) -> None:
        self._folder = Path(folder)
        self._names = names

    def get(self, number: int) -> Path:
        return self._folder / self._names[number - 1]


class _InArchive:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def get(self, number: int) -> bytes:
        try:
            if self._archive.getinfo(entry_name(number)).file_size > MAX_FILE_BYTES:
                raise ValueError("it is too large")
            return self._archive.read(entry_name(number))
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ImageError(f"expected a photo that was uploaded, found none ({error})") from error
