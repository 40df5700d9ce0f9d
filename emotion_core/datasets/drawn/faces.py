"""Faces of the demo, drawn large from a few dozen random measures and then shrunk to 48x48."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.drawn.canvas import Canvas, Points, band, curve, ellipse
from emotion_core.datasets.drawn.facial_actions import EXPRESSIONS, FacialActions, weakened
from emotion_core.emotions import FACE_SIZE


def draw_face(emotion: str, random: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one face with a random identity, pose and light: uint8 ``[48, 48]``, grey 0..255."""
    large = draw_large_face(emotion, random)
    small = cv2.resize(large, (FACE_SIZE, FACE_SIZE), interpolation=cv2.INTER_AREA)
    return _photographed(small.astype(np.float32), random)


def draw_large_face(emotion: str, random: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one face as for `draw_face`, not yet shrunk: uint8 ``[192, 192]``, grey 0..255."""
    variants = EXPRESSIONS[emotion]
    actions = weakened(variants[random.integers(len(variants))], random)
    canvas = Canvas(random)
    _Face(canvas, actions, random).draw()
    return canvas.image


def _photographed(face: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.uint8]:
    """Light a drawn face from one side, blur it a little and add a camera's noise."""
    direction = random.uniform(0.0, 2.0 * np.pi)
    axis = np.linspace(-1.0, 1.0, FACE_SIZE, dtype=np.float32)
    slope = np.cos(direction) * axis[None, :] + np.sin(direction) * axis[:, None]
    lit = face * (1.0 + random.uniform(0.0, 0.3) * slope)
    blurred = cv2.GaussianBlur(lit, (0, 0), random.uniform(0.3, 0.7))
    contrast, brightness = random.uniform(0.75, 1.1), random.normal(0.0, 12.0)
    noise = random.normal(0.0, random.uniform(1.5, 6.0), face.shape)
    photo = 128.0 + contrast * (blurred - 128.0) + brightness + noise
    clipped: NDArray[np.uint8] = np.clip(np.rint(photo), 0, 255).astype(np.uint8)
    return clipped


class _Face:
    """One person: random measures, drawn with given facial actions."""

    def __init__(self, canvas: Canvas, actions: FacialActions, random: np.random.Generator) -> None:
        self._canvas = canvas
        self._actions = actions
        self._random = random
        self._skin = random.uniform(105, 215)
        self._line = self._skin * random.uniform(0.45, 0.6)
        self._hair = random.uniform(15, 80) if random.random() < 0.8 else random.uniform(120, 200)
        self._brow = min(self._hair, self._skin * 0.5)
        self._width = random.uniform(0.7, 0.82)
        self._turn = random.normal(0.0, 0.05)
        self._eye_distance = random.uniform(0.31, 0.37)
        self._eye_y = random.uniform(-0.16, -0.08)
        self._eye_size = random.uniform(0.15, 0.18)
        self._mouth_y = random.uniform(0.46, 0.54)
        self._mouth_width = random.uniform(0.25, 0.31)
        self._lip = random.uniform(0.035, 0.06)
        self._brow_thickness = random.uniform(0.05, 0.085)

    def draw(self) -> None:
        """Draw everything, from the back to the front."""
        hair_style = self._random.choice(
            ["short", "long", "fringe", "bald"], p=[0.4, 0.3, 0.2, 0.1]
        )
        self._draw_background()
        self._draw_hair_behind(hair_style)
        self._draw_head()
        self._draw_cheeks()
        for side in (-1, 1):
            self._draw_eye(side)
            self._draw_brow(side)
        self._draw_folds()
        self._draw_nose()
        self._draw_mouth()
        if self._random.random() < 0.12:
            self._draw_glasses()
        self._draw_hair_in_front(hair_style)

    def _draw_background(self) -> None:
        for _ in range(self._random.integers(0, 4)):
            x, y = self._random.uniform(-1.3, 1.3, 2)
            size = self._random.uniform(0.2, 0.7, 2)
            self._canvas.fill(ellipse(x, y, *size), self._random.uniform(30, 225))

    def _draw_hair_behind(self, style: str) -> None:
        if style == "long":
            self._canvas.fill(ellipse(0.0, 0.1, self._width + 0.24, 1.3), self._hair)
        elif style != "bald":
            self._canvas.fill(ellipse(0.0, -0.3, self._width + 0.1, 0.88), self._hair)

    def _draw_head(self) -> None:
        neck = np.array([(-0.38, 0.6), (0.38, 0.6), (0.45, 1.5), (-0.45, 1.5)])
        self._canvas.fill(neck, self._skin * 0.72)
        for side in (-1, 1):
            ear = ellipse(side * self._width, 0.0, 0.1, 0.18)
            self._canvas.fill(ear, self._skin * 0.85)
        self._canvas.fill(self._outline(1.0), self._skin * 0.86)
        self._canvas.fill(self._outline(0.93), self._skin * 0.94)
        self._canvas.fill(self._outline(0.84), self._skin)

    def _outline(self, scale: float) -> Points:
        """Return the head's outline: an ellipse with a narrower jaw that opens with the mouth."""
        outline = ellipse(0.0, 0.0, self._width * scale, scale)
        below = np.clip(outline[:, 1], 0.0, None)
        outline[:, 0] *= 1.0 - 0.16 * below**2
        outline[:, 1] += below * 0.08 * self._actions.jaw
        return outline

    def _draw_cheeks(self) -> None:
        if self._actions.corners > 0.3:
            for side in (-1, 1):
                cheek = ellipse(side * 0.42 + self._turn, 0.22, 0.15, 0.1)
                self._canvas.fill(cheek, min(255.0, self._skin * 1.06))

    def _draw_eye(self, side: int) -> None:
        actions = self._actions
        x, y = side * self._eye_distance + self._turn, self._eye_y
        width = self._eye_size
        above = width * np.clip(0.5 + 0.42 * actions.upper_lid, 0.1, 1.0)
        below = width * np.clip(0.36 - 0.26 * actions.lower_lid, 0.06, 0.5)
        droop = 0.03 * max(0.0, -actions.upper_lid) * side
        upper = curve(
            (x - width, y - droop), (x - 0.5 * width, y - 2.0 * above),
            (x + 0.5 * width, y - 2.0 * above), (x + width, y + droop),
        )  # fmt: skip
        lower = curve(
            (x + width, y + droop), (x + 0.5 * width, y + 1.6 * below),
            (x - 0.5 * width, y + 1.6 * below), (x - width, y - droop),
        )  # fmt: skip
        socket = ellipse(x, y - 0.02, width * 1.3, width * 1.15)
        self._canvas.fill(socket, self._skin * 0.93)
        opening = np.concatenate([upper, lower])
        self._canvas.fill(opening, 242)
        iris = ellipse(x + 0.3 * self._turn, y - 0.25 * above, width * 0.44, width * 0.5)
        iris[:, 1] = np.clip(iris[:, 1], upper[:, 1].min(), lower[:, 1].max())
        self._canvas.fill(iris, 35)
        self._canvas.stroke(upper, self._line * 0.55, 0.045)
        self._canvas.stroke(lower, self._line * 1.1, 0.02)
        if actions.lower_lid > 0.35:
            bag = curve((x - width, y + 0.08), (x, y + 0.08 + 1.9 * below), (x + width, y + 0.08))
            self._canvas.stroke(bag, self._line * 1.35, 0.02)

    def _draw_brow(self, side: int) -> None:
        actions = self._actions
        y = self._eye_y - 0.25
        inner_x = side * (self._eye_distance - 0.19) + self._turn
        inner_x -= side * 0.04 * max(0.0, -actions.inner_brow)
        outer_x = side * (self._eye_distance + 0.2) + self._turn
        inner_y = y - 0.17 * actions.inner_brow
        outer_y = y + 0.03 - 0.15 * actions.outer_brow
        arch_y = 0.5 * (inner_y + outer_y) - 0.07 - 0.03 * actions.outer_brow
        line = curve((inner_x, inner_y), ((inner_x + outer_x) / 2, arch_y), (outer_x, outer_y))
        taper = self._brow_thickness * np.linspace(1.15, 0.5, len(line))
        self._canvas.fill(band(line, taper), self._brow)

    def _draw_folds(self) -> None:
        actions, turn = self._actions, self._turn
        root = self._eye_y - 0.16
        for side in (-1, 1):
            if actions.frown > 0.3:
                fold = curve((turn + side * 0.06, root - 0.12), (turn + side * 0.05, root + 0.06))
                self._canvas.stroke(fold, self._line, 0.03 * actions.frown)
            if actions.nose_wrinkle > 0.3:
                for step in (0.0, 0.09):
                    wrinkle = curve(
                        (turn + side * 0.03, root + 0.14 + step),
                        (turn + side * 0.14, root + 0.22 + step),
                    )
                    self._canvas.stroke(wrinkle, self._line, 0.03 * actions.nose_wrinkle)
            if actions.folds > 0.2:
                corner_x = self._half_mouth() + 0.1
                fold = curve(
                    (turn + side * 0.15, 0.2 - 0.06 * actions.nose_wrinkle),
                    (turn + side * (corner_x + 0.04), 0.27),
                    (turn + side * (corner_x + 0.02), self._mouth_y + 0.03),
                )
                shade = self._skin - (self._skin - self._line) * min(1.0, 0.4 + actions.folds)
                self._canvas.stroke(fold, shade, 0.03)
        if actions.forehead > 0.25:
            for step in (0.0, 0.11):
                y = self._eye_y - 0.52 - step
                fold = curve((turn - 0.3, y), (turn, y - 0.05), (turn + 0.3, y))
                self._canvas.stroke(fold, self._skin * 0.8, 0.025)

    def _draw_nose(self) -> None:
        turn, raised = 1.6 * self._turn, 0.05 * self._actions.nose_wrinkle
        base = 0.22 - raised
        flare = 0.1 + 0.5 * raised
        shadow = curve((turn + 0.02, self._eye_y), (turn + 0.07, 0.1), (turn + flare, base))
        self._canvas.stroke(shadow, self._skin * 0.82, 0.035)
        tip = curve((turn - flare, base), (turn, base + 0.09), (turn + flare, base))
        self._canvas.stroke(tip, self._line * 1.1, 0.03)
        for side in (-1, 1):
            self._canvas.fill(ellipse(turn + side * 0.055, base + 0.02, 0.03, 0.02), self._line)

    def _half_mouth(self) -> float:
        return self._mouth_width * (1.0 + 0.55 * self._actions.stretch)

    def _draw_mouth(self) -> None:
        actions = self._actions
        half = self._half_mouth()
        t = np.linspace(-1.0, 1.0, 21)
        bow = 1.0 - t**2
        x = self._turn + half * t
        rest = self._mouth_y - 0.15 * actions.corners * (t**2 - 0.45)
        round_bow = np.sqrt(np.clip(bow, 0.0, None))
        gap_above = 0.16 * actions.jaw * round_bow + 0.1 * actions.upper_lip * bow
        gap_below = 0.22 * actions.jaw * round_bow
        lip = self._lip * (1.0 - 0.6 * min(1.0, actions.press)) * (0.35 + 0.65 * bow)
        top, bottom = rest - gap_above, rest + gap_below
        lips = np.concatenate(
            [np.stack([x, top - lip], axis=1), np.stack([x, bottom + 1.25 * lip], axis=1)[::-1]]
        )
        self._canvas.fill(lips, self._skin * 0.66)
        gap = float((bottom - top).max())
        if gap < 0.06:
            self._canvas.stroke(np.stack([x, rest], axis=1), self._line * 0.6, 0.04)
        else:
            inside = np.concatenate(
                [np.stack([x, top], axis=1), np.stack([x, bottom], axis=1)[::-1]]
            )
            self._canvas.fill(inside, 28)
            self._draw_teeth(x, top, bottom)
        if actions.corners < -0.3:
            chin = self._mouth_y + 0.2 + 0.36 * actions.jaw
            fold = curve(
                (self._turn - 0.15, chin + 0.03),
                (self._turn, chin - 0.04),
                (self._turn + 0.15, chin + 0.03),
            )
            self._canvas.stroke(fold, self._skin * 0.8, 0.03)

    def _draw_teeth(
        self, x: NDArray[np.float64], top: NDArray[np.float64], bottom: NDArray[np.float64]
    ) -> None:
        """Show the upper teeth: fully in a smile or a snarl, hardly in a dropped jaw."""
        shown = np.clip(0.15 + self._actions.upper_lip + 0.6 * self._actions.corners, 0.0, 1.0)
        height = np.minimum(0.9 * (bottom - top), 0.11 * shown)
        inner = slice(2, -2)
        teeth = np.concatenate(
            [np.stack([x, top], axis=1)[inner], np.stack([x, top + height], axis=1)[inner][::-1]]
        )
        self._canvas.fill(teeth, 235)

    def _draw_glasses(self) -> None:
        gray = self._random.uniform(15, 70)
        for side in (-1, 1):
            x = side * self._eye_distance + self._turn
            self._canvas.stroke(ellipse(x, self._eye_y, 0.24, 0.2), gray, 0.03, closed=True)
            arm = np.array(
                [(x + side * 0.24, self._eye_y), (side * self._width, self._eye_y - 0.05)]
            )
            self._canvas.stroke(arm, gray, 0.03)
        bridge = np.array([(self._turn - 0.1, self._eye_y), (self._turn + 0.1, self._eye_y)])
        self._canvas.stroke(bridge, gray, 0.03)

    def _draw_hair_in_front(self, style: str) -> None:
        if style == "bald":
            return
        line = {"short": -0.72, "long": -0.7, "fringe": -0.52}[style]
        parting = self._random.uniform(-0.4, 0.4)
        reach = self._width + 0.06
        crown = curve((-reach, -0.25), (-reach, -1.35), (reach, -1.35), (reach, -0.25))
        hairline = curve(
            (reach, -0.25), (0.6, line), (parting, line - 0.1), (-0.6, line), (-reach, -0.25)
        )
        self._canvas.fill(np.concatenate([crown, hairline]), self._hair)
