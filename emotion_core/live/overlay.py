"""What a live video shows over its faces: boxes, labels, bars of all scores, or a blur."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, answer_color_bgr
from emotion_core.faces.boxes import Box
from emotion_core.faces.drawing import FONT, overlap
from emotion_core.faces.readings import FaceReading

# A blurred face keeps so many blocks a side: nobody can be told from them.
_BLOCKS: Final = 6
# Of a face's box in width: hair and chin are hidden too.
_BLURRED: Final = 1.4
# Height of a score's row in a picture of 480 lines: its name is in letters of 10 pixels then.
_ROW: Final = 17
# ... of one that suits letters of the font's own size.
_ROW_OF_SCALE_1: Final = 36
# Pixels between names, bars and the plate's edge.
_GAP: Final = 4
# A bar is at most so many rows' heights long.
_LONGEST: Final = 6
# The plate's grey.
_DARK: Final = 20


def blur(image: NDArray[np.uint8], boxes: Iterable[Box]) -> NDArray[np.uint8]:
    """Return a copy of ``image`` (uint8 ``[H, W, 3]``) that hides what is in and around ``boxes``.

    The details are gone, not only veiled: a few blocks are left of each face.
    """
    canvas = image.copy()
    height, width = image.shape[:2]
    for box in boxes:
        square = box.to_square(_BLURRED)
        left, top = max(0, square.x), max(0, square.y)
        right, bottom = min(width, square.x + square.width), min(height, square.y + square.height)
        if left < right and top < bottom:
            canvas[top:bottom, left:right] = _blocks(image[top:bottom, left:right])
    return canvas


def blur_all(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ``image`` (uint8 ``[H, W, 3]``) as a few blocks."""
    return _blocks(image)


def draw_bars(image: NDArray[np.uint8], faces: Sequence[FaceReading]) -> None:
    """Draw each face's seven scores into ``image`` (uint8 ``[H, W, 3]`` BGR), as named bars.

    They stand to the right of the face, or to its left where there is no room or somebody else's
    face; in the order and colours of ``EMOTIONS``, on a dark plate that all of these stand out
    from. A picture too small for a plate gets none.
    """
    size = image.shape[1], image.shape[0]
    # As the letters of labels do, rows grow with the picture: 480 lines is the live video's height.
    row = round(_ROW * max(min(size) / 480, 0.8))
    plates: list[Box] = []
    for face in faces:
        others = [other.box for other in faces if other is not face]
        plate = _place(face.box, row, size, [*others, *plates])
        if plate is not None:
            plates.append(plate)
            _draw_plate(image, plate, row, face.scores)


def _place(box: Box, row: int, size: tuple[int, int], taken: Sequence[Box]) -> Box | None:
    """Return where the scores of the face in ``box`` go, in rows of so many pixels' height.

    Args:
        box: of the face.
        row: height of a row.
        size: width and height of the picture.
        taken: where other faces and their scores are.
    """
    width, height = size
    names = _bars_begin(row)
    least = names + 2 * row
    most = names + min(max(2 * row, box.width // 2), _LONGEST * row)
    tall = row * len(EMOTIONS)
    if least > width or tall > height:
        return None
    top = max(0, min(box.y, height - tall))
    left, right = box.x - row // 2, box.x + box.width + row // 2
    places = []
    if right >= 0 and width - right >= least:
        places.append(Box(right, top, min(most, width - right), tall))
    if left <= width and left >= least:
        places.append(Box(left - min(most, left), top, min(most, left), tall))
    # Where the face takes all the width, over its edge.
    places.append(Box(max(0, min(right, width - least)), top, least, tall))
    free = (place for place in places if not any(overlap(place, other) for other in taken))
    return next(free, places[0])


def _draw_plate(image: NDArray[np.uint8], plate: Box, row: int, scores: Sequence[float]) -> None:
    part = image[plate.y : plate.y + plate.height, plate.x : plate.x + plate.width]
    part[:] = _plate_of_names(row)[:, : plate.width]
    left = _bars_begin(row)
    for index, (emotion, score) in enumerate(zip(EMOTIONS, scores, strict=True)):
        end = left + round(score * (plate.width - left - _GAP - 1))
        corners = (left, index * row + 2), (end, (index + 1) * row - 3)
        cv2.rectangle(part, *corners, answer_color_bgr(emotion), cv2.FILLED)


@functools.lru_cache(maxsize=16)
def _bars_begin(row: int) -> int:
    """Return how far from the plate's left edge its bars begin, after the longest name."""
    scale = row / _ROW_OF_SCALE_1
    widths = [cv2.getTextSize(emotion, FONT, scale, 1)[0][0] for emotion in EMOTIONS]
    return max(widths) + 3 * _GAP


@functools.lru_cache(maxsize=16)
def _plate_of_names(row: int) -> NDArray[np.uint8]:
    """Return a plate as wide as any, with names and no bars, uint8 ``[7 row, W, 3]``.

    Letters take longer to draw than a frame may: this is drawn once.
    """
    width = _bars_begin(row) + _LONGEST * row
    plate = np.full((row * len(EMOTIONS), width, 3), _DARK, np.uint8)
    for index, emotion in enumerate(EMOTIONS):
        foot = index * row + round(0.68 * row)
        white = (255, 255, 255)
        scale = row / _ROW_OF_SCALE_1
        cv2.putText(plate, emotion, (_GAP, foot), FONT, scale, white, 1, cv2.LINE_AA)
    return plate


def _blocks(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = part.shape[:2]
    few = cv2.resize(
        part, (min(_BLOCKS, width), min(_BLOCKS, height)), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
