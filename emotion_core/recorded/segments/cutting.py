"""Where a video is cut, and what was read of one segment, in a file.

A segment is read by itself: its reader begins `LEAD` seconds before it, so that all faces are found
when it begins, and goes on for `TAIL` seconds after it, so that a face that is found then is
followed back into it. What two neighbours have both seen says which of their faces are the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.system.storage.files import replace_file

#: Seconds of video that are read at a time: what an interruption costs at most, and what one of
#: several processes takes.
SEGMENT_SECONDS: Final = 120.0
#: Seconds that are read before a segment, and after it.
LEAD: Final = 2.5
TAIL: Final = 3.5

# A last segment shorter than this share of the others is read with the one before.
_SHORTEST_SHARE: Final = 0.25
# Times of two readings of one frame differ by rounding.
SAME_TIME: Final = 1e-5


@dataclass(frozen=True)
class Segment:
    """A part of a video; times are seconds from the start of the video.

    Attributes:
        index: from 0.
        start: time of its first frame, at least.
        end: its frames lie before this time; infinite for the last one of a video.
    """

    index: int
    start: float
    end: float

    @property
    def read_from(self) -> float:
        """When its reader begins."""
        return max(0.0, self.start - LEAD)

    @property
    def read_to(self) -> float:
        """When its reader ends."""
        return self.end + TAIL


def segment_count(
    settings: RecordedSettings, seconds: float | None, length: float = SEGMENT_SECONDS
) -> int | None:
    """Return in how many segments a video is read; None where its length is not known.

    Args:
        settings: say which part of the video is read.
        seconds: how long the video is, by its header.
        length: seconds of a segment.
    """
    end = settings.end if settings.end is not None else seconds
    if end is None:
        return None
    return max(1, math.ceil((end - settings.start) / length - _SHORTEST_SHARE))


def segment_at(
    settings: RecordedSettings, index: int, count: int | None, length: float = SEGMENT_SECONDS
) -> Segment:
    """Return a segment of a video.

    Args:
        settings: say which part of the video is read.
        index: which one, from 0.
        count: how many there are; None where that is not known.
        length: seconds of a segment.
    """
    start = settings.start + index * length
    end = start + length
    if count is not None and index == count - 1:
        end = math.inf
    return Segment(index, start, min(end, settings.end or math.inf))


@dataclass(frozen=True, eq=False)
class SegmentReadings:
    """What was read of one segment, and of the seconds before and after it.

    Attributes:
        times: float64 ``[F]``, seconds from the start of the video, never falling.
        sizes: int32 ``[F, 2]``, width and height of each frame.
        frames: int32 ``[R]``, the frame that each face is in, as an index into ``times``; rising.
        tracks: int32 ``[R]``, a number for each face, the same as long as it is followed.
        boxes: int32 ``[R, 4]``: x, y, width and height in pixels.
        scores: float32 ``[R, 7]``, smoothed, probabilities in the order of ``EMOTIONS``.
        both_views: bool ``[R]``, whether the scores are the mean of both views of the face, it and
            its mirror image.
        look_rows: int32 ``[K]``, the face that each look is of, as an index into ``frames``.
        look_colours: float16 ``[K, 3, 4096]``: see `emotion_core.faces.persons.looks`.
        more: whether the video went on after all of this.
        complaint: what was wrong with a video that was read to its end all the same, or "".
    """

    times: NDArray[np.float64]
    sizes: NDArray[np.int32]
    frames: NDArray[np.int32]
    tracks: NDArray[np.int32]
    boxes: NDArray[np.int32]
    scores: NDArray[np.float32]
    both_views: NDArray[np.bool_]
    look_rows: NDArray[np.int32]
    look_colours: NDArray[np.float16]
    more: bool
    complaint: str

    def save(self, path: Path) -> None:
        """Write everything to a file, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        content = {name: value for name, value in vars(self).items() if name != "look_colours"}
        # Nearly all colours are not there at all.
        flat = self.look_colours.reshape(-1)
        places = np.flatnonzero(flat)
        content |= {"look_places": places.astype(np.int64), "look_values": flat[places]}
        with replace_file(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **content)

    @classmethod
    def load(cls, path: Path) -> SegmentReadings:
        """Return what `save` wrote.

        Raises:
            OSError: it cannot be read.
            ValueError, KeyError: it is something else.
        """
        with np.load(path, allow_pickle=False) as file:
            content: dict[str, Any] = dict(file)
        places, values = content.pop("look_places"), content.pop("look_values")
        colours = np.zeros((len(content["look_rows"]), 3, 4096), np.float16)
        colours.reshape(-1)[places] = values
        content["more"], content["complaint"] = bool(content["more"]), str(content["complaint"])
        readings = cls(**content, look_colours=colours)
        if readings.scores.shape != (len(readings.frames), len(EMOTIONS)):
            raise ValueError(f"scores of shape {readings.scores.shape}")
        return readings

    def own(self, segment: Segment) -> slice:
        """Return which of the frames lie in ``segment`` itself."""
        begin, end = np.searchsorted(self.times, (segment.start, segment.end))
        return slice(int(begin), int(end))

    def rows_of(self, frames: slice) -> slice:
        """Return which of the faces lie in consecutive ``frames``."""
        begin, end = np.searchsorted(self.frames, (frames.start, frames.stop))
        return slice(int(begin), int(end))
