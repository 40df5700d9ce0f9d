"""What there is to read in a folder of somebody's: videos, and the photos that make a set."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emotion_core.errors import SourceError
from emotion_core.faces.pictures.images import HEIC_SUFFIXES, PICTURE_SUFFIXES
from emotion_core.quantities import counted
from emotion_core.recorded.photos.job import PhotoList
from emotion_core.video.sources import VIDEO_SUFFIXES

#: More than anybody should add with one click.
MOST_VIDEOS: Final = 1000
MOST_PHOTOS: Final = 100_000

# A HEIC is found, and told that it is one.
_PHOTO_SUFFIXES: Final = (*PICTURE_SUFFIXES, *HEIC_SUFFIXES)


@dataclass(frozen=True)
class Found:
    """What there is at a path.

    Attributes:
        name: of the file or folder.
        videos: each becomes a session.
        photos: all of them become one; None without any.
    """

    name: str
    videos: tuple[Path, ...] = ()
    photos: PhotoList | None = None


def in_words(videos: int, photos: int) -> str:
    """Return such as "2 videos and 1 photo"; empty for none of either."""
    parts = [counted(videos, "video")] if videos else []
    return " and ".join([*parts, counted(photos, "photo")] if photos else parts)


def is_photo(name: str) -> bool:
    """Tell whether a file is called like a photo."""
    return name.lower().endswith(_PHOTO_SUFFIXES)


def find_files(path: Path) -> Found:
    """Return the videos and photos in a folder and those below it, or the one file that it is.

    Raises:
        SourceError: there is none, or there are more than ``MOST_VIDEOS`` or ``MOST_PHOTOS``.
    """
    if not path.is_dir():
        if not path.is_file():
            raise SourceError(
                "expected a video, a photo or a folder of them, found nothing at "
                f"{path}; check whether the path is right"
            )
        path = path.absolute()
        if is_photo(path.name):
            return Found(path.name, photos=PhotoList((path.name,), str(path.parent)))
        return Found(path.name, (path,))
    path = path.absolute()
    videos: list[Path] = []
    photos: list[str] = []
    for folder, below, files in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        within = Path(folder).relative_to(path).as_posix()
        prefix = "" if within == "." else f"{within}/"
        for name in sorted(files):
            if name.startswith("."):
                continue
            if name.lower().endswith(VIDEO_SUFFIXES):
                videos.append(Path(folder, name))
            elif is_photo(name):
                photos.append(f"{prefix}{name}")
        _refuse_too_many(path, len(videos), MOST_VIDEOS, "videos")
        _refuse_too_many(path, len(photos), MOST_PHOTOS, "photos")
    if not videos and not photos:
        raise SourceError(
            f"expected a folder with videos or photos, found none in {path}; their names end in "
            f"{', '.join((*VIDEO_SUFFIXES[:4], *PICTURE_SUFFIXES[:2]))} or the like"
        )
    names = PhotoList(tuple(sorted(photos)), str(path)) if photos else None
    return Found(path.name or str(path), tuple(videos), names)


def _refuse_too_many(path: Path, found: int, most: int, what: str) -> None:
    if found > most:
        raise SourceError(
            f"expected a folder with at most {most:,} {what}, found more in {path}; name one of "
            "the folders in it"
        )
