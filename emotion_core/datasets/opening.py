"""The front door: whatever form a dataset has, one call reads it."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.drawn import demo
from emotion_core.datasets.own import storage as own_data
from emotion_core.datasets.own.dataset import HEADER_FILE
from emotion_core.datasets.reading import cache
from emotion_core.datasets.reading.archives import (
    ARCHIVE_SUFFIXES,
    holds_pictures,
    list_archived_files,
    read_archived_pictures,
)
from emotion_core.datasets.reading.class_names import in_class_folder, meanings_of
from emotion_core.datasets.reading.csv_reader import CsvFaces, read_csv
from emotion_core.datasets.reading.folder_contents import csv_source, look_into
from emotion_core.datasets.reading.image_folder import (
    PictureFile,
    is_picture,
    list_files,
    read_image_folder,
)
from emotion_core.datasets.reading.parquet import is_parquet, list_rows, read_parquet
from emotion_core.datasets.reading.votes import VOTES_NAME, read_votes
from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import DatasetError
from emotion_core.system.storage.disk_cache import CacheKey

#: The path that stands for the synthetic demo dataset.
DEMO_NAME: Final = "demo"

_log = logging.getLogger(__name__)


def open_dataset(
    path: str | os.PathLike[str],
    *,
    votes_path: str | os.PathLike[str] | None = None,
    classes: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
    use_cache: bool = True,
) -> FaceDataset:
    """Read FER2013, or anything in one of its forms.

    Args:
        path: ``fer2013.csv``, ``icml_face_data.csv`` or ``train.csv``, also compressed (see
            ``ARCHIVE_SUFFIXES``); a folder, ZIP or tar file with one of these at any depth; a
            folder or ZIP file with pictures by split and class; Parquet files of pictures and
            labels, as one file or a folder; ``own/NAME`` for one that was captured here (see
            ``own``); or ``demo`` for ``demo_dataset()``. Without a split, faces are Training.
        votes_path: FER+ votes for the CSV file. A ``fer2013new.csv`` beside ``path`` is found by
            itself, and left out with a warning when it is not about the same faces.
        classes: what folders of classes that are numbers mean (see ``class_names.meanings_of``),
            for this dataset from now on; None: what was said before.
        skip_bad_rows: leave bad rows out (see ``FaceDataset.dropped_rows``) instead of refusing.
        progress: called now and then with the share that is done, 0.0 to 1.0.
        use_cache: keep what was read in the user's cache folder and reopen it from there.

    Returns:
        The faces; their arrays are read-only.

    Raises:
        NumberedClassesError: its classes are numbers, and nobody has said what they mean.
        DatasetError: the dataset cannot be read, or is not what it should be.
    """
    if os.fspath(path) == DEMO_NAME:
        _refuse_votes(DEMO_NAME, votes_path)
        return _open_demo(progress, use_cache)
    try:
        source, files = _find_source(Path(path))
    except OSError as error:  # a forbidden folder, a name too long
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from error
    tables = [file for file in files if is_parquet(file.name)]
    if is_parquet(source.name) or (
        tables and not any(in_class_folder(file.name) for file in files)
    ):
        _refuse_votes(source.name, votes_path)
        return _open_parquet(source, tables, classes, skip_bad_rows, progress, use_cache)
    if source.is_dir():
        _refuse_votes(str(source), votes_path)
        return _open_folder(source, files, classes, skip_bad_rows, progress, use_cache)
    if holds_pictures(source):
        _refuse_votes(source.name, votes_path)
        return _open_picture_archive(source, classes, skip_bad_rows, progress, use_cache)
    votes = _find_votes(source, votes_path)
    return _open_csv(source, votes, skip_bad_rows, progress, use_cache)


def _open_demo(progress: Callable[[float], None] | None, use_cache: bool) -> FaceDataset:
    # Drawing takes seconds; whoever changes the code that draws gets another dataset.
    code = hashlib.sha256(Path(demo.__file__).read_bytes()).hexdigest()
    key = cache.dataset_key((DEMO_NAME,), (code,))
    return _cached(key, use_cache, progress, lambda: demo.demo_dataset(progress=progress))


def _find_source(path: Path) -> tuple[Path, list[PictureFile]]:
    """Return the file or picture folder that ``path`` stands for, and what is in the folder."""
    if path.is_dir():
        return look_into(path)
    if path.exists():
        return path, []
    if (own := own_data.own_path(path)) is not None:
        return own, list_files(own)
    raise DatasetError(
        f"{path}: expected a CSV file, a {', '.join(ARCHIVE_SUFFIXES)} archive, a folder or "
        f"{DEMO_NAME!r}, found nothing; check the path"
    )


def _refuse_votes(name: str, votes_path: str | os.PathLike[str] | None) -> None:
    if votes_path is not None:
        raise DatasetError(
            f"{name}: expected a CSV file to join {Path(votes_path).name} to by row, found a "
            "dataset without rows; leave the votes out, or give fer2013.csv"
        )


@dataclass(frozen=True)
class _VotesFile:
    """The votes to join; ``required`` when the caller named them."""

    path: Path
    required: bool


def _find_votes(source: Path, votes_path: str | os.PathLike[str] | None) -> _VotesFile | None:
    if votes_path is not None:
        return _VotesFile(Path(votes_path), required=True)
    beside = source.with_name(VOTES_NAME)
    return _VotesFile(beside, required=False) if beside.is_file() else None


def _open_csv(
    path: Path,
    votes: _VotesFile | None,
    skip_bad_rows: bool,
    progress: Callable[[float], None] | None,
    use_cache: bool,
) -> FaceDataset:
    files = [path] if votes is None else [path, votes.path]
    key = cache.dataset_key(
        ("csv", skip_bad_rows, *(str(file.resolve()) for file in files)),
        tuple(_file_state(file) for file in files),
    )
    return _cached(
        key, use_cache, progress, lambda: _read_csv(path, votes, skip_bad_rows, progress)
    )


def _read_csv(
    path: Path,
    votes: _VotesFile | None,
    skip_bad_rows: bool,
    progress: Callable[[float], None] | None,
) -> FaceDataset:
    with csv_source(path) as source:
        faces = read_csv(source, skip_bad_rows=skip_bad_rows, progress=progress)
    return FaceDataset(
        name=path.name,
        images=faces.images,
        labels=faces.labels,
        splits=faces.splits,
        rows=faces.rows,
        votes=None if votes is None else _join_votes(path.name, faces, votes),
        dropped_rows=faces.dropped_rows,
    )


def _join_votes(name: str, faces: CsvFaces, votes: _VotesFile) -> NDArray[np.uint8] | None:
    splits = faces.splits if faces.has_usage else None
    try:
        return read_votes(votes.path).for_rows(faces.rows, faces.row_count, splits, name)
    except DatasetError as error:
        if votes.required:
            raise
        _log.warning("%s; %s is read without votes", error, name)
        return None


def _open_folder(
    folder: Path,
    files: list[PictureFile],
    classes: Mapping[str, str] | None,
    skip_bad_rows: bool,
    progress: Callable[[float], None] | None,
    use_cache: bool,
) -> FaceDataset:
    folder = folder.resolve()
    pictures = [file for file in files if is_picture(file.name)]
    meanings = meanings_of(folder, [picture.name for picture in pictures], classes)
    # Who deletes faces of their own must not leave copies behind; these are few and read quickly.
    use_cache = use_cache and not (folder / HEADER_FILE).exists()
    key = cache.dataset_key(
        ("folder", skip_bad_rows, str(folder)), (_folder_state(pictures), sorted(meanings.items()))
    )
    return _cached(
        key,
        use_cache,
        progress,
        lambda: read_image_folder(
            folder, files, meanings, skip_bad_rows=skip_bad_rows, progress=progress
        ),
    )


def _open_picture_archive(
    path: Path,
    classes: Mapping[str, str] | None,
    skip_bad_rows: bool,
    progress: Callable[[float], None] | None,
    use_cache: bool,
) -> FaceDataset:
    files = list_archived_files(path)
    pictures = [file.name for file in files if is_picture(file.name)]
    meanings = meanings_of(path, pictures, classes)
    key = cache.dataset_key(
        ("zip", skip_bad_rows, str(path.resolve())), (_file_state(path), sorted(meanings.items()))
    )
    return _cached(
        key,
        use_cache,
        progress,
        lambda: read_archived_pictures(
            path, meanings, skip_bad_rows=skip_bad_rows, progress=progress
        ),
    )


def _open_parquet(
    source: Path,
    tables: list[PictureFile],
    classes: Mapping[str, str] | None,
    skip_bad_rows: bool,
    progress: Callable[[float], None] | None,
    use_cache: bool,
) -> FaceDataset:
    source = source.resolve()
    state = _folder_state(tables) if tables else _file_state(source)
    names = [table.name for table in tables]
    rows = list_rows(source, names)
    meanings = meanings_of(source, [row.name for row in rows], classes)
    key = cache.dataset_key(
        ("parquet", skip_bad_rows, str(source)), (state, sorted(meanings.items()))
    )

    def read() -> FaceDataset:
        return read_parquet(
            source, names, rows, meanings, skip_bad_rows=skip_bad_rows, progress=progress
        )

    return _cached(key, use_cache, progress, read)


def _cached(
    key: CacheKey,
    use_cache: bool,
    progress: Callable[[float], None] | None,
    read: Callable[[], FaceDataset],
) -> FaceDataset:
    dataset = cache.load(key) if use_cache else None
    if dataset is None:
        dataset = read()
        if use_cache:
            cache.store(key, dataset)
    if progress is not None:
        progress(1.0)
    return _read_only(dataset)


def _read_only(dataset: FaceDataset) -> FaceDataset:
    """Protect the arrays, so that a first reading gives the same as the cache next time."""
    for array in (dataset.images, dataset.labels, dataset.splits, dataset.rows, dataset.votes):
        if array is not None:
            array.flags.writeable = False
    return dataset


def _file_state(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError as error:
        raise DatasetError(f"{file}: cannot be read ({error.strerror or error})") from error
    return status.st_size, status.st_mtime_ns


def _folder_state(pictures: list[PictureFile]) -> tuple[tuple[str, int, int], ...]:
    return tuple((picture.name, picture.size, picture.mtime_ns) for picture in pictures)
