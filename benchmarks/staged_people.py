"""Films of people who come, go, cross and turn away, and where each of them is.

Everybody has the face of scikit-image's astronaut, which a cascade finds as it finds any real one,
with a build, skin, hair and clothes of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import skimage.data
from clips import FILM_RATE, Image

from emotion_core.faces.boxes import Box

SIZE: Final = (640, 480)
#: A person's picture in pixels; the face is in the middle of it.
_WIDTH, _HEIGHT = 400, 520
_CENTER: Final = (200.0, 150.0)
#: Where the face is in the portrait, and its side.
_FACE: Final = (123.0, 103.0)
_SIDE: Final = 98.0


@dataclass(frozen=True)
class Costume:
    """What makes a person look different.

    Attributes:
        skin: factors of blue, green and red.
        hair: BGR.
        clothes: BGR.
        stripes: BGR of stripes across them; None for none.
        mirrored: whether the face is.
        wide: how wide the head is.
    """

    skin: tuple[float, float, float]
    hair: tuple[int, int, int]
    clothes: tuple[int, int, int]
    stripes: tuple[int, int, int] | None = None
    mirrored: bool = False
    wide: float = 1.0


#: Seven people; "Gil" is dressed as "Ada" is, and nothing else alike.
CAST: Final = {
    "Ada": Costume((1.0, 1.0, 1.0), (25, 30, 40), (40, 40, 170)),
    "Ben": Costume((0.55, 0.6, 0.65), (15, 15, 15), (150, 110, 60), mirrored=True, wide=1.1),
    "Cleo": Costume((0.95, 1.0, 1.05), (60, 150, 190), (60, 120, 50), (220, 220, 220), wide=0.92),
    "Dan": Costume((0.8, 0.85, 0.9), (40, 60, 95), (200, 200, 200), mirrored=True),
    "Eva": Costume((1.05, 1.0, 1.0), (90, 90, 95), (60, 60, 60), (30, 160, 220), wide=1.05),
    "Fay": Costume((0.7, 0.72, 0.78), (20, 22, 45), (170, 60, 130), mirrored=True, wide=0.95),
    "Gil": Costume((0.5, 0.55, 0.6), (10, 10, 10), (40, 40, 170), mirrored=True, wide=1.1),
}


def random_cast(seed: int) -> dict[str, Costume]:
    """Return the same names with other looks; "Gil" is dressed as "Ada" is, in other skin."""
    random = np.random.default_rng(seed)
    cast: dict[str, Costume] = {}
    for name in CAST:
        clothes = _colour(random, 20, 220)
        dark = float(random.uniform(0.45, 1.05))
        cast[name] = Costume(
            skin=(0.95 * dark, dark, 1.03 * dark),
            hair=_colour(random, 10, 170 if random.random() < 0.4 else 60),
            clothes=clothes,
            stripes=_colour(random, 20, 220) if random.random() < 0.3 else None,
            mirrored=bool(random.random() < 0.5),
            wide=float(random.uniform(0.92, 1.1)),
        )
    cast["Gil"] = replace(cast["Gil"], clothes=cast["Ada"].clothes, stripes=cast["Ada"].stripes)
    return cast


def _colour(random: np.random.Generator, low: float, high: float) -> tuple[int, int, int]:
    """Return a colour as clothes and hair have them: rather dull than gaudy."""
    light, tint = random.uniform(low, high), random.normal(0, 25, 3)
    blue, green, red = np.clip(light + tint, 5, 250).astype(int).tolist()
    return blue, green, red


@dataclass(frozen=True)
class Pose:
    """Where one person is in one frame.

    Attributes:
        x: centre of the face, in pixels.
        y: the same.
        side: of the face.
        degrees: the head's tilt, clockwise.
        turned: whether the back of the head shows; it is no face then.
    """

    x: float
    y: float
    side: float
    degrees: float = 0.0
    turned: bool = False

    @property
    def box(self) -> Box:
        """The face's box."""
        side = round(self.side)
        return Box(round(self.x - side / 2), round(self.y - side / 2), side, side)


#: Who is in the picture at a time in seconds; those behind come first.
Script = Callable[[float], dict[str, Pose]]


@dataclass(frozen=True)
class Stage:
    """One film.

    Attributes:
        seconds: how long it is.
        script: who is where.
        light: factor of brightness at a time in seconds.
    """

    seconds: float
    script: Script
    light: Callable[[float], float] = lambda _: 1.0

    def frames(
        self, cast: Mapping[str, Costume] | None = None
    ) -> Iterator[tuple[float, Image, dict[str, Box]]]:
        """Yield time, picture (uint8 ``[480, 640, 3]`` BGR) and the faces that are seen whole."""
        wall = cv2.cvtColor(cv2.resize(skimage.data.brick(), SIZE), cv2.COLOR_GRAY2BGR)
        noise = np.random.default_rng(0)
        for index in range(round(self.seconds * FILM_RATE)):
            time = index / FILM_RATE
            picture = np.asarray(wall, np.uint8).copy()
            faces: dict[str, Box] = {}
            for name, pose in self.script(time).items():
                _paste(picture, (cast or CAST)[name], pose)
                # Who stands behind somebody cannot be seen.
                faces = {
                    other: box
                    for other, box in faces.items()
                    if abs(box.center[0] - pose.x) > 0.9 * pose.side
                }
                half = 0.4 * pose.side
                if not pose.turned and half < pose.x < SIZE[0] - half:
                    faces[name] = pose.box
            lit = picture * self.light(time) + noise.normal(0, 3, (*picture.shape[:2], 1))
            yield time, np.clip(lit, 0, 255).astype(np.uint8), faces


def _sway(x: float, side: float, time: float, phase: float = 0.0) -> Pose:
    return Pose(
        x + 0.12 * side * math.sin(1.1 * time + phase),
        210 + 6 * math.sin(1.7 * time + phase),
        side * (1 + 0.05 * math.sin(0.7 * time + phase)),
        7 * math.sin(0.9 * time + phase),
    )


def _walk(time: float, *stops: tuple[float, float]) -> float:
    """Return where somebody is who is at these places (seconds, x), and walks in between."""
    seconds, places = zip(*stops, strict=True)
    return float(np.interp(time, seconds, places))


def _come_and_go(time: float) -> dict[str, Pose]:
    x = _walk(
        time, (5, 460), (7, 800), (11, 800), (13, 460), (17, 460), (19, 800), (22, -150), (24, 170)
    )
    y = _walk(time, (17, 170), (21, 170), (23, 440))
    return {"Ada": _sway(y, 110, time), "Ben": _sway(x, 120, time, 2)}


def _cross(time: float) -> dict[str, Pose]:
    walker = _walk(time, (3, 130), (7, 520), (10, 520), (14, 130), (17, 130), (21, 520))
    return {"Cleo": _sway(330, 105, time), "Dan": _sway(walker, 135, time, 1)}


def _turn_away(time: float) -> dict[str, Pose]:
    turned = any(start <= time < start + 4.5 for start in (3, 10, 18))
    ben = _sway(460, 115, time, 1)
    return {"Eva": _turned(_sway(190, 120, time), turned), "Ben": ben}


def _turned(pose: Pose, turned: bool) -> Pose:
    return Pose(pose.x, pose.y, pose.side, pose.degrees, turned)


def _one_after_another(time: float) -> dict[str, Pose]:
    names = ("Ada", "Ben", "Cleo", "Ada", "Dan", "Ben", "Eva", "Ada")
    turn, into = divmod(time, 4.0)
    if into > 3.2:
        return {}
    return {names[int(turn) % len(names)]: _sway(320, 125, time)}


def _dressed_alike(time: float) -> dict[str, Pose]:
    turn, into = divmod(time, 5.0)
    return {} if into > 3.5 else {("Ada", "Gil")[int(turn) % 2]: _sway(320, 125, time)}


def _crowd(time: float) -> dict[str, Pose]:
    poses = {}
    for index, name in enumerate(("Ada", "Ben", "Cleo", "Dan", "Eva", "Fay")):
        phase = (time + 4.0 * index) % 24.0
        if phase < 9.0:
            home = (120, 330, 540)[index % 3]
            x = _walk(phase, (0, -120), (1.5, home), (7, home), (9, 760))
            poses[name] = _sway(x, 95 + 5 * index, time, index)
    return poses


def _dim(time: float) -> dict[str, Pose]:
    return {} if 5 < time < 9 else {"Fay": _sway(320, 130, time)}


STAGES: Final = {
    "two, one leaves and comes back": Stage(27.0, _come_and_go),
    "two cross": Stage(24.0, _cross),
    "two, one turns away": Stage(25.0, _turn_away),
    "five, one after another": Stage(32.0, _one_after_another),
    "two dressed alike, one after another": Stage(20.0, _dressed_alike),
    "six come and go": Stage(48.0, _crowd),
    "one, the light goes dim meanwhile": Stage(14.0, _dim, lambda time: 1.0 if time < 7 else 0.85),
}


#: What is shown of casts drawn by chance.
FOR_OTHER_CASTS: Final = (
    "two, one leaves and comes back",
    "five, one after another",
    "six come and go",
)


def _paste(picture: Image, costume: Costume, pose: Pose) -> None:
    drawing, alpha = _drawn(costume, pose.turned)
    matrix = cv2.getRotationMatrix2D(_CENTER, -pose.degrees, pose.side / _SIDE)
    matrix[:, 2] += np.array((pose.x, pose.y)) - _CENTER
    own = cv2.warpAffine(drawing, matrix, SIZE).astype(np.float32)
    share = cv2.warpAffine(alpha, matrix, SIZE)[..., None]
    picture[:] = (picture * (1 - share) + own * share).round().astype(np.uint8)


_DRAWINGS: dict[tuple[Costume, bool], tuple[Image, np.ndarray]] = {}


def _drawn(costume: Costume, turned: bool) -> tuple[Image, np.ndarray]:
    if (costume, turned) not in _DRAWINGS:
        _DRAWINGS[costume, turned] = _draw(costume, turned)
    return _DRAWINGS[costume, turned]


def _draw(costume: Costume, turned: bool) -> tuple[Image, np.ndarray]:
    """Return a person's picture and how opaque each of its pixels is, float32 0 to 1."""
    size = _WIDTH, _HEIGHT
    body, head = np.zeros(size[::-1], np.uint8), np.zeros(size[::-1], np.uint8)
    shoulder = np.array(((20, 520), (40, 275), (150, 235), (170, 190)))
    cv2.fillPoly(body, [np.concatenate([shoulder, (_WIDTH, 0) + (-1, 1) * shoulder[::-1]])], 255)
    cv2.ellipse(head, (200, 140), (round(62 * costume.wide), 88), 0, 0, 360, 255, cv2.FILLED)
    picture = np.empty((*size[::-1], 3), np.float32)
    picture[:] = costume.clothes
    if costume.stripes is not None:
        for top in range(240, _HEIGHT, 36):
            picture[top : top + 12] = costume.stripes
    picture *= np.linspace(0.85, 1.1, _WIDTH)[:, None]
    if turned:
        picture[head > 0] = costume.hair
    else:
        face = _face(costume)
        picture[head > 0] = face[head > 0]
    alpha = np.maximum(cv2.GaussianBlur(body, (0, 0), 2), cv2.GaussianBlur(head, (0, 0), 2))
    return np.clip(picture, 0, 255).astype(np.uint8), alpha.astype(np.float32) / 255


def _face(costume: Costume) -> np.ndarray:
    portrait = np.ascontiguousarray(skimage.data.astronaut()[10:250, 100:340, ::-1])
    center = _FACE
    if costume.mirrored:
        portrait, center = portrait[:, ::-1], (portrait.shape[1] - 1 - center[0], center[1])
    move = np.array(
        (
            (costume.wide, 0, _CENTER[0] - costume.wide * center[0]),
            (0, 1, _CENTER[1] - center[1]),
        )
    )
    face = cv2.warpAffine(portrait, move, (_WIDTH, _HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    face = face.astype(np.float32) * np.array(costume.skin, np.float32)
    # Hair: all that is above the forehead or beside the cheeks.
    y, x = np.mgrid[:_HEIGHT, :_WIDTH]
    outside = ((x - 200) / (48 * costume.wide)) ** 2 + ((y - 158) / 66) ** 2
    hair = np.clip((outside - 0.9) * 4, 0, 1)[..., None] * (y < 230)[..., None]
    texture = 0.8 + 0.4 * face.mean(axis=2, keepdims=True) / 255
    return np.asarray(face * (1 - hair) + np.array(costume.hair) * texture * hair, np.float32)
