"""Boxes and labels on a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.analysis import FaceReading
from emotion_core.boxes import Box
from emotion_core.emotions import emotion_color_bgr

_FONT = cv2.FONT_HERSHEY_DUPLEX
_BLACK = (0, 0, 0)
_WHITE = (255, 255, 255)


@dataclass(frozen=True)
class _Pen:
    """Sizes in pixels that suit one picture."""

    line: int
    text_scale: float
    text_line: int
    padding: int

    @classmethod
    def for_image(cls, image: NDArray[np.uint8]) -> _Pen:
        # 480 lines is the live video's height: there the label is 14 pixels high.
        unit = max(min(image.shape[:2]) / 480, 0.8)
        return cls(
            line=max(2, round(2 * unit)),
            text_scale=0.6 * unit,
            text_line=max(1, round(unit)),
            padding=round(5 * unit),
        )


def draw_faces(image: NDArray[np.uint8], faces: Sequence[FaceReading]) -> NDArray[np.uint8]:
    """Return a copy of ``image`` with each face's box and label, such as "happy 93 %".

    Lines and letters grow with the picture. A label stays inside the picture and, where there is
    room, off the labels before it.

    Args:
        image: uint8 ``[H, W, 3]``, BGR.
        faces: in any order; the first ones get the best places for their labels.

    Returns:
        uint8 ``[H, W, 3]``, BGR.
    """
    canvas = image.copy()
    pen = _Pen.for_image(image)
    for face in faces:
        _draw_frame(canvas, face.box, emotion_color_bgr(face.emotion), pen)
    plates: list[Box] = []
    for face in faces:
        plates.append(_draw_label(canvas, face, pen, plates))
    return canvas


def label_text(face: FaceReading) -> str:
    """Return the label of ``face``: its expression and confidence in per cent, ASCII only."""
    return f"{face.emotion} {face.confidence * 100:.0f} %"


def _draw_frame(
    canvas: NDArray[np.uint8], box: Box, color: tuple[int, int, int], pen: _Pen
) -> None:
    corners = (box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1)
    cv2.rectangle(canvas, *corners, color, pen.line)


def _draw_label(
    canvas: NDArray[np.uint8], face: FaceReading, pen: _Pen, taken: Sequence[Box]
) -> Box:
    text = label_text(face)
    (width, ascent), descent = cv2.getTextSize(text, _FONT, pen.text_scale, pen.text_line)
    plate = _place_plate(
        face.box,
        (width + 2 * pen.padding, ascent + descent + pen.padding),
        (canvas.shape[1], canvas.shape[0]),
        taken,
    )
    color = emotion_color_bgr(face.emotion)
    bottom_right = plate.x + plate.width - 1, plate.y + plate.height - 1
    cv2.rectangle(canvas, (plate.x, plate.y), bottom_right, color, cv2.FILLED)
    origin = plate.x + pen.padding, plate.y + pen.padding // 2 + ascent + descent // 4
    ink = _text_color(color)
    cv2.putText(canvas, text, origin, _FONT, pen.text_scale, ink, pen.text_line, cv2.LINE_AA)
    return plate


def _place_plate(
    box: Box, size: tuple[int, int], image_size: tuple[int, int], taken: Sequence[Box]
) -> Box:
    """Return where the label goes: above the face, below it, or inside its top edge."""
    (width, height), (image_width, image_height) = size, image_size
    x = max(0, min(box.x, image_width - width))
    below = box.y + box.height
    choices = [Box(x, y, width, height) for y in (box.y - height, below, box.y)]
    for plate in choices:
        inside = plate.y >= 0 and plate.y + height <= image_height
        if inside and not any(_overlaps(plate, other) for other in taken):
            return plate
    y = max(0, min(choices[0].y, image_height - height))
    return Box(x, y, width, height)


def _overlaps(first: Box, second: Box) -> bool:
    return (
        first.x < second.x + second.width
        and second.x < first.x + first.width
        and first.y < second.y + second.height
        and second.y < first.y + first.height
    )


def _text_color(background: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return black or white, whichever contrasts more (WCAG 2 relative luminance)."""
    blue, green, red = ((value / 255) ** 2.2 for value in background)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return _BLACK if luminance > 0.179 else _WHITE
