"""Which faces of a session are worth a picture: the best of each person, and the least certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box

if TYPE_CHECKING:
    import pandas as pd

#: Persons who get pictures, those seen longest first; and pictures of each, from all over the time
#: that they are seen.
MOST_PERSONS: Final = 12
PER_PERSON: Final = 6
#: Faces that are offered to be corrected.
UNCERTAIN: Final = 24
#: Seconds between two of them of one person: neighbours show the same face.
_APART: Final = 2.0
#: Pixels: smaller faces show nothing.
_SMALLEST: Final = 24


@dataclass(frozen=True)
class FacePlace:
    """A face of a session.

    Attributes:
        frame: number of the frame.
        track: number of the track; both tell it from all others.
        seconds: time of the frame since the start of the session.
        box: where it is, in pixels of the frame.
        frame_size: width and height of the frame in pixels.
    """

    frame: int
    track: int
    seconds: float
    box: Box
    frame_size: tuple[int, int]


def worth_a_picture(frames: pd.DataFrame, faces: pd.DataFrame) -> tuple[FacePlace, ...]:
    """Return the best faces of each person and the least certain ones of all, in order of time.

    Args:
        frames: as `emotion_core.sessions.tables.read_tables` gives them: the session as it was
            recorded, so that edits need no other pictures.
        faces: the same.
    """
    large = faces[["width", "height"]].max(axis=1) >= _SMALLEST
    known = faces[faces["person"].notna() & large]
    rows: set[int] = set()
    for person in known["person"].value_counts().index[:MOST_PERSONS]:
        rows.update(_best(known[known["person"] == person]))
    rows.update(least_certain(known, UNCERTAIN))
    return places_of(frames, faces.loc[sorted(rows)])


def places_of(frames: pd.DataFrame, faces: pd.DataFrame) -> tuple[FacePlace, ...]:
    """Return rows of a table of faces as places."""
    sizes = frames.set_index("frame")[["frame_width", "frame_height"]].loc[faces["frame"]]
    columns = ["frame", "track", "seconds", "x", "y", "width", "height"]
    return tuple(
        FacePlace(int(frame), int(track), float(seconds), Box(*map(int, box)), (width, height))
        for (frame, track, seconds, *box), (width, height) in zip(
            faces[columns].itertuples(index=False), sizes.to_numpy(int).tolist(), strict=True
        )
    )


def least_certain(faces: pd.DataFrame, count: int) -> list[int]:
    """Return index labels of the faces with the lowest confidence, the least certain first.

    Args:
        faces: a table of faces.
        count: how many, at most; those of one person are some seconds apart.
    """
    seconds = faces["seconds"].to_numpy(np.float64)
    persons = faces["person"].to_numpy(np.int64, na_value=0)
    free = np.ones(len(faces), bool)
    chosen: list[int] = []
    for place in np.argsort(faces["confidence"].to_numpy(np.float64), kind="stable"):
        if len(chosen) == count:
            break
        if free[place]:
            chosen.append(int(place))
            free &= (np.abs(seconds - seconds[place]) >= _APART) | (persons != persons[place])
    return [int(label) for label in faces.index[chosen]]


def _best(faces: pd.DataFrame) -> list[int]:
    """Return index labels of one person's best faces: one of each sixth of the time seen.

    How sharp they are is known once they are cut; until then, large ones that the model is sure of.
    """
    width = np.sqrt(faces["width"].to_numpy(np.float64) * faces["height"].to_numpy(np.float64))
    worth: NDArray[np.float64] = faces["confidence"].to_numpy(np.float64) * width
    parts = np.array_split(np.arange(len(faces)), PER_PERSON)
    chosen = [int(part[np.argmax(worth[part])]) for part in parts if len(part)]
    return [int(label) for label in faces.index[chosen]]
