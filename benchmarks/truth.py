"""Faces on films and pictures that were looked at and labelled: what `webcam_truth.py` counts by.

``benchmarks/data/webcam-truth.csv`` names, for frames of films that are not part of this project,
where a face is and what two looks at a contact sheet (`contact_sheets.py`) made of it. Numbers and
words only, no picture.
"""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
import skimage.data

from benchmarks.clips import DATA, Image
from emotion_core.faces.boxes import Box

TRUTH: Final = DATA / "webcam-truth.csv"
#: What a face can show, and the answer that is right for it; "unclear" is counted by nobody.
EMOTION_OF: Final = {
    **{"calm": "neutral", "smiling": "happy", "surprised": "surprise"},
    **{"sad": "sad", "angry": "angry", "afraid": "fear", "disgusted": "disgust"},
}
UNCLEAR: Final = "unclear"
#: scikit-image's pictures, by the names that the labels use.
OWN_PICTURES: Final = ("astronaut",)
# A still picture is a film of so many seconds.
_STILL_SECONDS: Final = 2.0
_STILL_RATE: Final = 12.0
_SUFFIXES: Final = (".mp4", ".jpg", ".png")


@dataclass(frozen=True)
class Look:
    """One face in one frame, and what it looked like each time somebody looked.

    Attributes:
        film: the file's name without its ending.
        seconds: time of the frame from the film's beginning; 0 for a picture.
        person: tells the film's people apart.
        x, y, width, height: the face's box in pixels.
        first, second: what it showed at the first and at the second look; empty before.
    """

    film: str
    seconds: float
    person: str
    x: int
    y: int
    width: int
    height: int
    first: str = ""
    second: str = ""

    @property
    def box(self) -> Box:
        """Where the face is."""
        return Box(self.x, self.y, self.width, self.height)

    @property
    def label(self) -> str:
        """What both looks agree on; "unclear" if they differ."""
        return self.first if self.first == self.second and self.first else UNCLEAR


def read_looks(path: Path = TRUTH) -> list[Look]:
    """Return the labels, in the file's order."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return [
        Look(
            row["film"], float(row["seconds"]), row["person"],
            *(int(row[name]) for name in ("x", "y", "width", "height")),
            row["first"], row["second"],
        )
        for row in rows
    ]  # fmt: skip


def write_looks(looks: Sequence[Look], path: Path = TRUTH) -> None:
    """Write the labels below the comments that the file begins with."""
    comments = []
    if path.is_file():
        comments = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    names = [field.name for field in fields(Look)]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in comments)
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(look) for look in looks)


def shown_at(looks: Sequence[Look], seconds: float, rate: float) -> dict[str, tuple[Box, str]]:
    """Return the people in a frame of one film, each with a place and what their face shows.

    Between two frames that were looked at a face moves in a straight line, and shows what it
    shows in both; where they differ, nobody can tell when it changed, and it is left out.

    Args:
        looks: of one film.
        seconds: time of the frame.
        rate: the film's frames a second.
    """
    shown = {}
    for person in dict.fromkeys(look.person for look in looks):
        own = sorted(
            (look for look in looks if look.person == person), key=lambda look: look.seconds
        )
        near = 0.5 / rate
        for before, after in itertools.pairwise([*own, own[-1]]):
            if not before.seconds - near <= seconds <= after.seconds + near:
                continue
            at_one = next((o for o in (before, after) if abs(o.seconds - seconds) < near), None)
            label = at_one.label if at_one else before.label
            if label == UNCLEAR or (not at_one and after.label != label):
                break
            shown[person] = (_between(before, after, seconds), label)
            break
    return shown


def _between(before: Look, after: Look, seconds: float) -> Box:
    span = after.seconds - before.seconds
    share = min(1.0, max(0.0, (seconds - before.seconds) / span)) if span else 0.0
    values = zip(
        (before.x, before.y, before.width, before.height),
        (after.x, after.y, after.width, after.height),
        strict=True,
    )
    return Box(*(round(first + share * (last - first)) for first, last in values))


def file_of(film: str, folders: Sequence[Path]) -> Path | None:
    """Return the file of a film or picture in one of the folders, or below; None if none has it."""
    for folder in folders:
        for suffix in _SUFFIXES:
            for path in sorted(folder.rglob(f"{film}{suffix}")):
                return path
    return None


@dataclass(frozen=True)
class Film:
    """A film that is played.

    Attributes:
        rate: frames a second.
        frames: uint8 ``[H, W, 3]`` BGR each.
        seconds: its length.
        is_still: whether it is a picture, shown for a while.
    """

    rate: float
    frames: Iterator[Image]
    seconds: float
    is_still: bool


def film_of(name: str, folders: Sequence[Path]) -> Film | None:
    """Return a film or picture from one of the folders; None if none has it."""
    if name in OWN_PICTURES:
        picture = np.ascontiguousarray(getattr(skimage.data, name)()[..., 2::-1])
        return Film(_STILL_RATE, _still(picture), _STILL_SECONDS, is_still=True)
    path = file_of(name, folders)
    if path is None:
        return None
    if path.suffix != ".mp4":
        read = cv2.imread(str(path))
        if read is None:
            return None
        return Film(_STILL_RATE, _still(np.asarray(read, np.uint8)), _STILL_SECONDS, is_still=True)
    video = cv2.VideoCapture(str(path))
    rate = float(video.get(cv2.CAP_PROP_FPS))
    seconds = video.get(cv2.CAP_PROP_FRAME_COUNT) / rate
    return Film(rate, _played(video), seconds, is_still=False)


def _still(picture: Image) -> Iterator[Image]:
    # No two frames are the same object: finders take one that is for a frame they know.
    return (picture.copy() for _ in range(round(_STILL_SECONDS * _STILL_RATE)))


def _played(video: cv2.VideoCapture) -> Iterator[Image]:
    while True:
        there, frame = video.read()
        if not there:
            return
        yield np.asarray(frame, np.uint8)
