"""Levels and rows in one file of which a browser fetches ranges, and the index that tells which.

The file is little-endian. It begins with ``HEAD_BYTES`` that no other content has. Then come the
levels, each as `CELL` ``[B, P]``, and the rows in chunks of ``CHUNK_FRAMES`` frames: of each, its
frames as `FRAME`, and behind them their faces as `ROW`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.sessions.viewing.levels import Level, answer_codes, levels_of

if TYPE_CHECKING:
    import pandas as pd

#: Frames whose rows are fetched together: half a minute at 30 a second.
CHUNK_FRAMES: Final = 1024
#: Most persons with a line in the chart; whoever was seen longer comes first.
MOST_PERSONS: Final = 24
#: A place for a digest of the content.
HEAD_BYTES: Final = 64
#: The place of a person who has no line in the chart, or of a face that is nobody's.
NO_PLACE: Final = 0xFFFF

_SCORES: Final = len(EMOTIONS)

#: A bin of a person: scores of 0 to 1 as 0 to 255.
CELL: Final = np.dtype(
    [
        ("low", "u1", _SCORES),
        ("mean", "u1", _SCORES),
        ("high", "u1", _SCORES),
        ("answer", "u1"),
        ("joined", "u1"),
        ("", "u1"),
    ]
)
#: A frame: its time in tenths of a millisecond, its size, and where its faces begin in the chunk.
FRAME: Final = np.dtype([("time", "<u4"), ("width", "<u2"), ("height", "<u2"), ("first", "<u4")])
#: A face: its box in pixels, the number of its person (0 for nobody's), the person's place in the
#: levels, its answer, and scores as in `CELL`.
ROW: Final = np.dtype(
    [
        ("box", "<i2", 4),
        ("person", "<u4"),
        ("place", "<u2"),
        ("answer", "u1"),
        ("scores", "u1", _SCORES),
        ("", "u1", 2),
    ]
)
_TENTHS: Final = 10_000


@dataclass(frozen=True)
class PackedLevel:
    """Where a level lies in the file.

    Attributes:
        seconds: how wide a bin is.
        bins: how many there are.
        at: offset of the first byte.
    """

    seconds: float
    bins: int
    at: int


@dataclass(frozen=True)
class Chunk:
    """Where the rows of some frames lie in the file.

    Attributes:
        seconds: time of the first frame.
        frames: how many there are.
        rows: how many faces they have.
        at: offset of the first byte.
    """

    seconds: float
    frames: int
    rows: int
    at: int


@dataclass(frozen=True)
class Index:
    """What a browser needs to know to read the file.

    Attributes:
        seconds: time of the session's last frame.
        step: the median time from one frame to the next, in seconds; 0 with less than two.
        persons: numbers of those with a line in the chart.
        others: how many persons have none.
        levels: the narrowest first.
        chunks: in the order of time.
    """

    seconds: float
    step: float
    persons: tuple[int, ...]
    others: int
    levels: tuple[PackedLevel, ...]
    chunks: tuple[Chunk, ...]


def write_packed(frames: pd.DataFrame, faces: pd.DataFrame, file: BinaryIO) -> Index:
    """Write the rows of a session, and their levels, to an open file that can be sought in.

    Args:
        frames: one row a frame, as of `emotion_core.sessions.tables.read_tables`.
        faces: one row a face; every frame it names is in ``frames``.
        file: where to write.

    Returns:
        what is where in it.

    Raises:
        OSError: it cannot be written.
    """
    seen = faces["person"].value_counts()
    ordered = sorted(seen.index.tolist(), key=lambda person: (-int(seen[person]), person))
    persons = [int(person) for person in ordered[:MOST_PERSONS]]
    writer = _Writer(file)
    levels = [
        PackedLevel(level.seconds, len(level.answer), writer.write(_cells(level)))
        for level in levels_of(frames, faces, persons)
    ]
    chunks = _write_rows(frames, faces, persons, writer)
    writer.finish()
    times = frames["seconds"].to_numpy(np.float64)
    return Index(
        seconds=float(times[-1]) if len(times) else 0.0,
        step=float(np.median(np.diff(times))) if len(times) > 1 else 0.0,
        persons=tuple(persons),
        others=len(ordered) - len(persons),
        levels=tuple(levels),
        chunks=tuple(chunks),
    )


class _Writer:
    """Writes arrays behind each other, and a digest of them at the beginning."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = HEAD_BYTES
        self._digest = hashlib.sha256()
        file.write(bytes(HEAD_BYTES))

    def write(self, *arrays: NDArray[Any]) -> int:
        """Write arrays and return where the first begins."""
        at = self._at
        for array in arrays:
            content = array.tobytes()
            self._digest.update(content)
            self._file.write(content)
            self._at += len(content)
        return at

    def finish(self) -> None:
        """Write the digest: files that differ anywhere differ in their first bytes."""
        self._file.seek(0)
        self._file.write(self._digest.hexdigest().encode()[:HEAD_BYTES])


def _cells(level: Level) -> NDArray[Any]:
    cells = np.zeros(level.answer.shape, CELL)
    for name in ("low", "mean", "high"):
        cells[name] = _as_bytes(getattr(level, name))
    cells["answer"], cells["joined"] = level.answer, level.joined
    return cells


def _write_rows(
    frames: pd.DataFrame, faces: pd.DataFrame, persons: Sequence[int], writer: _Writer
) -> list[Chunk]:
    packed, numbers = _packed_frames(frames), frames["frame"].to_numpy()
    rows, of_frame = _packed_rows(faces, persons), faces["frame"].to_numpy()
    # In the tables, faces stand in the order of their frames.
    starts = np.searchsorted(of_frame, numbers)
    ends = np.searchsorted(of_frame, numbers, side="right")
    chunks = []
    for first in range(0, len(packed), CHUNK_FRAMES):
        part = packed[first : first + CHUNK_FRAMES]
        begin, end = int(starts[first]), int(ends[first + len(part) - 1])
        part["first"] = starts[first : first + len(part)] - begin
        at = writer.write(part, rows[begin:end])
        chunks.append(Chunk(float(part["time"][0]) / _TENTHS, len(part), end - begin, at))
    return chunks


def _packed_frames(frames: pd.DataFrame) -> NDArray[Any]:
    packed = np.zeros(len(frames), FRAME)
    packed["time"] = np.round(frames["seconds"].to_numpy(np.float64) * _TENTHS)
    packed["width"], packed["height"] = frames["frame_width"], frames["frame_height"]
    return packed


def _packed_rows(faces: pd.DataFrame, persons: Sequence[int]) -> NDArray[Any]:
    packed = np.zeros(len(faces), ROW)
    limits = np.iinfo(np.int16)
    boxes = faces[["x", "y", "width", "height"]].to_numpy(np.int64)
    packed["box"] = boxes.clip(limits.min, limits.max)
    packed["person"] = faces["person"].fillna(0).to_numpy(np.int64)
    packed["place"] = NO_PLACE
    for place, person in enumerate(persons):
        packed["place"][packed["person"] == person] = place
    packed["answer"] = answer_codes(faces)
    packed["scores"] = _as_bytes(faces[list(EMOTIONS)].to_numpy(np.float64))
    return packed


def _as_bytes(scores: NDArray[Any]) -> NDArray[np.uint8]:
    return np.nan_to_num(np.round(255 * scores)).clip(0, 255).astype(np.uint8)
