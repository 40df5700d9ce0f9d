"""Where faces are: rectangles in pixel coordinates, and how far the face in them is tilted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """An upright rectangle in pixels; the origin is the image's top left corner.

    ``x`` and ``y`` may be negative and the box may reach beyond the image: a face at the border
    keeps its true size. Width and height are at least 1. ``angle`` is by how many degrees to turn
    the image against the clock, about the box's centre, to see the face upright.
    """

    x: int
    y: int
    width: int
    height: int
    angle: float = 0.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a box needs a width and height of at least 1, found {self}")

    @property
    def area(self) -> int:
        """Area in square pixels."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """Centre as (x, y) in pixels."""
        return self.x + self.width / 2, self.y + self.height / 2

    def scaled(self, factor: float) -> Box:
        """Return this box in an image that is ``factor`` times as large."""
        return Box(
            round(self.x * factor),
            round(self.y * factor),
            max(1, round(self.width * factor)),
            max(1, round(self.height * factor)),
            self.angle,
        )

    def to_square(self, scale: float = 1.0) -> Box:
        """Return the square with the same centre whose side is ``scale`` times the longer side."""
        side = max(1, round(max(self.width, self.height) * scale))
        center_x, center_y = self.center
        return Box(round(center_x - side / 2), round(center_y - side / 2), side, side, self.angle)


def intersection_over_union(first: Box, second: Box) -> float:
    """Return the Jaccard index of two boxes, 0.0 (apart) to 1.0 (equal)."""
    width = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    height = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (first.area + second.area - shared)
