"""From a picture to faces with scores: what the command line, the photo and the live page share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_faces
from emotion_core.faces.finding.detectors import FaceDetector
from emotion_core.faces.pictures.images import to_gray
from emotion_core.models.views import FittedViews, mirror, view_of

if TYPE_CHECKING:
    import pandas as pd

#: Columns of every table of faces: box in pixels, scores 0..1. ``answer`` is what pages and
#: pictures show: the emotion, or "uncertain".
FACE_COLUMNS: Final = (
    *("face", "x", "y", "width", "height", "emotion", "confidence", "answer"),
    *EMOTIONS,
)


class FaceClassifier(Protocol):
    """Anything that scores crops of faces, such as ``EmotionClassifier``."""

    def predict_scores(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 ``[N, 7]`` probabilities for uint8 ``[N, 48, 48]``; N may be 0."""
        ...


@dataclass(frozen=True)
class FaceReading:
    """One face and what its expression looks like.

    Attributes:
        box: where the face is, in pixels of the picture.
        scores: one calibrated probability 0..1 for each of ``EMOTIONS``, in that order; they
            add up to 1.
        certainty_threshold: confidence 0..1 from which on the reading is certain; the model's card
            states it.

    Raises:
        ValueError: the scores are not seven probabilities.
    """

    box: Box
    scores: tuple[float, ...]
    certainty_threshold: float = 0.0

    def __post_init__(self) -> None:
        if len(self.scores) != len(EMOTIONS):
            raise ValueError(f"scores: expected {len(EMOTIONS)} values, found {len(self.scores)}")
        if not math.isclose(sum(self.scores), 1.0, abs_tol=1e-3) or min(self.scores) < 0:
            raise ValueError(f"scores: expected probabilities adding up to 1, found {self.scores}")

    @property
    def emotion(self) -> str:
        """Name of the highest-scored expression."""
        return EMOTIONS[self.scores.index(max(self.scores))]

    @property
    def confidence(self) -> float:
        """Score of ``emotion``, 0..1."""
        return max(self.scores)

    @property
    def certain(self) -> bool:
        """Whether the confidence reaches the threshold."""
        return self.confidence >= self.certainty_threshold

    @property
    def answer(self) -> str:
        """What to tell a person: ``emotion``, or "uncertain"."""
        return self.emotion if self.certain else UNCERTAIN


@dataclass(frozen=True, slots=True)
class PersonReading:
    """A face on a video, and whose it is.

    Attributes:
        track: the same as long as the face is followed.
        person: the same when they come back; None in the first half second of a track.
        reading: the smoothed scores.
    """

    track: int
    person: int | None
    reading: FaceReading


class EmotionDetector:
    """Finds the faces in a picture and reads their expressions.

    Neither the Haar cascades nor the LiteRT interpreter are thread-safe: make one for each session
    or thread.

    Args:
        face_detector: finds the faces.
        classifier: scores their crops.
        certainty_threshold: confidence 0..1 below which a face's expression is "uncertain".
    """

    def __init__(
        self,
        face_detector: FaceDetector,
        classifier: FaceClassifier,
        certainty_threshold: float = 0.0,
    ) -> None:
        self.face_detector = face_detector
        self.classifier = classifier
        self.certainty_threshold = certainty_threshold
        self._views = FittedViews.of(classifier, certainty_threshold)

    @classmethod
    def load(
        cls, model_dir: Path | None = None, face_detector: FaceDetector | None = None
    ) -> EmotionDetector:
        """Return a detector with the model in ``model_dir`` and its certainty threshold.

        Args:
            model_dir: a model folder; the shipped model when left out.
            face_detector: finds the faces; the one that `finders.photo_finder` returns when left
                out.

        Raises:
            ModelError: the folder holds no usable model, or YuNet's file cannot be used.
        """
        # Imported here so that a detector with a classifier of one's own needs no LiteRT.
        from emotion_core.faces.finding.finders import photo_finder
        from emotion_core.models.classifier import EmotionClassifier

        face_detector = face_detector or photo_finder()
        classifier = EmotionClassifier.load(model_dir)
        return cls(face_detector, classifier, classifier.card.certainty_threshold)

    def detect(self, image: NDArray[np.uint8], *, careful: bool = False) -> list[FaceReading]:
        """Return the faces in ``image`` with their scores, the largest first.

        Args:
            image: uint8 ``[H, W, 3]``, BGR.
            careful: read each face and its mirror image, and average; twice the network's time.
        """
        gray = to_gray(image)
        boxes = self.face_detector.detect(gray)
        crops = crop_faces(gray, boxes)
        scores = np.asarray(self.classifier.predict_scores(crops), np.float64)
        if careful:
            scores = self._views.mean(scores, self.classifier.predict_scores(mirror(crops)))
        threshold = self._views.threshold(view_of(careful=careful))
        return [
            FaceReading(box, tuple(row), threshold)
            for box, row in zip(boxes, scores.tolist(), strict=True)
        ]


def face_row(number: int, face: FaceReading) -> dict[str, Any]:
    """Return one face as a flat row: what every table and file of faces holds, by ``FACE_COLUMNS``.

    Args:
        number: tells this face from the picture's others, from 1.
        face: the reading.
    """
    box = face.box
    place = box.x, box.y, box.width, box.height
    values = number, *place, face.emotion, face.confidence, face.answer, *face.scores
    return dict(zip(FACE_COLUMNS, values, strict=True))


def face_json(number: int, face: FaceReading) -> dict[str, Any]:
    """Return one face as files of JSON hold it: as ``face_row``, the scores nested, 6 digits."""
    row = {
        column: round(value, 6) if isinstance(value, float) else value
        for column, value in face_row(number, face).items()
    }
    scores = {emotion: row.pop(emotion) for emotion in EMOTIONS}
    return row | {"scores": scores}


def faces_table(faces: Sequence[FaceReading]) -> pd.DataFrame:
    """Return one row for each face, numbered from 1; no face gives the same columns and no row.

    Columns: face, x, y, width and height (pixels), emotion, confidence, answer (the emotion, or
    "uncertain") and one score (0..1) for each of ``EMOTIONS``.
    """
    import pandas as pd

    rows = [face_row(number, face) for number, face in enumerate(faces, start=1)]
    return pd.DataFrame(rows, columns=list(FACE_COLUMNS))
