"""Films with a face that is none, and what finds and reads it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.search import Find
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.analysis import VideoAnalyst
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.video.sources import VideoFile

RATE = 20
SIZE = (320, 240)
SIDE = 64

_random = np.random.default_rng(5)
_PATCH = cv2.resize(_random.integers(0, 256, (16, 16, 3)).astype(np.uint8), (SIDE, SIDE))
_SCENE = cv2.resize(_random.integers(60, 190, (12, 16, 3)).astype(np.uint8), SIZE)
_GRAY_PATCH = cv2.cvtColor(_PATCH, cv2.COLOR_BGR2GRAY)


def place_at(seconds: float) -> tuple[int, int]:
    """Return where the face's left upper corner is."""
    return round(100 + 60 * np.sin(seconds)), round(80 + 30 * np.cos(0.7 * seconds))


def picture_at(seconds: float, *, shown: bool = True) -> np.ndarray:
    image = _SCENE.copy()
    if shown:
        x, y = place_at(seconds)
        image[y : y + SIDE, x : x + SIDE] = _PATCH
    return image


def write_face_film(
    path: Path,
    seconds: float = 3.0,
    *,
    times: list[float] | None = None,
    shown: Callable[[float], bool] = lambda _: True,
    codec: str = "libx264",
) -> Path:
    """Write a film with frames at these times, `RATE` a second when left out."""
    times = times or [index / RATE for index in range(round(seconds * RATE))]
    with av.open(str(path), "w") as container:
        options = {"g": "20"} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.thread_count = 1
        for time in times:
            image = picture_at(time, shown=shown(time))
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


class PatchFinder:
    """Finds the face; not before it was asked so often."""

    def __init__(self, blind_for: int = 0) -> None:
        self.blind_for = blind_for

    def search(self, gray: np.ndarray, _: float) -> list[Find]:
        self.blind_for -= 1
        return [] if self.blind_for >= 0 else self._found(gray)

    def confirm(self, gray: np.ndarray, *_: object) -> Find | None:
        return next(iter(self._found(gray)), None)

    def follow(self, gray: np.ndarray, *_: object) -> Find | None:
        return next(iter(self._found(gray)), None)

    def _found(self, gray: np.ndarray) -> list[Find]:
        answer = cv2.matchTemplate(gray, _GRAY_PATCH, cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(answer)
        return [Find(Box(x, y, SIDE, SIDE))] if best > 0.8 else []


class ByBrightness:
    """Reads a crop by its left half: in the mirror it says something else."""

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        scores = np.full((len(crops), len(EMOTIONS)), 0.05, np.float32)
        happy = crops[:, :, :24].mean(axis=(1, 2)) / 255
        scores[:, EMOTIONS.index("happy")] = 0.1 + 0.6 * happy
        scores[:, EMOTIONS.index("sad")] = 0.65 - 0.6 * happy
        return scores


def analyst(*, blind_for: int = 0, segment_seconds: float = 1000.0) -> VideoAnalyst:
    return VideoAnalyst(
        segment_seconds=segment_seconds,
        classifier=lambda _: ByBrightness(),
        finder=lambda _: PatchFinder(blind_for),
    )


def job(film: Path, target: Path, **settings: object) -> VideoJob:
    return VideoJob(VideoFile.at(film), target, default_model_dir(), RecordedSettings(**settings))
