"""Photos of blocks that are no faces, and what finds and reads them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import EmotionDetector
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.photos.job import PhotoList, PhotosJob
from emotion_core.recorded.photos.reading import PhotoSettings


class FacesInTheCorner:
    """Finds one face for every 100 pixels of the picture's width, and notes how often it looks."""

    def __init__(self) -> None:
        self.looked = 0

    def detect(self, image: np.ndarray) -> list[Box]:
        self.looked += 1
        return [Box(10 + 5 * index, 12, 40, 40) for index in range(image.shape[1] // 100)]


class AlwaysHappy:
    """Is two thirds sure that every face is happy."""

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        scores = np.full((len(crops), len(EMOTIONS)), 1 / 18, np.float32)
        scores[:, EMOTIONS.index("happy")] = 2 / 3
        return scores


def use_finder(monkeypatch: pytest.MonkeyPatch) -> FacesInTheCorner:
    """Let photos be read without a model, and return what finds the faces."""
    finder = FacesInTheCorner()
    detector = EmotionDetector(finder, AlwaysHappy(), 0.5)
    monkeypatch.setattr(EmotionDetector, "load", lambda *_: detector)
    return finder


def photo(width: int, taken: str = "", offset: str = "") -> bytes:
    """Return a grey JPEG of this width, 90 high; with the time when it was taken."""
    exif = Image.Exif()
    if taken:
        exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = taken
        exif.get_ifd(IFD.Exif)[Base.OffsetTimeOriginal] = offset
    content = io.BytesIO()
    Image.new("RGB", (width, 90), (90, 90, 90)).save(content, "JPEG", exif=exif)
    return content.getvalue()


def write_photos(folder: Path) -> PhotoList:
    """Write four photos with two, no, one and no readable face."""
    contents = {
        "a.jpg": photo(200, "2024:05:01 12:34:56", "+02:00"),
        "b, and more.jpg": photo(60),
        "sub/c.jpg": photo(100),
        "sub/d.jpg": b"no photo",
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return PhotoList(tuple(contents), str(folder))


def job_of(folder: Path, photos: PhotoList) -> PhotosJob:
    """Return a job whose files lie in ``folder``."""
    photos.write(folder / "photos.json")
    return PhotosJob(
        "holiday", folder / "photos.json", len(photos.names), folder / "sessions" / "one",
        default_model_dir(), PhotoSettings(),
    )  # fmt: skip
