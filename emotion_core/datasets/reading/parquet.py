"""Reads Parquet files as hubs of datasets give them out: a picture and a label in each row.

Each row is taken for a picture in a folder, ``train-00000-of-00001/happy/0000007.png``, so that
splits and classes are told by names as they are anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emotion_core.datasets.reading.bad_rows import RowError
from emotion_core.datasets.reading.bounds import LONGEST_NAME, MOST_ROWS
from emotion_core.datasets.reading.image_folder import PictureFile, read_pictures
from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import DatasetError
from emotion_core.system.storage.files import open_regular
from emotion_core.system.storage.json_reading import checked, parse_json

if TYPE_CHECKING:
    from pyarrow import Schema
    from pyarrow.parquet import ParquetFile

_SUFFIX: Final = ".parquet"

# Arrow's own errors are some of these too, for their classes as for its readers of metadata.
_DAMAGE: Final = (OSError, MemoryError, ValueError, LookupError, TypeError, NotImplementedError)

_IMAGE_COLUMNS: Final = ("image", "img")
_LABEL_COLUMNS: Final = ("label", "labels", "emotion")
# Their labels, which compress to nothing, are all read before the pictures: not more than there
# may be pictures, and, of many, not more than fit into a file of its size.
_MOST_ROWS: Final = MOST_ROWS
_ROWS_OF_ANY_FILE: Final = 100_000
_BYTES_OF_ROW: Final = 64
_BATCH_ROWS: Final = 32


def is_parquet(name: str) -> bool:
    """Return whether a file has the ending of a Parquet file."""
    return name.lower().endswith(_SUFFIX)


def list_rows(source: Path, files: Sequence[str]) -> list[PictureFile]:
    """Return the rows of Parquet files as pictures by split and class, in order.

    Args:
        source: one such file, or a folder.
        files: their paths below the folder; for one file, none.

    Raises:
        DatasetError: one of them cannot be read, or has no pictures with labels.
    """
    rows = []
    for file in _tables(source, files):
        rows += [
            PictureFile(f"{file.folder}/{label}/{row:07}.png", 0, 0)
            for row, label in enumerate(_labels(file.path))
        ]
    return rows


def read_parquet(
    source: Path,
    files: Sequence[str],
    rows: list[PictureFile],
    meanings: Mapping[str, str],
    *,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
) -> FaceDataset:
    """Read the faces of Parquet files; see ``image_folder.read_pictures``.

    Args:
        source: one such file, or a folder.
        files: as for ``list_rows``.
        rows: what it returned.
        meanings: what ``class_names.meanings_of`` says of them.
        skip_bad_rows: leave bad pictures out instead of refusing the dataset.
        progress: called with the share that is done, 0.0 to 1.0.

    Raises:
        DatasetError: a file is damaged, or a picture or its class or split is not as expected.
    """
    pictures = (each for file in _tables(source, files) for each in _pictures(file.path))
    numbered = enumerate(pictures)
    places = {row.name: place for place, row in enumerate(rows)}

    def read(row: PictureFile) -> bytes:
        # Rows are asked for in order, though not each of them.
        content = next(content for place, content in numbered if place == places[row.name])
        if content is None:
            raise RowError("expected a picture, found a row without one")
        return content

    return read_pictures(
        source,
        rows,
        meanings,
        read,
        file_bytes=sum(file.path.stat().st_size for file in _tables(source, files)),
        skip_bad_rows=skip_bad_rows,
        progress=progress,
    )


@dataclass(frozen=True)
class _Table:
    """A Parquet file, and the folder that its rows seem to lie in."""

    path: Path
    folder: str


def _tables(source: Path, files: Sequence[str]) -> list[_Table]:
    if files:
        return [_Table(source / file, file[: -len(_SUFFIX)]) for file in files]
    # "test/0000.parquet" is one of several parts of a split.
    numbered = not any(character.isalpha() for character in source.stem)
    folder = f"{source.resolve().parent.name}/{source.stem}" if numbered else source.stem
    return [_Table(source, folder)]


@contextmanager
def _open(path: Path) -> Iterator[ParquetFile]:
    from pyarrow import parquet

    with open_regular(path) as content, parquet.ParquetFile(content) as file:
        yield file


def _labels(path: Path) -> Iterator[str]:
    """Yield what each row says it shows: a name where the file has names, else a number."""
    try:
        with _open(path) as file:
            column = _column(path, file.schema_arrow, _LABEL_COLUMNS)
            _column(path, file.schema_arrow, _IMAGE_COLUMNS)
            most = min(_MOST_ROWS, max(_ROWS_OF_ANY_FILE, path.stat().st_size // _BYTES_OF_ROW))
            if file.metadata.num_rows > most:
                raise DatasetError(
                    f"{path}: expected at most {most:,} rows, found "
                    f"{file.metadata.num_rows:,}; split the file"
                )
            names = _class_names(file.schema_arrow, column)
            for batch in file.iter_batches(_BATCH_ROWS, columns=[column], use_threads=False):
                for label in batch.column(0).to_pylist():
                    if isinstance(label, str | bytes) and len(label) > LONGEST_NAME:
                        raise DatasetError(
                            f"{path}: expected labels of at most {LONGEST_NAME:,} letters, found "
                            f"one of {len(label):,}; shorten them"
                        )
                    known = names and isinstance(label, int) and 0 <= label < len(names)
                    shown = str(names[label] if known and names else label)[:LONGEST_NAME]
                    yield shown.replace("/", "_")
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _pictures(path: Path) -> Iterator[bytes | None]:
    """Yield the content of the picture in each row, None where there is none."""
    try:
        with _open(path) as file:
            column = _column(path, file.schema_arrow, _IMAGE_COLUMNS)
            for batch in file.iter_batches(_BATCH_ROWS, columns=[column], use_threads=False):
                for each in batch.column(0):
                    cell = each.as_py()
                    content = cell.get("bytes") if isinstance(cell, dict) else cell
                    yield content if isinstance(content, bytes) else None
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _column(path: Path, schema: Schema, names: tuple[str, ...]) -> str:
    for name in schema.names:
        if name.lower() in names:
            return str(name)
    raise DatasetError(
        f"{path}: expected a Parquet file with the columns {_IMAGE_COLUMNS[0]} and "
        f"{_LABEL_COLUMNS[0]}, found {', '.join(schema.names[:8]) or 'none'}; rename the columns"
    )


def _class_names(schema: Schema, column: str) -> list[str] | None:
    """Return the names of labels that Hugging Face's library ``datasets`` writes into a file."""
    try:
        content: Any = parse_json(schema.metadata[b"huggingface"])
        return checked(content["info"]["features"][column]["names"], list[str])
    except (KeyError, TypeError, ValueError):
        return None


def _damaged(path: Path, error: BaseException) -> DatasetError:
    reason = " ".join(str(error).split())
    return DatasetError(
        f"{path}: expected a whole Parquet file, but it is damaged or cannot be read ({reason}); "
        "download it again"
    )
