"""A dataset of one's own: faces captured or uploaded, class by class, with consent.

It is a folder in the form that every reader of FER2013's pictures takes::

    NAME/Training/happy/0001_20260522T101500000000_camera_1f3a5c7e.png
    NAME/PublicTest/…
    NAME/dataset.json      when it was made, and the consent that was given
    NAME/samples.csv       file, emotion, split, sitting, source, time

Where a picture lies says what it is: to add, relabel or remove a sample is to write, move or delete
one file. So a killed process leaves whole samples only, any number of processes may work on one
dataset, and ``samples.csv`` is but a copy for pandas and spreadsheets, written after each change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypedDict

from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.class_names import label_of
from emotion_core.datasets.reading.image_folder import list_pictures
from emotion_core.datasets.reading.split_names import split_of
from emotion_core.datasets.types import SPLITS
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.system.storage.json_reading import checked, read_json
from emotion_core.system.tables import csv_of_rows

HEADER_FILE: Final = "dataset.json"
TABLE_FILE: Final = "samples.csv"

#: Version of the layout of a dataset's folder.
OWN_DATA_FORMAT: Final = 1

#: Columns of ``samples.csv``.
TABLE_COLUMNS: Final = ("file", "emotion", "split", "sitting", "source", "time")
_SAMPLE: Final = re.compile(r"(\d{4,9})_(\d{8}T\d{12})_([a-z]+)_[0-9a-f]{8}\.png")
#: Of the time in a sample's file name, in UTC.
TIME_FORMAT: Final = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class Sample:
    """One face of a dataset of one's own.

    Attributes:
        file: its path below the dataset's folder, with forward slashes.
        emotion: one of ``EMOTIONS``.
        split: one of ``SPLITS``.
        sitting: number of the sitting, from 1; 0 for a picture that somebody put there by hand.
        source: one of ``SOURCES``; "file" for a picture that somebody put there by hand.
        time: when it was added, or filmed where its source is "video", in UTC; None for a picture
            that somebody put there by hand.
    """

    file: str
    emotion: str
    split: str
    sitting: int = 0
    source: str = "file"
    time: datetime | None = None


@dataclass(frozen=True)
class OwnDataset:
    """A dataset of one's own, as its folder was when somebody looked.

    Attributes:
        folder: where it is.
        created: UTC time in ISO 8601.
        consent: the text that was agreed to when it was made.
        samples: sorted by sitting and time.
    """

    folder: Path
    created: str
    consent: str
    samples: tuple[Sample, ...]

    @property
    def name(self) -> str:
        """What it is called: its folder's name."""
        return self.folder.name

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many samples there are, by split and class; every class, also empty ones."""
        counts = {split: dict.fromkeys(EMOTIONS, 0) for split in SPLITS}
        for sample in self.samples:
            counts[sample.split][sample.emotion] += 1
        return counts


def open_own_dataset(folder: Path) -> OwnDataset:
    """Return the dataset in ``folder``.

    Raises:
        DatasetError: the folder is no such dataset, or a damaged one.
    """
    created, consent = read_header(folder)
    try:
        samples = [_sample(picture.name, folder.name) for picture in list_pictures(folder)]
    except RowError as error:
        raise DatasetError(f"{folder}: {error}; move that picture elsewhere") from error
    samples.sort(key=lambda sample: sample.file.rsplit("/", 1)[-1])
    return OwnDataset(folder, created, consent, tuple(samples))


class _Header(TypedDict):
    created: str
    consent: str


def read_header(folder: Path) -> tuple[str, str]:
    """Return when the dataset in ``folder`` was made, and the consent that was given.

    Raises:
        DatasetError: the folder is no such dataset, or its header is damaged.
    """
    path = folder / HEADER_FILE
    try:
        content = read_json(path)
        if content["format"] != OWN_DATA_FORMAT:
            raise DatasetError(
                f"{path}: expected format {OWN_DATA_FORMAT}, found {content['format']}; it was "
                "written by another version of this project"
            )
        header = checked(content, _Header)
        return header["created"], header["consent"]
    except FileNotFoundError:
        raise DatasetError(
            f"{folder}: expected a dataset with {HEADER_FILE}, found none; move the folder "
            "elsewhere or delete it"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} is damaged ({error}); restore it from a backup or delete the dataset"
        ) from error


def _sample(file: str, folder_name: str) -> Sample:
    emotion = EMOTIONS[label_of(file)]
    split = SPLITS[split_of(file, folder_name)]
    match = _SAMPLE.fullmatch(file.rsplit("/", 1)[-1])
    if match is None:
        return Sample(file, emotion, split)
    try:
        time = datetime.strptime(match[2], TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:  # the 31st of February: no name of ours
        return Sample(file, emotion, split)
    return Sample(file, emotion, split, int(match[1]), match[3], time)


def samples_table(samples: Iterable[Sample]) -> bytes:
    """Return ``samples.csv``: one line a sample, times in UTC with milliseconds."""
    rows = []
    for sample in samples:
        time = "" if sample.time is None else sample.time.isoformat(timespec="milliseconds")
        rows.append(asdict(sample) | {"time": time.replace("+00:00", "Z")})
    return csv_of_rows(TABLE_COLUMNS, rows).encode(errors="backslashreplace")
