"""Reads FER2013's CSV files: ``fer2013.csv``, ``icml_face_data.csv`` and ``train.csv``.

Python splits the lines into cells; numpy turns the pixel strings of many lines into numbers at
once. Only lines with a fault are looked at one by one, to say what is wrong where.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.reading.bad_rows import (
    BadRow,
    BadRows,
    RowError,
    bad_rows_error,
    no_rows_left_error,
)
from emotion_core.datasets.reading.bounds import LONGEST_LINE, MOST_BAD_ROWS, bounded_lines
from emotion_core.datasets.types import SPLITS
from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import DatasetError
from emotion_core.system.storage.files import open_regular

#: Pixels of one face.
PIXELS: Final = FACE_SIZE * FACE_SIZE

# Lines of 8 KB parsed in one go. With fewer, the C library hands the scratch arrays' memory back
# and fetches it anew for every batch, which costs a third of the time.
_BATCH_LINES: Final = 512
#: Read ahead of a file.
BUFFER_BYTES: Final = 1 << 20
# The names of three columns need 22; a longer first line belongs to no FER2013 file.
_MAX_HEADER_BYTES: Final = 1 << 12
_MOST_BLANK_LINES: Final = 10_000
_AROUND: Final = b' "\t\r\n'  # what may stand around a cell
_SPACE, _ZERO = b" 0"
_LABEL_CODES: Final = {str(label).encode(): label for label in range(len(EMOTIONS))}
_SPLIT_CODES: Final = {split.encode(): code for code, split in enumerate(SPLITS)}


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
    stream: BinaryIO
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
        with open_regular(path) as stream:
            yield CsvSource(path.name, stream, stream.tell, path.stat().st_size)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from error


def read_csv(
    source: CsvSource,
    *,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
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
    collector = _FaceCollector(columns)
    lines = bounded_lines(source.stream, source.name)
    for line_number, line in enumerate(lines, header_line + 1):
        collector.add(line_number, line)
        if collector.bad_count > MOST_BAD_ROWS:
            raise DatasetError(
                f"{source.name}: expected a few bad lines, found more than {MOST_BAD_ROWS:,}; give "
                "a CSV file of faces"
            )
        if progress is not None and line_number % _BATCH_LINES == 0:
            progress(min(1.0, source.position() / max(1, source.size)))
    return collector.finish(source.name, skip_bad_rows)


def has_face_columns(stream: BinaryIO) -> bool:
    """Return whether a file begins as a CSV file of faces does; it may be text or not."""
    try:
        _read_header(CsvSource("", stream, lambda: 0, 0))
    except DatasetError:
        return False
    return True


def parse_pixels(texts: Sequence[bytes]) -> NDArray[np.uint8] | None:
    """Turn pixel strings into faces, many at once.

    Args:
        texts: at least one string of 2304 numbers of 0 to 255 with single spaces between.

    Returns:
        uint8 ``[N, 2304]``; None when at least one of the strings is not of this form.
    """
    # A space behind each number marks its end; the first number needs two characters before it.
    text = np.frombuffer(b" ".join([b"  ", *texts, b""]), np.uint8)
    digits = text - np.uint8(_ZERO)  # wraps round to large numbers for anything below "0"
    ends = np.flatnonzero(digits[3:] > 9)
    row_ends = np.cumsum([len(row) + 1 for row in texts]) - 1
    only_spaces_between = np.count_nonzero(text == _SPACE) == len(ends) + 3
    if not only_spaces_between or not np.array_equal(ends[PIXELS - 1 :: PIXELS], row_ends):
        return None

    ones, tens, hundreds = (digits[before:].take(ends) for before in (2, 1, 0))
    has_tens = tens < 10
    has_hundreds = has_tens & (hundreds < 10)
    found_digits = len(ends) + np.count_nonzero(has_tens) + np.count_nonzero(has_hundreds)
    if ones.max() > 9 or found_digits != len(text) - 3 - len(ends):  # "" or four digits
        return None
    numbers = (hundreds * has_hundreds) * np.uint16(100)
    numbers += (tens * has_tens) * np.uint8(10) + ones
    if numbers.max() > 255:
        return None
    return numbers.astype(np.uint8).reshape(-1, PIXELS)


def parse_pixel_row(text: bytes) -> NDArray[np.uint8]:
    """Turn one pixel string into a face, uint8 ``[2304]``; any number of spaces may separate.

    Raises:
        RowError: what was expected and found.
    """
    tokens = text.split()
    for token in tokens:
        if not (token.isdigit() and len(token) <= 3 and int(token) <= 255):
            raise RowError(f"expected pixels of 0 to 255, found {_quote(token)}")
    if len(tokens) != PIXELS:
        raise RowError(f"expected {PIXELS} pixels, found {len(tokens)}")
    return np.array([int(token) for token in tokens], np.uint8)


@dataclass(frozen=True)
class _Columns:
    """Where the cells stand in a line."""

    count: int
    emotion: int
    pixels: int
    usage: int | None


class _Row(NamedTuple):
    """What a line says about its face."""

    line_number: int
    row: int
    label: int
    split: int


def _read_header(source: CsvSource) -> tuple[_Columns, int]:
    """Return the columns and the number of the header's line."""
    line, line_number = b"", 0
    while not line.strip() and line_number < _MOST_BLANK_LINES:
        line = source.stream.readline(_MAX_HEADER_BYTES)
        line_number += 1
        if not line:
            raise DatasetError(f"{source.name}: expected a FER2013 CSV file, found an empty file")
    expected = "expected a CSV file with the columns emotion, pixels and (optional) Usage"
    try:
        text = line.decode("utf-8-sig").strip()
        names = [name.strip().lower() for name in next(csv.reader([text]))]
    except (UnicodeDecodeError, csv.Error):
        text = "\0"
    if not text.replace("\t", " ").isprintable():
        raise DatasetError(f"{source.name}: {expected}, found a file that is not text")
    missing = [name for name in ("emotion", "pixels") if name not in names]
    if missing:
        raise DatasetError(
            f"{source.name}: {expected}, found no {' and no '.join(missing)} in line "
            f"{line_number}: {_shorten(text)!r}"
        )
    usage = names.index("usage") if "usage" in names else None
    columns = _Columns(len(names), names.index("emotion"), names.index("pixels"), usage)
    return columns, line_number


def _parse_label(cell: bytes) -> int:
    code = _LABEL_CODES.get(cell.strip(_AROUND))
    if code is None:
        raise RowError(f"expected an emotion of 0 to {len(EMOTIONS) - 1}, found {_quote(cell)}")
    return code


def _parse_split(cell: bytes) -> int:
    code = _SPLIT_CODES.get(cell.strip(_AROUND))
    if code is None:
        raise RowError(f"expected Usage {', '.join(SPLITS)}, found {_quote(cell)}")
    return code


def _quote(text: bytes) -> str:
    shown = text.strip(b"\r\n").decode("utf-8", "replace")
    return repr(_shorten(shown, 20))


def _shorten(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[:length]}…"


class _FaceCollector:
    """Gathers faces line by line and remembers which lines gave none."""

    def __init__(self, columns: _Columns) -> None:
        self._columns = columns
        self._pending_rows: list[_Row] = []
        self._pending_texts: list[bytes] = []
        self._rows: list[_Row] = []
        self._images: list[NDArray[np.uint8]] = []
        self._bad = BadRows()
        self._row_count = 0

    @property
    def bad_count(self) -> int:
        """How many bad rows there are so far."""
        return len(self._bad)

    def add(self, line_number: int, line: bytes) -> None:
        """Take one line of the file; blank ones are no rows."""
        if line.isspace():
            return
        # FER2013 quotes at most its pixels, which hold no comma: no need for a quote's full rules,
        # by which a lost one would swallow the lines behind it.
        try:
            if len(line) == LONGEST_LINE:
                raise RowError(f"expected a line of under {LONGEST_LINE >> 10} KB, found more")
            self._add_cells(line_number, line.split(b","))
        except RowError as error:
            self._bad.add(line_number, BadRow(str(line_number), str(error)))
        self._row_count += 1
        if len(self._pending_rows) == _BATCH_LINES:
            self._parse_pending()

    def _add_cells(self, line_number: int, cells: list[bytes]) -> None:
        columns = self._columns
        if len(cells) != columns.count:
            raise RowError(f"expected {columns.count} columns, found {len(cells)}")
        label = _parse_label(cells[columns.emotion])
        split = 0 if columns.usage is None else _parse_split(cells[columns.usage])
        self._pending_rows.append(_Row(line_number, self._row_count, label, split))
        self._pending_texts.append(cells[columns.pixels].strip(_AROUND))

    def _parse_pending(self) -> None:
        if not self._pending_texts:
            return
        images = parse_pixels(self._pending_texts)
        if images is not None:
            self._rows += self._pending_rows
            self._images.append(images)
        else:
            self._parse_pending_one_by_one()
        self._pending_rows.clear()
        self._pending_texts.clear()

    def _parse_pending_one_by_one(self) -> None:
        for row, text in zip(self._pending_rows, self._pending_texts, strict=True):
            try:
                self._images.append(parse_pixel_row(text)[None])
            except RowError as error:
                self._bad.add(row.line_number, BadRow(str(row.line_number), str(error)))
            else:
                self._rows.append(row)

    def finish(self, name: str, skip_bad_rows: bool) -> CsvFaces:
        """Return all faces.

        Raises:
            DatasetError: there are bad rows that may not be skipped, or no good one.
        """
        self._parse_pending()
        if self._bad and not skip_bad_rows:
            raise bad_rows_error(name, self._bad, "line")
        if not self._rows:
            raise no_rows_left_error(name, self._bad, "line")
        return CsvFaces(
            images=np.concatenate(self._images).reshape(-1, FACE_SIZE, FACE_SIZE),
            labels=np.array([row.label for row in self._rows], np.uint8),
            splits=np.array([row.split for row in self._rows], np.uint8),
            rows=np.array([row.row for row in self._rows], np.int64),
            row_count=self._row_count,
            has_usage=self._columns.usage is not None,
            dropped_rows=len(self._bad),
        )
