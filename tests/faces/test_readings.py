"""From a picture to faces with scores, and on to a table."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import EmotionDetector, FaceReading, faces_table

COLUMNS = ["face", "x", "y", "width", "height", "emotion", "confidence", "answer", *EMOTIONS]
CERTAINLY_HAPPY = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


class FixedFaces:
    """Finds the same faces in every picture."""

    def __init__(self, *boxes: Box) -> None:
        self.boxes = list(boxes)

    def detect(self, image: np.ndarray) -> list[Box]:
        assert image.dtype == np.uint8
        return self.boxes


class BrightnessClassifier:
    """Takes a crop's mean brightness for the probability of "happy", the rest is "neutral"."""

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        assert crops.shape[1:] == (48, 48)
        scores = np.zeros((len(crops), len(EMOTIONS)), np.float32)
        scores[:, EMOTIONS.index("happy")] = crops.mean(axis=(1, 2)) / 255
        scores[:, EMOTIONS.index("neutral")] = 1 - scores[:, EMOTIONS.index("happy")]
        return scores


def detector(*boxes: Box) -> EmotionDetector:
    return EmotionDetector(FixedFaces(*boxes), BrightnessClassifier())


@pytest.fixture
def image() -> np.ndarray:
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, 100:] = 255
    return image


def test_each_face_gets_the_scores_of_its_own_crop(image: np.ndarray) -> None:
    dark, bright = Box(10, 10, 60, 60), Box(120, 20, 50, 50)
    faces = detector(dark, bright).detect(image)
    assert [face.box for face in faces] == [dark, bright]
    assert [face.emotion for face in faces] == ["neutral", "happy"]
    assert [face.confidence for face in faces] == [1.0, 1.0]


def test_half_a_face_at_the_border(image: np.ndarray) -> None:
    (face,) = detector(Box(150, -25, 100, 50)).detect(image)
    assert face.confidence == 1.0


def test_below_the_threshold_a_face_is_uncertain(image: np.ndarray) -> None:
    image[:, 100:] = 140  # 140 / 255: 55% happy
    dark, middling = Box(10, 10, 60, 60), Box(120, 20, 50, 50)
    boxes = FixedFaces(dark, middling)
    faces = EmotionDetector(boxes, BrightnessClassifier(), 0.6).detect(image)
    assert [face.answer for face in faces] == ["neutral", "uncertain"]
    assert [face.emotion for face in faces] == ["neutral", "happy"]
    everything = EmotionDetector(boxes, BrightnessClassifier()).detect(image)
    assert [face.answer for face in everything] == ["neutral", "happy"]


def test_load_takes_the_threshold_of_the_models_card(tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"certainty_threshold": 0.99}))
    image = np.random.default_rng(0).integers(0, 256, (100, 200, 3), np.uint8)
    (face,) = EmotionDetector.load(folder, FixedFaces(Box(10, 10, 60, 60))).detect(image)
    assert face.certainty_threshold == 0.99
    assert (face.certain, face.answer) == (False, "uncertain")


class SidedClassifier:
    """Takes the share of brightness on a face's left for the probability of "happy"."""

    def __init__(self) -> None:
        self.read = 0

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        self.read += len(crops)
        left, right = crops[..., :24].sum(axis=(1, 2)), crops[..., 24:].sum(axis=(1, 2))
        scores = np.zeros((len(crops), len(EMOTIONS)), np.float32)
        scores[:, EMOTIONS.index("happy")] = left / (left + right)
        scores[:, EMOTIONS.index("neutral")] = right / (left + right)
        return scores


def test_read_carefully_a_face_and_its_mirror_image_are_averaged() -> None:
    image = np.full((100, 200, 3), 40, np.uint8)
    image[:, :50] = 200
    classifier = SidedClassifier()
    reader = EmotionDetector(FixedFaces(Box(20, 20, 60, 60)), classifier)
    (once,) = reader.detect(image)
    assert (once.emotion, classifier.read) == ("happy", 1)
    assert once.confidence > 0.7
    (careful,) = reader.detect(image, careful=True)
    assert classifier.read == 3
    assert careful.confidence == pytest.approx(0.5, abs=1e-3)
    assert careful.scores[EMOTIONS.index("neutral")] == pytest.approx(0.5, abs=1e-3)


def test_read_carefully_the_card_has_another_threshold(tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    content = json.loads((folder / "card.json").read_text())
    content["certainty_threshold"] = 0.2
    content["metrics"]["mirrored"] |= {"certainty_threshold": 0.9, "temperature": 100.0}
    (folder / "card.json").write_text(json.dumps(content))
    image = np.random.default_rng(0).integers(0, 256, (100, 200, 3), np.uint8)
    reader = EmotionDetector.load(folder, FixedFaces(Box(10, 10, 60, 60)))
    (once,), (careful,) = reader.detect(image), reader.detect(image, careful=True)
    assert (once.certainty_threshold, careful.certainty_threshold) == (0.2, 0.9)
    assert careful.confidence < 0.2 < once.confidence  # a hundred times as cautious


def test_read_carefully_a_picture_without_faces(image: np.ndarray) -> None:
    assert detector().detect(image, careful=True) == []


def test_no_faces(image: np.ndarray) -> None:
    assert detector().detect(image) == []


def test_gray_pictures_will_do(image: np.ndarray) -> None:
    assert len(detector(Box(1, 1, 20, 20)).detect(image[..., 0])) == 1


def test_load_refuses_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        EmotionDetector.load(tmp_path)


def test_reading_names_the_highest_score() -> None:
    reading = FaceReading(Box(0, 0, 1, 1), (0.1, 0.0, 0.1, 0.0, 0.5, 0.1, 0.2))
    assert reading.emotion == reading.answer == "sad"
    assert reading.confidence == 0.5
    assert reading.certain


@pytest.mark.parametrize(
    ("threshold", "answer"), [(0.0, "sad"), (0.5, "sad"), (0.51, "uncertain"), (1.0, "uncertain")]
)
def test_reading_is_certain_from_the_threshold_on(threshold: float, answer: str) -> None:
    scores = (0.1, 0.0, 0.1, 0.0, 0.5, 0.1, 0.2)
    reading = FaceReading(Box(0, 0, 1, 1), scores, threshold)
    assert (reading.answer, reading.certain) == (answer, answer == "sad")
    assert reading.emotion == "sad"


@pytest.mark.parametrize(
    "scores",
    [(), (1.0,), CERTAINLY_HAPPY[:-1], (0.5,) * 7, (1.5, -0.5, 0, 0, 0, 0, 0), (np.nan,) * 7],
)
def test_reading_refuses_what_are_not_seven_probabilities(scores: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"^scores: expected .*, found "):
        FaceReading(Box(0, 0, 1, 1), scores)


def test_reading_takes_rounding_errors() -> None:
    scores = np.random.default_rng(0).dirichlet(np.ones(7)).astype(np.float32)
    assert FaceReading(Box(0, 0, 1, 1), tuple(scores.tolist())).scores == tuple(scores.tolist())


def test_table() -> None:
    faces = [
        FaceReading(Box(5, -6, 7, 8), CERTAINLY_HAPPY),
        FaceReading(Box(1, 2, 3, 4), (0.25, 0.0, 0.0, 0.0, 0.75, 0.0, 0.0), 0.8),
    ]
    table = faces_table(faces)
    assert list(table.columns) == COLUMNS
    assert table.values.tolist() == [
        [1, 5, -6, 7, 8, "happy", 1.0, "happy", *CERTAINLY_HAPPY],
        [2, 1, 2, 3, 4, "sad", 0.75, "uncertain", 0.25, 0.0, 0.0, 0.0, 0.75, 0.0, 0.0],
    ]


def test_table_of_no_faces_has_the_same_columns() -> None:
    table = faces_table([])
    assert list(table.columns) == COLUMNS
    assert len(table) == 0
