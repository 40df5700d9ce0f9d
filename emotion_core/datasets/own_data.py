"""Data sets of one's own: faces captured or uploaded, class by class, with consent.

A data set is a folder in the form that every reader of FER2013's pictures takes::

    NAME/Training/happy/0001_20260522T101500000000_camera_1f3a5c7e.png
    NAME/PublicTest/…
    NAME/dataset.json      when it was made, and the consent that was given
    NAME/samples.csv       file, emotion, split, sitting, source, time

Where a picture lies says what it is: to add, relabel or remove a sample is to write, move or delete
one file. So a killed process leaves whole samples only, any number of processes may work on one
data set, and ``samples.csv`` is but a copy for pandas and spreadsheets, written after each change.

A *sitting* is what is captured in one go. Its pictures resemble each other, so a sitting belongs to
one split as a whole: a face in PublicTest next to its neighbour in Training would be a leak.
"""

from __future__ import annotations

import csv
import io
import json
import re
import secrets
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.bad_rows import RowError
from emotion_core.datasets.image_folder import (
    PICTURE_SUFFIXES,
    decode_face,
    label_of,
    list_pictures,
    split_of,
)
from emotion_core.datasets.recent import recent_file
from emotion_core.datasets.types import FACE_SIZE, SPLITS
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.files import replace_file, replace_folder, write_json
from emotion_core.images import encode_png

HEADER_FILE: Final = "dataset.json"
TABLE_FILE: Final = "samples.csv"

#: What whoever adds faces has to agree to first.
CONSENT: Final = (
    "Everyone whose face I add here has agreed that it is kept with its class and the time, on the "
    "machine that runs this app, to train and check networks with, until it is deleted; and knows "
    "that whoever uses this app can see, download and delete it."
)

#: Version of the layout of a data set's folder.
OWN_DATA_FORMAT: Final = 1

#: Where samples come from: a camera, a photo, or a crop that was uploaded ready-made.
SOURCES: Final = ("camera", "photo", "crop")

#: Columns of ``samples.csv``.
TABLE_COLUMNS: Final = ("file", "emotion", "split", "sitting", "source", "time")

#: What stands before the name of such a data set where a path is expected: ``own/NAME``.
OWN_PREFIX: Final = "own"

#: Who adds nothing for so long begins a new sitting with the next sample.
SITTING_PAUSE: Final = timedelta(minutes=30)

# The second sitting and each fifth one after it are kept for checking.
_CHECKED_EVERY, _FIRST_CHECKED = 5, 2

_NAME: Final = re.compile(r"\w(?:[\w .-]{0,58}\w)?")
_SAMPLE: Final = re.compile(r"(\d{4,9})_(\d{8}T\d{12})_([a-z]+)_[0-9a-f]{8}\.png")
_TIME_FORMAT: Final = "%Y%m%dT%H%M%S%f"
# What desktops leave in a folder that someone looked into.
_DESKTOP_FILES: Final = (".DS_Store", "desktop.ini", "Thumbs.db")


@dataclass(frozen=True)
class Sample:
    """One face of a data set of one's own.

    Attributes:
        file: its path below the data set's folder, with forward slashes.
        emotion: one of ``EMOTIONS``.
        split: one of ``SPLITS``.
        sitting: number of the sitting, from 1; 0 for a picture that somebody put there by hand.
        source: one of ``SOURCES``; "file" for a picture that somebody put there by hand.
        time: when it was added, in UTC; None for a picture that somebody put there by hand.
    """

    file: str
    emotion: str
    split: str
    sitting: int = 0
    source: str = "file"
    time: datetime | None = None


@dataclass(frozen=True)
class OwnDataset:
    """A data set of one's own, as its folder was when somebody looked.

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


@dataclass(frozen=True)
class OwnDatasetList:
    """What the folder of all own data sets holds.

    Attributes:
        datasets: sorted by name.
        problems: one line for each folder that is no such data set, or a damaged one.
    """

    datasets: tuple[OwnDataset, ...]
    problems: tuple[str, ...]


def own_data_dir() -> Path:
    """Return the folder of all own data sets; it need not exist.

    It is in the user's data, or in the folder that EMOTION_DATA_DIR names.
    """
    return recent_file().with_name("own_data")


def own_path(path: Path) -> Path | None:
    """Return the folder that ``own/NAME`` stands for; None when ``path`` is no such name."""
    if len(path.parts) != 2 or path.parts[0] != OWN_PREFIX:
        return None
    folder = own_data_dir() / path.parts[1]
    return folder if (folder / HEADER_FILE).is_file() else None


def create_own_dataset(parent: Path, name: str, consent: str) -> OwnDataset:
    """Make an empty data set.

    Args:
        parent: the folder of all of them.
        name: what to call it and its folder.
        consent: the text that was agreed to.

    Raises:
        DatasetError: the name cannot be a folder's or is taken, or nothing can be written there.
    """
    folder = _free_folder(parent, name)
    header = {
        "format": OWN_DATA_FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "consent": consent,
    }
    try:
        with replace_folder(folder) as temporary:
            write_json(temporary / HEADER_FILE, header)
            (temporary / TABLE_FILE).write_bytes(_table(()))
    except OSError as error:
        raise _not_written(folder, error) from error
    return open_own_dataset(folder)


def list_own_datasets(parent: Path) -> OwnDatasetList:
    """Return the data sets in ``parent``, which need not exist.

    Raises:
        DatasetError: the folder cannot be read.
    """
    try:
        entries = sorted(parent.iterdir())
    except FileNotFoundError:
        return OwnDatasetList((), ())
    except OSError as error:
        raise DatasetError(
            f"{parent}: expected the folder of your data sets, but it cannot be read "
            f"({error.strerror}); allow reading it"
        ) from error
    datasets, problems = [], []
    for entry in entries:
        if entry.name.startswith(".") or not entry.is_dir():
            continue
        try:
            datasets.append(open_own_dataset(entry))
        except DatasetError as error:
            problems.append(str(error))
    return OwnDatasetList(tuple(datasets), tuple(problems))


def open_own_dataset(folder: Path) -> OwnDataset:
    """Return the data set in ``folder``.

    Raises:
        DatasetError: the folder is no such data set, or a damaged one.
    """
    created, consent = _read_header(folder)
    try:
        samples = [_sample(picture.name, folder.name) for picture in list_pictures(folder)]
    except RowError as error:
        raise DatasetError(f"{folder}: {error}; move that picture elsewhere") from error
    samples.sort(key=lambda sample: sample.file.rsplit("/", 1)[-1])
    return OwnDataset(folder, created, consent, tuple(samples))


def find_own_dataset(parent: Path, name: str) -> OwnDataset:
    """Return the data set in ``parent`` with this name.

    Raises:
        DatasetError: there is none, or it is damaged.
    """
    _check_is_one(parent, name)
    return open_own_dataset(parent / name)


def sitting_at(dataset: OwnDataset, now: datetime) -> int:
    """Return the number of the sitting that a sample added at ``now`` belongs to.

    It is that of the newest sample, unless that one is older than ``SITTING_PAUSE``.
    """
    newest = max(
        (sample for sample in dataset.samples if sample.time is not None),
        key=lambda sample: sample.time or now,
        default=None,
    )
    if newest is not None and newest.time is not None and now - newest.time < SITTING_PAUSE:
        return newest.sitting
    return next_sitting(dataset)


def next_sitting(dataset: OwnDataset) -> int:
    """Return the number of a new sitting."""
    return max((sample.sitting for sample in dataset.samples), default=0) + 1


def split_of_sitting(sitting: int) -> str:
    """Return the split that a sitting's samples go to: the second, seventh, twelfth … PublicTest.

    Args:
        sitting: its number, from 1.
    """
    checked = sitting % _CHECKED_EVERY == _FIRST_CHECKED
    return "PublicTest" if checked else "Training"


def add_samples(
    dataset: OwnDataset,
    crops: NDArray[np.uint8],
    emotion: str,
    *,
    source: str,
    sitting: int,
    now: datetime | None = None,
) -> OwnDataset:
    """Write faces to a data set: all of them, or on an error none.

    Args:
        dataset: where to.
        crops: uint8 ``[N, 48, 48]``, grey, cut by ``faces.crop_face``.
        emotion: one of ``EMOTIONS``, what they show.
        source: one of ``SOURCES``.
        sitting: number of the sitting, from 1; it decides the split.
        now: when, with a time zone; this moment when left out.

    Returns:
        The data set with them.

    Raises:
        DatasetError: the data set is gone, or the disk is full or cannot be written.
        ValueError: crops, emotion, source or sitting are not as above.
    """
    _check_samples(crops, emotion, source, sitting)
    _read_header(dataset.folder)  # deleted meanwhile: nothing may make its folder anew
    start = (now or datetime.now(UTC)).astimezone(UTC)
    written: list[Path] = []
    try:
        for place, crop in enumerate(crops):
            # One microsecond apart, so that they keep their order.
            time = (start + timedelta(microseconds=place)).strftime(_TIME_FORMAT)
            name = f"{sitting:04d}_{time}_{source}_{secrets.token_hex(4)}.png"
            path = dataset.folder / split_of_sitting(sitting) / emotion / name
            with replace_file(path) as temporary:
                temporary.write_bytes(encode_png(crop))
            written.append(path)
        return _refreshed(dataset)
    except (OSError, DatasetError) as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, DatasetError):
            raise
        raise _not_written(dataset.folder, error) from error


def relabel_samples(dataset: OwnDataset, samples: Iterable[Sample], emotion: str) -> OwnDataset:
    """Move samples to another class, and return the data set after it.

    Raises:
        DatasetError: one of them is gone, or cannot be moved.
        ValueError: ``emotion`` is none of ``EMOTIONS``.
    """
    _check_emotion(emotion)
    try:
        for sample in samples:
            if sample.emotion != emotion:
                _move(dataset.folder, sample, emotion)
        return _refreshed(dataset)
    except OSError as error:
        raise _not_written(dataset.folder, error) from error


def remove_samples(dataset: OwnDataset, samples: Iterable[Sample]) -> OwnDataset:
    """Delete samples for good, and return the data set without them.

    Raises:
        DatasetError: one of them cannot be deleted.
    """
    try:
        for sample in samples:
            (dataset.folder / sample.file).unlink(missing_ok=True)
        return _refreshed(dataset)
    except OSError as error:
        raise _not_written(dataset.folder, error) from error


def rename_own_dataset(dataset: OwnDataset, name: str) -> OwnDataset:
    """Give a data set and its folder another name, and return it under that name.

    Raises:
        DatasetError: the name cannot be a folder's or is taken, or the folder cannot be renamed.
    """
    if name.strip() == dataset.name:
        return dataset
    folder = _free_folder(dataset.folder.parent, name)
    try:
        dataset.folder.rename(folder)
    except OSError as error:
        raise _not_written(dataset.folder, error) from error
    return open_own_dataset(folder)


def delete_own_dataset(parent: Path, name: str) -> None:
    """Delete a data set with all its samples; a damaged one as well.

    Nothing is deleted that does not belong to it: neither a folder without a header nor files that
    somebody put there, other than pictures in folders of a class.

    Raises:
        DatasetError: there is no such data set, it holds other files, or it cannot be deleted.
    """
    _check_is_one(parent, name)
    folder = parent / name
    try:
        entries = sorted(folder.rglob("*"), reverse=True)  # what is within a folder comes before it
        files = [entry for entry in entries if entry.is_symlink() or not entry.is_dir()]
        for file in files:
            if not _is_ours(file.relative_to(folder).as_posix()):
                raise DatasetError(
                    f"{folder}: expected a data set's files only, found {file.name}; nothing was "
                    "deleted; move it elsewhere first"
                )
        header = folder / HEADER_FILE  # the last: what an interruption leaves is still a data set
        for file in files:
            if file != header:
                file.unlink()
        for entry in entries:
            if entry not in files:
                entry.rmdir()
        header.unlink()
        folder.rmdir()
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be deleted ({error.strerror}); close what uses it, or allow writing "
            "there, and try again"
        ) from error


def read_samples(dataset: OwnDataset, samples: Sequence[Sample]) -> list[NDArray[np.uint8] | None]:
    """Return the samples' faces, uint8 ``[48, 48]``; None for one that is gone or damaged."""
    faces: list[NDArray[np.uint8] | None] = []
    for sample in samples:
        try:
            faces.append(decode_face((dataset.folder / sample.file).read_bytes()))
        except (OSError, RowError):
            faces.append(None)
    return faces


def export_own_dataset(dataset: OwnDataset, path: Path) -> None:
    """Write a data set to a ZIP file, whole or not at all; ``open_dataset`` reads it.

    Raises:
        DatasetError: the data set cannot be read.
        OSError: ``path`` cannot be written.
    """
    with replace_file(path) as temporary, temporary.open("wb") as file:
        write_zip(dataset, file)


def write_zip(dataset: OwnDataset, file: BinaryIO) -> None:
    """Write a data set as a ZIP file to an open file.

    Raises:
        DatasetError: the data set cannot be read.
    """
    dataset = open_own_dataset(dataset.folder)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # PNG is compressed already
        archive.writestr(f"{dataset.name}/{TABLE_FILE}", _table(dataset.samples))
        for name in (HEADER_FILE, *(sample.file for sample in dataset.samples)):
            try:
                content = (dataset.folder / name).read_bytes()
            except OSError as error:
                raise DatasetError(
                    f"{dataset.folder / name} cannot be read ({error.strerror}); was it deleted "
                    "just now? Try again"
                ) from error
            archive.writestr(f"{dataset.name}/{name}", content)


def _check_is_one(parent: Path, name: str) -> None:
    folder = parent / name
    is_plain_name = name not in ("", ".", "..") and Path(name).name == name
    if not is_plain_name or folder.is_symlink() or not (folder / HEADER_FILE).is_file():
        raise DatasetError(
            f"expected the name of a data set in {parent}, found {name!r}; list them with "
            "python -m emotion_core own list"
        )


def _free_folder(parent: Path, name: str) -> Path:
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise DatasetError(
            "expected a name of 1 to 60 letters, digits, spaces, dots, - and _, that begins and "
            f"ends with a letter or digit, found {name[:80]!r}"
        )
    folder = parent / name
    try:
        taken = folder.exists()
    except OSError as error:
        raise _not_written(folder, error) from error
    if taken:
        raise DatasetError(f"expected a new name, found {name!r}, which is taken; choose another")
    return folder


def _read_header(folder: Path) -> tuple[str, str]:
    """Return when the data set was made, and the consent."""
    path = folder / HEADER_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != OWN_DATA_FORMAT:
            raise DatasetError(
                f"{path}: expected format {OWN_DATA_FORMAT}, found {content['format']}; it was "
                "written by another version of this project"
            )
        return str(content["created"]), str(content["consent"])
    except FileNotFoundError:
        raise DatasetError(
            f"{folder}: expected a data set with {HEADER_FILE}, found none; move the folder "
            "elsewhere or delete it"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} is damaged ({error}); restore it from a backup or delete the data set"
        ) from error


def _sample(file: str, folder_name: str) -> Sample:
    emotion = EMOTIONS[label_of(file)]
    split = SPLITS[split_of(file, folder_name)]
    match = _SAMPLE.fullmatch(file.rsplit("/", 1)[-1])
    if match is None:
        return Sample(file, emotion, split)
    try:
        time = datetime.strptime(match[2], _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:  # the 31st of February: no name of ours
        return Sample(file, emotion, split)
    return Sample(file, emotion, split, int(match[1]), match[3], time)


def _check_emotion(emotion: str) -> None:
    if emotion not in EMOTIONS:
        raise ValueError(f"emotion: expected one of {', '.join(EMOTIONS)}, found {emotion!r}")


def _check_samples(crops: NDArray[np.uint8], emotion: str, source: str, sitting: int) -> None:
    _check_emotion(emotion)
    if source not in SOURCES:
        raise ValueError(f"source: expected one of {', '.join(SOURCES)}, found {source!r}")
    if sitting < 1:
        raise ValueError(f"sitting: expected 1 or more, found {sitting}")
    if crops.shape[1:] != (FACE_SIZE, FACE_SIZE) or crops.dtype != np.uint8:
        raise ValueError(
            f"crops: expected uint8 [N, {FACE_SIZE}, {FACE_SIZE}], found {crops.dtype} "
            f"{list(crops.shape)}"
        )


def _move(folder: Path, sample: Sample, emotion: str) -> None:
    path = folder / sample.file
    target = path.parent.parent / emotion / path.name
    if target.exists():  # names of our own are unique
        raise DatasetError(f"{target} is there already; rename one of the two pictures")
    target.parent.mkdir(exist_ok=True)
    path.rename(target)


def _refreshed(dataset: OwnDataset) -> OwnDataset:
    """Return the data set as it is now, its table written anew."""
    dataset = open_own_dataset(dataset.folder)
    with replace_file(dataset.folder / TABLE_FILE) as temporary:
        temporary.write_bytes(_table(dataset.samples))
    return dataset


def _table(samples: Iterable[Sample]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, TABLE_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for sample in samples:
        time = "" if sample.time is None else sample.time.isoformat(timespec="milliseconds")
        writer.writerow(asdict(sample) | {"time": time.replace("+00:00", "Z")})
    return text.getvalue().encode()


def _is_ours(file: str) -> bool:
    """Tell whether a file, by its path below the folder, belongs to a data set."""
    *_, name = file.split("/")
    if file in (HEADER_FILE, TABLE_FILE) or name in _DESKTOP_FILES:
        return True
    # What a killed process was about to write (`files.replace_file`).
    if name.startswith("."):
        return name.endswith((".png", ".json", ".csv"))
    try:
        label_of(file)
    except RowError:
        return False
    return Path(name).suffix.lower() in PICTURE_SUFFIXES


def _not_written(folder: Path, error: OSError) -> DatasetError:
    return DatasetError(
        f"{folder} cannot be written ({error.strerror or error}); make room, or allow writing "
        "there, and try again"
    )
