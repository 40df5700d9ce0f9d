"""What the benchmarks of live video share: labelled clips, and films made from pictures."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box

DATA = Path(__file__).parent / "data"
CLIPS = ("two-people-turning-heads", "people-walking-and-pausing")
CLIP_RATE = 12.0
FILM_RATE = 30.0
#: scikit-image's pictures without a face; "noise" is made here.
FACELESS = ("cat", "coffee", "rocket", "text", "noise")
#: More of them. Not "coins": there are faces on them.
MORE_FACELESS = ("brick", "grass", "gravel", "page", "clock", "moon", "horse")

Image = NDArray[np.uint8]


def read_clip(folder: Path, clip: str) -> list[Image]:
    """Return the frames of a clip, uint8 ``[H, W, 3]`` BGR each."""
    path = folder / f"{clip}.mp4"
    video = cv2.VideoCapture(str(path))
    frames = []
    while True:
        there, frame = video.read()
        if not there:
            break
        frames.append(np.asarray(frame, np.uint8))
    if not frames:
        raise SystemExit(f"{path}: expected a video, found none; name its folder with --media")
    return frames


def labelled_faces(clip: str, frames: int) -> list[dict[str, Box]]:
    """Return each frame's faces by person: straight lines between the frames that were labelled."""
    with (DATA / f"{clip}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    columns = ("x", "y", "width", "height")
    faces: list[dict[str, Box]] = [{} for _ in range(frames)]
    for person in sorted({row["person"] for row in rows}):
        own = [row for row in rows if row["person"] == person]
        at = [int(row["frame"]) for row in own]
        for index in range(at[0], min(at[-1] + 1, frames)):
            place = (np.interp(index, at, [float(row[name]) for row in own]) for name in columns)
            faces[index][person] = Box(*(round(value) for value in place))
    return faces


def film_without_faces(name: str, seconds: float, size: tuple[int, int]) -> Iterator[Image]:
    """Yield a pan and zoom over a picture without a face, 30 frames a second."""
    picture = _picture(name)
    height, width = picture.shape[:2]
    frames = round(seconds * FILM_RATE)
    for index in range(frames):
        time = index / frames
        scale = max(size[0] / width, size[1] / height)
        scale *= 1.4 - 0.4 * math.cos(4 * math.pi * time)
        x = width / 2 + (width / 2 - size[0] / 2 / scale) * math.sin(6 * math.pi * time)
        y = height / 2 + (height / 2 - size[1] / 2 / scale) * math.sin(4 * math.pi * time + 1)
        matrix = np.array(
            [[scale, 0, size[0] / 2 - scale * x], [0, scale, size[1] / 2 - scale * y]]
        )
        frame = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT)
        yield np.asarray(frame, np.uint8)


def film_of_faces(faces: int, seconds: float, size: tuple[int, int]) -> Iterator[Image]:
    """Yield so many copies of a real face swaying before a wall, 30 frames a second."""
    width, height = size
    portrait = np.ascontiguousarray(skimage.data.astronaut()[10:250, 100:340, ::-1])
    wall = cv2.resize(_picture("brick"), size)
    side = min(height, width // faces) * 0.9
    for index in range(round(seconds * FILM_RATE)):
        frame = wall.copy()
        for face in range(faces):
            phase = index / FILM_RATE + 2 * face
            scale = side / 240 * (1 + 0.1 * math.sin(0.7 * phase))
            matrix = cv2.getRotationMatrix2D((120, 120), 12 * math.sin(0.9 * phase), scale)
            matrix[0, 2] += (face + 0.5) * width / faces - 120 + 0.03 * width * math.sin(phase)
            matrix[1, 2] += height / 2 - 120 + 0.03 * height * math.sin(1.3 * phase)
            cv2.warpAffine(portrait, matrix, size, dst=frame, borderMode=cv2.BORDER_TRANSPARENT)
        yield np.asarray(frame, np.uint8)


def _picture(name: str) -> Image:
    if name == "noise":
        return np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    picture = getattr(skimage.data, name)()
    if picture.dtype == bool:
        picture = picture * np.uint8(255)
    picture = np.asarray(picture, np.uint8)
    if picture.ndim == 2:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8)
    return np.ascontiguousarray(picture[..., 2::-1])
