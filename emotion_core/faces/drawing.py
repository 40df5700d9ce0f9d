"""Boxes and labels on a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import UNCERTAIN, answer_color_bgr
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading

#: Of everything that is written on a picture.
FONT = cv2.FONT_HERSHEY_DUPLEX
_BLACK = (0, 0, 0)
_WHITE = (255, 255, 255)


# A label on a small face shrinks towards the face's width, but no further than this.
_SMALLEST_LABEL = 0.75


@dataclass(frozen=True)
class _Pen:
    """Sizes in pixels that suit one picture."""

    line: int
    text_scale: float
    text_line: int
    padding: int

    @classmethod
    def for_image(cls, image: NDArray[np.uint8]) -> _Pen:
        # 480 lines is the live video's height: there a letter is 12 pixels high.
        return cls.for_unit(max(min(image.shape[:2]) / 480, 0.8))

    @classmethod
    def for_unit(cls, unit: float) -> _Pen:
        return cls(
            line=max(2, round(2 * unit)),
            text_scale=0.6 * unit,
            text_line=max(1, round(unit)),
            padding=round(5 * unit),
        )

    def for_label(self, width: int, face: Box) -> _Pen:
        """Return the pen for a label that is ``width`` pixels wide when this pen writes it."""
        shrink = min(1.0, max(_SMALLEST_LABEL, face.width / width))
        return self.for_unit(self.text_scale / 0.6 * shrink)


def draw_faces(
    image: NDArray[np.uint8],
    faces: Sequence[FaceReading],
    *,
    numbers: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Return a copy of ``image`` with each face's box and label; see `draw_faces_on`.

    Args:
        image: uint8 ``[H, W, 3]``, BGR.
        faces: in any order; the first ones get the best places for their labels.
        numbers: one for each face, to stand before its label.

    Returns:
        uint8 ``[H, W, 3]``, BGR.
    """
    canvas = image.copy()
    draw_faces_on(canvas, faces, numbers=numbers)
    return canvas


def draw_faces_on(
    canvas: NDArray[np.uint8],
    faces: Sequence[FaceReading],
    *,
    boxes: bool = True,
    labels: bool = True,
    numbers: Sequence[int | str | None] | None = None,
) -> None:
    """Draw each face's box and label, such as "happy 93%", into a picture.

    What is uncertain is grey, and its label hollow. Lines and letters grow with the picture. A
    label stays inside the picture and, where there is room, off the other faces and the labels
    before it.

    Args:
        canvas: uint8 ``[H, W, 3]``, BGR.
        faces: in any order; the first ones get the best places for their labels.
        boxes: whether to draw the boxes.
        labels: whether to draw the labels.
        numbers: one for each face, or a name (ASCII only), to stand before its label; None for
            one without.
    """
    pen = _Pen.for_image(canvas)
    for face in faces if boxes else ():
        _draw_frame(canvas, face.box, answer_color_bgr(face.answer), pen)
    plates: list[Box] = []
    for index, face in enumerate(faces if labels else ()):
        others = [other.box for other in faces if other is not face]
        number = None if numbers is None else numbers[index]
        text = label_text(face) if number is None else f"{number}: {label_text(face)}"
        plates.append(_draw_label(canvas, face, text, pen, plates, others))


def label_text(face: FaceReading) -> str:
    """Return the label of ``face``, ASCII only: "happy 93%", or "uncertain (sad 31%)"."""
    reading = f"{face.emotion} {face.confidence * 100:.0f}%"
    return reading if face.certain else f"{UNCERTAIN} ({reading})"


def _draw_frame(
    canvas: NDArray[np.uint8], box: Box, color: tuple[int, int, int], pen: _Pen
) -> None:
    corners = (box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1)
    # The dark edge keeps a grey frame visible before a grey wall, and a bright one in the sun.
    cv2.rectangle(canvas, *corners, _BLACK, pen.line + 2)
    cv2.rectangle(canvas, *corners, color, pen.line)


def _draw_label(
    canvas: NDArray[np.uint8],
    face: FaceReading,
    text: str,
    pen: _Pen,
    plates: Sequence[Box],
    others: Sequence[Box],
) -> Box:
    pen = pen.for_label(_plate_size(text, pen)[0], face.box)
    image_size = canvas.shape[1], canvas.shape[0]
    plate = _place_plate(face.box, _plate_size(text, pen), image_size, plates, others)
    color = answer_color_bgr(face.answer)
    bottom_right = plate.x + plate.width - 1, plate.y + plate.height - 1
    cv2.rectangle(canvas, (plate.x, plate.y), bottom_right, color, cv2.FILLED)
    if not face.certain:  # hollow: told from neutral by more than its shade of grey
        inset = pen.line
        inner = bottom_right[0] - inset, bottom_right[1] - inset
        cv2.rectangle(canvas, (plate.x + inset, plate.y + inset), inner, _BLACK, cv2.FILLED)
    (_, ascent), descent = cv2.getTextSize(text, FONT, pen.text_scale, pen.text_line)
    origin = plate.x + pen.padding, plate.y + pen.padding // 2 + ascent + descent // 4
    ink = _text_color(color if face.certain else _BLACK)
    cv2.putText(canvas, text, origin, FONT, pen.text_scale, ink, pen.text_line, cv2.LINE_AA)
    return plate


def _plate_size(text: str, pen: _Pen) -> tuple[int, int]:
    (width, ascent), descent = cv2.getTextSize(text, FONT, pen.text_scale, pen.text_line)
    return width + 2 * pen.padding, ascent + descent + pen.padding


def _place_plate(
    box: Box,
    size: tuple[int, int],
    image_size: tuple[int, int],
    plates: Sequence[Box],
    others: Sequence[Box],
) -> Box:
    """Return where the label goes: above the face, below it, or inside its top edge.

    The first place counts that is free of labels and other faces, else of labels, else any.
    """
    (width, height), (image_width, image_height) = size, image_size
    x = max(0, min(box.x, image_width - width))
    tops = (box.y - height, box.y + box.height, box.y)
    choices = [Box(x, y, width, height) for y in tops if 0 <= y <= image_height - height]
    for obstacles in ([*plates, *others], plates, []):
        for plate in choices:
            if not any(overlap(plate, obstacle) for obstacle in obstacles):
                return plate
    return Box(x, max(0, min(tops[0], image_height - height)), width, height)


def overlap(first: Box, second: Box) -> bool:
    """Tell whether two places have a pixel in common."""
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
