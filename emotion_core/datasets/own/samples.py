"""The faces of a dataset of one's own: added, relabelled, removed, read.

A *sitting* is what is captured in one go. Its pictures resemble each other, so a sitting belongs to
one split as a whole: a face in PublicTest next to its neighbour in Training would be a leak.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.access.room import refuse_beyond
from emotion_core.datasets.own.dataset import (
    TABLE_FILE,
    TIME_FORMAT,
    OwnDataset,
    Sample,
    open_own_dataset,
    read_header,
    samples_table,
)
from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.image_folder import decode_face
from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import DatasetError
from emotion_core.faces.pictures.images import encode_png
from emotion_core.quantities import counted
from emotion_core.system.storage.files import make_folder, move, remove_files, replace_file
from emotion_core.system.storage.shelf import writing

#: Where samples come from: a camera, a photo, a crop that was uploaded ready-made, or the video of
#: a recorded session.
SOURCES: Final = ("camera", "photo", "crop", "video")

#: Who adds nothing for so long begins a new sitting with the next sample.
SITTING_PAUSE: Final = timedelta(minutes=30)

# The second sitting and each fifth one after it are kept for checking.
_CHECKED_EVERY, _FIRST_CHECKED = 5, 2


def sitting_at(dataset: OwnDataset, now: datetime) -> int:
    """Return the number of the sitting that a sample added at ``now`` belongs to.

    It is that of the newest sample, unless that one is older than ``SITTING_PAUSE``; those from
    sessions have sittings of their own (`sitting_filmed`).
    """
    newest = max(
        (each for each in dataset.samples if each.time is not None and each.source != "video"),
        key=lambda sample: sample.time or now,
        default=None,
    )
    if newest is not None and newest.time is not None and now - newest.time < SITTING_PAUSE:
        return newest.sitting
    return next_sitting(dataset)


def next_sitting(dataset: OwnDataset) -> int:
    """Return the number of a new sitting."""
    return max((sample.sitting for sample in dataset.samples), default=0) + 1


def sitting_filmed(dataset: OwnDataset, start: datetime, end: datetime) -> int:
    """Return the sitting that faces from a session belong to: all of one session to the same.

    Their time is when they were filmed, so those that were added before are told by it, whenever
    that was.

    Args:
        dataset: where to.
        start: of the session, with a time zone.
        end: of the session.
    """
    for sample in dataset.samples:
        filmed = sample.source == "video" and sample.time is not None
        if filmed and sample.time is not None and start <= sample.time <= end:
            return sample.sitting
    return next_sitting(dataset)


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
    """Write faces to a dataset: all of them, or on an error none.

    Args:
        dataset: where to.
        crops: uint8 ``[N, 48, 48]``, grey, cut by ``crops.crop_face``.
        emotion: one of ``EMOTIONS``, what they show.
        source: one of ``SOURCES``.
        sitting: number of the sitting, from 1; it decides the split.
        now: when, with a time zone; this moment when left out. Of a video, when it was filmed.

    Returns:
        The dataset with them.

    Raises:
        DatasetError: the dataset is gone, or the disk is full or cannot be written.
        NoRoomError: there is no room for them.
        ValueError: crops, emotion, source or sitting are not as above.
    """
    _check_samples(crops, emotion, source, sitting)
    refuse_beyond(crops.nbytes, counted(len(crops), "face"))
    read_header(dataset.folder)  # deleted meanwhile: nothing may make its folder anew
    start = (now or datetime.now(UTC)).astimezone(UTC)
    written: list[Path] = []
    with writing(dataset.folder, DatasetError):
        try:
            for place, crop in enumerate(crops):
                # One microsecond apart, so that they keep their order.
                time = (start + timedelta(microseconds=place)).strftime(TIME_FORMAT)
                name = f"{sitting:04d}_{time}_{source}_{secrets.token_hex(4)}.png"
                path = dataset.folder / split_of_sitting(sitting) / emotion / name
                with replace_file(path) as temporary:
                    temporary.write_bytes(encode_png(crop))
                written.append(path)
            return _refreshed(dataset)
        except BaseException:  # a page that is left ends the work, too
            for path in written:
                path.unlink(missing_ok=True)
            raise


def relabel_samples(dataset: OwnDataset, samples: Iterable[Sample], emotion: str) -> OwnDataset:
    """Move samples to another class, and return the dataset after it.

    Those before one that cannot be moved are moved.

    Raises:
        DatasetError: one of them is gone, or cannot be moved.
        ValueError: ``emotion`` is none of ``EMOTIONS``.
    """
    _check_emotion(emotion)
    with writing(dataset.folder, DatasetError):
        try:
            for sample in samples:
                if sample.emotion != emotion:
                    _move(dataset.folder, sample, emotion)
        finally:
            dataset = _refreshed(dataset)
    return dataset


def moved_to(sample: Sample, emotion: str) -> Sample:
    """Return a sample as it is after ``relabel_samples``."""
    path = PurePosixPath(sample.file)
    return replace(sample, file=str(path.parent.parent / emotion / path.name), emotion=emotion)


def remove_samples(dataset: OwnDataset, samples: Iterable[Sample]) -> OwnDataset:
    """Delete samples, and return the dataset without them; see ``stored_samples``.

    Raises:
        DatasetError: one of them cannot be deleted.
    """
    with writing(dataset.folder, DatasetError):
        try:
            remove_files(dataset.folder / sample.file for sample in samples)
        finally:
            dataset = _refreshed(dataset)
    return dataset


def stored_samples(dataset: OwnDataset, samples: Iterable[Sample]) -> dict[Sample, bytes]:
    """Return samples with their files' content, for ``restore_samples``; without any that is gone.

    A damaged picture is no obstacle: it comes back as it was.
    """
    stored = {}
    for sample in samples:
        with suppress(OSError):
            stored[sample] = (dataset.folder / sample.file).read_bytes()
    return stored


def restore_samples(dataset: OwnDataset, stored: Mapping[Sample, bytes]) -> OwnDataset:
    """Put removed samples back, with split, sitting and time, and return the dataset with them.

    Args:
        dataset: where they were removed from.
        stored: what ``stored_samples`` gave before.

    Raises:
        DatasetError: the dataset is gone, or cannot be written.
    """
    read_header(dataset.folder)  # deleted meanwhile: nothing may make its folder anew
    with writing(dataset.folder, DatasetError):
        try:
            for sample, content in stored.items():
                with replace_file(dataset.folder / sample.file) as temporary:
                    temporary.write_bytes(content)
        finally:
            dataset = _refreshed(dataset)
    return dataset


def read_samples(dataset: OwnDataset, samples: Sequence[Sample]) -> list[NDArray[np.uint8] | None]:
    """Return the samples' faces, uint8 ``[48, 48]``; None for one that is gone or damaged."""
    faces: list[NDArray[np.uint8] | None] = []
    for sample in samples:
        try:
            faces.append(decode_face((dataset.folder / sample.file).read_bytes()))
        except (OSError, RowError):
            faces.append(None)
    return faces


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
    make_folder(target.parent)
    try:
        move(path, target)
    except FileNotFoundError:
        raise DatasetError(f"{path} is gone: somebody has just moved or removed it") from None


def _refreshed(dataset: OwnDataset) -> OwnDataset:
    """Return the dataset as it is now, its table written anew."""
    dataset = open_own_dataset(dataset.folder)
    with replace_file(dataset.folder / TABLE_FILE) as temporary:
        temporary.write_bytes(samples_table(dataset.samples))
    return dataset
