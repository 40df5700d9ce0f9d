"""Reads the FER+ votes: ``fer2013new.csv`` (Barsoum et al. 2016, "Training Deep Networks for
Facial Expression Recognition with Crowd-Sourced Label Distribution").

Its rows stand in the order of ``fer2013.csv``, so row number joins the two.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.reading.bad_rows import BadRow, BadRows, RowError, bad_rows_error
from emotion_core.datasets.reading.bounds import bounded_lines
from emotion_core.datasets.types import SPLITS, VOTE_NAMES
from emotion_core.errors import DatasetError
from emotion_core.system.storage.files import open_regular

#: The name under which FER+ is published.
VOTES_NAME: Final = "fer2013new.csv"

#: Ten people voted on each face.
MAX_VOTES: Final = 10

_COUNTS: Final = {str(count): count for count in range(MAX_VOTES + 1)}


@dataclass(frozen=True)
class Votes:
    """The votes of every row of a FER2013 CSV file.

    Attributes:
        name: file name, for messages.
        counts: uint8 ``[R, 10]`` in the order of ``VOTE_NAMES``, each 0..10.
        splits: uint8 ``[R]``, index into ``SPLITS``, or None without a column Usage.
    """

    name: str
    counts: NDArray[np.uint8]
    splits: NDArray[np.uint8] | None

    def for_rows(
        self,
        rows: NDArray[np.int64],
        row_count: int,
        splits: NDArray[np.uint8] | None,
        faces_name: str,
    ) -> NDArray[np.uint8]:
        """Return the votes of some rows of a CSV file with faces.

        Args:
            rows: int64 ``[N]``, zero-based rows of the faces' file.
            row_count: how many rows that file has.
            splits: uint8 ``[N]``, the split of each of ``rows``; None when that file has none.
            faces_name: what messages call that file.

        Returns:
            uint8 ``[N, 10]``.

        Raises:
            DatasetError: the two files are not about the same faces.
        """
        advice = "take the two files from the same release, or move the votes away"
        if len(self.counts) != row_count:
            raise DatasetError(
                f"{self.name}: expected {row_count} rows, one for each row of {faces_name}, "
                f"found {len(self.counts)}; {advice}"
            )
        if self.splits is not None and splits is not None:
            differing = np.flatnonzero(self.splits[rows] != splits)
            if len(differing):
                row = int(rows[differing[0]])
                raise DatasetError(
                    f"{self.name}: expected the Usage of {faces_name} in every row, found "
                    f"{len(differing)} rows that differ, the first for face {row + 1}: "
                    f"{SPLITS[self.splits[row]]} instead of {SPLITS[splits[differing[0]]]}; "
                    f"{advice}"
                )
        return self.counts[rows]


def read_votes(path: Path) -> Votes:
    """Read a FER+ file.

    Raises:
        DatasetError: it cannot be read, is no FER+ file or has a bad row.
    """
    try:
        with (
            open_regular(path) as content,
            io.TextIOWrapper(content, "utf-8-sig", newline="") as file,
        ):
            return _parse_votes(path.name, file)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, csv.Error):
        raise DatasetError(f"{path.name}: {_EXPECTED}, found no CSV file") from None


_EXPECTED: Final = f"expected a FER+ file with the columns {', '.join(VOTE_NAMES)}"


def _parse_votes(name: str, file: TextIO) -> Votes:
    lines = csv.reader(bounded_lines(file, name))
    header = [cell.strip().lower() for cell in next(lines, [])]
    missing = [vote for vote in VOTE_NAMES if vote.lower() not in header]
    if missing:
        raise DatasetError(f"{name}: {_EXPECTED}, found no {', '.join(missing)}")
    places = [header.index(vote.lower()) for vote in VOTE_NAMES]
    usage_place = header.index("usage") if "usage" in header else None

    counts = bytearray()
    splits = bytearray()
    bad_rows = BadRows()
    for cells in lines:
        if not cells:
            continue
        try:
            counts += bytes(_parse_counts(cells, places, len(header)))
            splits.append(0 if usage_place is None else _parse_usage(cells[usage_place]))
        except RowError as error:
            bad_rows.add(lines.line_num, BadRow(str(lines.line_num), str(error)))
    if bad_rows:
        raise bad_rows_error(name, bad_rows, "line", advice="download the file again")
    return Votes(
        name,
        np.frombuffer(counts, np.uint8).reshape(-1, len(VOTE_NAMES)),
        None if usage_place is None else np.frombuffer(splits, np.uint8),
    )


def _parse_counts(cells: list[str], places: list[int], column_count: int) -> list[int]:
    if len(cells) != column_count:
        raise RowError(f"expected {column_count} columns, found {len(cells)}")
    found = [cells[place].strip() for place in places]
    for text in found:
        if text not in _COUNTS:
            raise RowError(f"expected votes of 0 to {MAX_VOTES}, found {text!r}")
    return [_COUNTS[text] for text in found]


def _parse_usage(cell: str) -> int:
    if cell.strip() not in SPLITS:
        raise RowError(f"expected Usage {', '.join(SPLITS)}, found {cell!r}")
    return SPLITS.index(cell.strip())
