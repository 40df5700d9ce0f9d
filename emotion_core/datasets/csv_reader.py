"""Reads FER2013's CSV files: ``fer2013.csv``, ``icml_face_data.csv`` and ``train.csv``.

Arrow splits the lines into columns; numpy turns the pixel strings of a whole block of lines into
numbers at once. Only a block with a fault is looked at line by line, to say what is wrong where.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from emotion_core.datasets.bad_rows import BadRow, RowError, bad_rows_error, no_rows_left_error
from emotion_core.datasets.types import FACE_SIZE, SPLITS
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError

Progress = Callable[[float], None]

#: Pixels of one face.
PIXELS: Final = FACE_SIZE * FACE_SIZE

# About 500 faces: large enough for numpy, small enough that its scratch arrays stay in the cache.
_BLOCK_BYTES: Final = 1 << 20
# The names of three columns need 22; a longer first line belongs to no FER2013 file.
_MAX_HEADER_BYTES: Final = 1 << 12
_SPACE, _QUOTE, _ZERO = b' "0'
_COLUMNS: Final = ("emotion", "pixels", "usage")
_LABEL_CODES: Final = {str(label).encode(): label for label in range(len(EMOTIONS))}
_SPLIT_CODES: Final = {split.encode(): code for code, split in enumerate(SPLITS)}
_UNKNOWN: Final = 255


@dataclass(frozen=True)
class CsvSource:
    """An open CSV file, plain or inside an archive.

    Attributes:
        name: what messages call it.
        stream: its bytes.
        position: returns how far the reading has come, in the unit of ``size``.
        size: the position at the end.
    """

    name: str
    stream: io.BufferedReader
    position: Callable[[], int]
    size: int


@dataclass(frozen=True)
class CsvFaces:
    """What a CSV file holds.

    Attributes:
        images: uint8 ``[N, 48, 48]``, grey 0..255.
        labels: uint8 ``[N]``, index into ``EMOTIONS``.
        splits: uint8 ``[N]``, index into ``SPLITS``.
        rows: int64 ``[N]``, zero-based rows of the file, bad ones counted, blank lines not.
        row_count: rows of the file, good and bad.
        has_usage: whether the file has a column ``Usage``; without, every row is Training.
        dropped_rows: bad rows left out.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    splits: NDArray[np.uint8]
    rows: NDArray[np.int64]
    row_count: int
    has_usage: bool
    dropped_rows: int


@contextmanager
def open_plain_csv(path: Path) -> Iterator[CsvSource]:
    """Open a CSV file on disk.

    Raises:
        DatasetError: it cannot be opened or read.
    """
    try:
        with path.open("rb") as stream:
            yield CsvSource(path.name, stream, stream.tell, path.stat().st_size)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from error


def read_csv(
    source: CsvSource, *, skip_bad_rows: bool = False, progress: Progress | None = None
) -> CsvFaces:
    """Read every face of a FER2013 CSV file.

    Column names may have any case, order and spaces around them; other columns are ignored.

    Args:
        source: the open file.
        skip_bad_rows: leave bad rows out instead of refusing the file.
        progress: called with the share that is done, 0.0 to 1.0.

    Raises:
        DatasetError: the file is no FER2013 CSV, has bad rows, or no row at all.
    """
    columns, header_line = _read_header(source)
    collector = _FaceCollector(has_usage="usage" in columns)
    try:
        if source.stream.peek(1):
            for batch in _open_batches(source.stream, columns, collector):
                collector.add(batch)
                if progress is not None:
                    progress(min(1.0, source.position() / max(1, source.size)))
    except pa.ArrowException as error:
        raise DatasetError(f"{source.name}: expected a FER2013 CSV file, but {error}") from error
    return collector.finish(source.name, header_line, skip_bad_rows)


def parse_pixels(texts: pa.Array) -> NDArray[np.uint8] | None:
    """Turn pixel strings into faces, many at once.

    Args:
        texts: binary ``[N]``, each 2304 numbers of 0 to 255 with spaces between.

    Returns:
        uint8 ``[N, 2304]``; None when at least one of the strings is at fault.
    """
    if len(texts) == 0:
        return np.empty((0, PIXELS), np.uint8)
    # A space behind each string keeps its last number apart from the next string's first.
    joined = pc.binary_join_element_wise(texts, b"", b" ")
    _, offset_buffer, text_buffer = joined.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[: len(joined) + 1]
    text = np.frombuffer(text_buffer, np.uint8)[: offsets[-1]]

    digits = text - np.uint8(_ZERO)  # wraps round to large numbers for anything below "0"
    is_digit = digits < 10
    separators = np.count_nonzero(text == _SPACE) + np.count_nonzero(text == _QUOTE)
    if np.count_nonzero(is_digit) + separators != len(text):
        return None
    digits *= is_digit
    is_last = is_digit[:-1] & ~is_digit[1:]  # the last character is a space
    starts = offsets.tolist()
    for start, end in zip(starts, starts[1:], strict=False):
        if np.count_nonzero(is_last[start:end]) != PIXELS:
            return None

    values = digits.astype(np.uint16)
    values[1:] += np.uint16(10) * digits[:-1]
    values[2:] += np.uint16(100) * (digits[:-2] * is_digit[1:-1])
    numbers = values[:-1][is_last]
    has_four_digits = (is_digit[3:] & is_digit[2:-1] & is_digit[1:-2] & is_digit[:-3]).any()
    if has_four_digits or numbers.max() > 255:
        return None
    return numbers.astype(np.uint8).reshape(-1, PIXELS)


def parse_pixel_row(text: bytes) -> NDArray[np.uint8]:
    """Turn one pixel string into a face, uint8 ``[2304]``; the plain form of ``parse_pixels``.

    Raises:
        RowError: what was expected and found.
    """
    tokens = text.replace(b'"', b" ").split(b" ")
    tokens = [token for token in tokens if token]
    for token in tokens:
        if not (token.isdigit() and len(token) <= 3 and int(token) <= 255):
            raise RowError(f"expected pixels of 0 to 255, found {_quote(token)}")
    if len(tokens) != PIXELS:
        raise RowError(f"expected {PIXELS} pixels, found {len(tokens)}")
    return np.array([int(token) for token in tokens], np.uint8)


def _read_header(source: CsvSource) -> tuple[list[str], int]:
    """Return the column names, lower case without spaces, and the number of the header's line."""
    line, number = b"", 0
    while not line.strip():
        line = source.stream.readline(_MAX_HEADER_BYTES)
        number += 1
        if not line:
            raise DatasetError(f"{source.name}: expected a FER2013 CSV file, found an empty file")
    expected = "expected a CSV file with the columns emotion, pixels and (optional) Usage"
    try:
        text = line.decode("utf-8-sig")
        if not text.isprintable() and not text.strip("\r\n\t").isprintable():
            raise ValueError("control characters")
        columns = [name.strip().lower() for name in next(csv.reader([text]))]
    except (ValueError, csv.Error):  # a UnicodeDecodeError is a ValueError
        raise DatasetError(f"{source.name}: {expected}, found no text") from None
    missing = [name for name in ("emotion", "pixels") if name not in columns]
    if missing:
        shown = text.strip() if len(text.strip()) <= 60 else f"{text.strip()[:60]}…"
        raise DatasetError(
            f"{source.name}: {expected}, found no {' and no '.join(missing)} in line {number}: "
            f"{shown!r}"
        )
    return columns, number


def _open_batches(
    stream: io.BufferedReader, columns: list[str], collector: _FaceCollector
) -> arrow_csv.CSVStreamingReader:
    names = [str(place) for place in range(len(columns))]
    wanted = {name: str(columns.index(name)) for name in _COLUMNS if name in columns}
    reader = arrow_csv.open_csv(
        stream,
        # Arrow knows the line numbers of bad lines only when it reads in one thread.
        read_options=arrow_csv.ReadOptions(
            use_threads=False, block_size=_BLOCK_BYTES, column_names=names
        ),
        # FER2013 quotes at most its pixels, which hold no comma. Without quoting, a lost quote
        # cannot swallow the lines behind it.
        parse_options=arrow_csv.ParseOptions(
            quote_char=False,
            ignore_empty_lines=False,
            invalid_row_handler=collector.add_invalid_line,
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=list(wanted.values()),
            column_types=dict.fromkeys(names, pa.binary()),
            check_utf8=False,
        ),
    )
    return (batch.rename_columns(list(wanted)) for batch in reader)


def _codes(cells: pa.Array, code_of: dict[bytes, int]) -> NDArray[np.uint8]:
    """Look every cell up in ``code_of``, 255 where it is not there."""
    encoded = pc.dictionary_encode(cells)
    codes = [code_of.get(_bare(cell), _UNKNOWN) for cell in encoded.dictionary.to_pylist()]
    return np.array(codes, np.uint8)[encoded.indices.to_numpy()]


def _bare(cell: bytes) -> bytes:
    return cell.strip(b' "')


def _parse_row(cells: dict[str, bytes]) -> NDArray[np.uint8]:
    """Return one row's face, uint8 ``[2304]``, when every cell of it is good.

    Raises:
        RowError: what was expected and found.
    """
    if _bare(cells["emotion"]) not in _LABEL_CODES:
        highest = len(EMOTIONS) - 1
        raise RowError(f"expected an emotion of 0 to {highest}, found {_quote(cells['emotion'])}")
    if "usage" in cells and _bare(cells["usage"]) not in _SPLIT_CODES:
        raise RowError(f"expected Usage {', '.join(SPLITS)}, found {_quote(cells['usage'])}")
    return parse_pixel_row(cells["pixels"])


def _quote(text: bytes) -> str:
    shown = text.decode("utf-8", "replace")
    return repr(shown if len(shown) <= 20 else f"{shown[:20]}…")


class _FaceCollector:
    """Gathers the faces of block after block and remembers which lines gave none.

    Arrow hands over two kinds of lines: those with the right number of columns, known by their
    rank among themselves, and those without, known by their number behind the header.
    """

    def __init__(self, has_usage: bool) -> None:
        self.has_usage = has_usage
        self._images: list[NDArray[np.uint8]] = []
        self._labels: list[NDArray[np.uint8]] = []
        self._splits: list[NDArray[np.uint8]] = []
        self._good_ranks: list[NDArray[np.int64]] = []
        self._bad_ranks: dict[int, str] = {}
        self._rank_count = 0
        self._invalid_lines: dict[int, str] = {}

    def add_invalid_line(self, line: arrow_csv.InvalidRow) -> str:
        """Note a line with too few or too many columns (called by Arrow)."""
        self._invalid_lines[line.number] = (
            ""
            if not line.text.strip()
            else f"expected {line.expected_columns} columns, found {line.actual_columns}"
        )
        return "skip"

    def add(self, batch: pa.RecordBatch) -> None:
        """Take over the faces of one block of lines."""
        labels = _codes(batch["emotion"], _LABEL_CODES)
        splits = _codes(batch["usage"], _SPLIT_CODES) if self.has_usage else np.zeros_like(labels)
        has_unknown = _UNKNOWN in labels or _UNKNOWN in splits
        images = None if has_unknown else parse_pixels(batch["pixels"])
        good = np.ones(len(labels), bool)
        if images is None:
            images = self._add_row_by_row(batch, good)
        self._images.append(images)
        self._labels.append(labels[good])
        self._splits.append(splits[good])
        self._good_ranks.append(self._rank_count + np.flatnonzero(good))
        self._rank_count += len(labels)

    def _add_row_by_row(self, batch: pa.RecordBatch, good: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return the good faces of a block with a fault, and clear ``good`` where there is none."""
        faces = []
        for place, cells in enumerate(batch.to_pylist()):
            try:
                if any(cells.values()):
                    faces.append(_parse_row(cells))
                else:  # a blank line
                    good[place] = False
            except RowError as error:
                self._bad_ranks[self._rank_count + place] = str(error)
                good[place] = False
        return np.array(faces, np.uint8).reshape(-1, PIXELS)

    def finish(self, name: str, header_line: int, skip_bad_rows: bool) -> CsvFaces:
        """Return all faces.

        Raises:
            DatasetError: there are bad rows that may not be skipped, or no good one.
        """
        invalid = np.array(sorted(self._invalid_lines), np.int64)
        every_line = np.arange(1, self._rank_count + len(invalid) + 1)
        line_of_rank = np.setdiff1d(every_line, invalid, assume_unique=True)
        bad = {line: reason for line, reason in self._invalid_lines.items() if reason}
        bad |= {int(line_of_rank[rank]): reason for rank, reason in self._bad_ranks.items()}
        bad_rows = [BadRow(str(header_line + line), bad[line]) for line in sorted(bad)]
        if bad_rows and not skip_bad_rows:
            raise bad_rows_error(name, bad_rows, "line")

        good_ranks = np.concatenate([*self._good_ranks, np.empty(0, np.int64)])
        if len(good_ranks) == 0:
            raise no_rows_left_error(name, bad_rows, "line")
        good_lines = line_of_rank[good_ranks]
        row_lines = np.union1d(good_lines, np.array(list(bad), np.int64))
        return CsvFaces(
            images=np.concatenate(self._images).reshape(-1, FACE_SIZE, FACE_SIZE),
            labels=np.concatenate(self._labels),
            splits=np.concatenate(self._splits),
            rows=np.searchsorted(row_lines, good_lines).astype(np.int64),
            row_count=len(row_lines),
            has_usage=self.has_usage,
            dropped_rows=len(bad_rows),
        )
