"""What a viewer may change while live video runs."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_core.faces.tracking import SMALLEST_FACE


@dataclass(frozen=True)
class LiveSettings:
    """What a viewer may change while the video runs.

    Attributes:
        detect: Whether to look for faces at all.
        smoothing_seconds: Time constant of the scores, 0 to 10; 0 shows every reading as it is.
        smallest_face: Side of the smallest face to find, 0.05 to 1 of the picture's shorter side.
        mirror: Whether the video comes back mirrored, as people know themselves.
        draw_boxes: Whether to draw the faces' boxes.
        draw_labels: Whether to draw their expressions.
        draw_bars: Whether to draw all seven scores beside each face.
        blur_faces: Whether to hide the faces. Faces that are not found are not hidden; without
            ``detect`` the whole picture is.

    Raises:
        ValueError: A number is out of its range.
    """

    detect: bool = True
    smoothing_seconds: float = 0.5
    smallest_face: float = SMALLEST_FACE
    mirror: bool = False
    draw_boxes: bool = True
    draw_labels: bool = True
    draw_bars: bool = False
    blur_faces: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (("smoothing_seconds", 0.0, 10.0), ("smallest_face", 0.05, 1.0)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name}: expected {low:g} to {high:g}, found {value}")
