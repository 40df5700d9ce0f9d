"""Photos whose faces were read: what is drawn on them, and what people take home of one or many."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.drawing import draw_faces
from emotion_core.faces.pictures.images import encode_png
from emotion_core.faces.readings import FACE_COLUMNS, FaceReading, face_row
from emotion_core.models.folder import SINGLE
from emotion_core.system.names import fitted

if TYPE_CHECKING:
    import pandas as pd

#: Columns of `photos_table`; those of one photo came first, and stay where they were.
PHOTO_COLUMNS: Final = (*FACE_COLUMNS, "file", "model", "view")


@dataclass(frozen=True)
class ReadPhoto:
    """A photo's readings without its pixels.

    Attributes:
        name: of its file.
        width: in pixels.
        height: in pixels.
        model: name of the model that read the faces.
        faces: from left to right: the first one is face 1.
        view: what was read of each face, one of ``emotion_core.models.views.VIEWS``.
    """

    name: str
    width: int
    height: int
    model: str
    faces: tuple[FaceReading, ...]
    view: str = SINGLE

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON knows it; each face has the columns of `faces_table`."""
        return {
            "file": self.name,
            "width": self.width,
            "height": self.height,
            "model": self.model,
            "view": self.view,
            "faces": [face_row(number, face) for number, face in enumerate(self.faces, start=1)],
        }


def annotated(image: NDArray[np.uint8], faces: Sequence[FaceReading]) -> NDArray[np.uint8]:
    """Return a copy of ``image`` (BGR ``[H, W, 3]``) with each face's box, label and number.

    A single face needs no number.
    """
    numbers = range(1, len(faces) + 1) if len(faces) > 1 else None
    return draw_faces(image, faces, numbers=numbers)


def photos_table(photos: Sequence[ReadPhoto]) -> pd.DataFrame:
    """Return one row for each face, numbered from 1 in each photo: ``PHOTO_COLUMNS``."""
    import pandas as pd

    rows = [
        {
            **face_row(number, face),
            "file": photo.name,
            "model": photo.model,
            "view": photo.view,
        }
        for photo in photos
        for number, face in enumerate(photo.faces, start=1)
    ]
    return pd.DataFrame(rows, columns=list(PHOTO_COLUMNS))


def photos_json(photos: Sequence[ReadPhoto]) -> str:
    """Return JSON: the object of one photo, or a list of those of several."""
    content = [photo.to_json() for photo in photos]
    return json.dumps(content[0] if len(content) == 1 else content, indent=2) + "\n"


def write_annotated(
    photos: Sequence[ReadPhoto], image_of: Callable[[int], NDArray[np.uint8]], file: IO[bytes]
) -> None:
    """Write a ZIP with each photo as a PNG, its faces framed; one picture is in memory at a time.

    Args:
        photos: which.
        image_of: returns the picture of the photo at this place, BGR uint8 ``[H, W, 3]``.
        file: open for writing.

    Raises:
        OSError: it cannot be written; and whatever ``image_of`` raises.
    """
    taken: set[str] = set()
    # A PNG gets no smaller.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for place, photo in enumerate(photos):
            name = _free_name(photo.name, taken)
            archive.writestr(name, encode_png(annotated(image_of(place), photo.faces)))


def _free_name(name: str, taken: set[str]) -> str:
    """Return the name of a photo's copy, other than those in ``taken``, and add it to them."""
    stem, number = PurePath(name).stem, 1
    copy = fitted(stem, "-faces.png")
    # Lower case: "A.jpg" and "a.jpg" are one file on macOS and Windows.
    while copy.lower() in taken:
        number += 1
        copy = fitted(stem, f"-faces-{number}.png")
    taken.add(copy.lower())
    return copy
