"""The faces of one photo, read with their expressions, and what tells that from other readings."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.detectors import yunet_is_named
from emotion_core.faces.finding.finders import photo_finder, usual_photo_finder
from emotion_core.faces.pictures.apart import read_photo_apart
from emotion_core.faces.readings import EmotionDetector, FaceReading
from emotion_core.models.views import view_of
from emotion_core.recorded.identity import fingerprint, key_of, model_identity
from emotion_core.recorded.settings import YUNET
from emotion_core.system.native import quiet_native_libraries
from emotion_core.system.storage.json_reading import checked

#: Changed when another version would read the same photo otherwise: what it left is read anew.
READING_VERSION: Final = 1

# What libraries print while they load is silenced for the whole process.
_LOADING: Final = threading.Lock()


@dataclass(frozen=True)
class PhotoSettings:
    """How photos are read.

    Attributes:
        finder: what finds the faces, one of ``faces.finding.finders.FINDERS``; None is YuNet if the
            environment names its file, else the usual one.
        careful: whether each face is read as it is and in the mirror, and averaged.
    """

    finder: str | None = None
    careful: bool = True

    @property
    def finder_name(self) -> str:
        """Name of what finds the faces."""
        if self.finder is not None:
            return self.finder
        return YUNET if yunet_is_named() else usual_photo_finder()

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON values, with the finder's name."""
        return {"finder": self.finder_name, "careful": self.careful}


@dataclass(frozen=True)
class PhotoReadings:
    """What was read of one photo; plain values, for a file.

    Attributes:
        width: in pixels.
        height: in pixels.
        taken: when, see ``faces.pictures.heads.read_taken``.
        view: what was read of each face, one of ``emotion_core.models.views.VIEWS``.
        threshold: confidence from which on a reading is certain.
        boxes: x, y, width and height of each face in pixels, the largest first.
        scores: of each face, in the order of ``EMOTIONS``.
    """

    width: int
    height: int
    taken: str
    view: str
    threshold: float
    boxes: tuple[tuple[int, int, int, int], ...]
    scores: tuple[tuple[float, ...], ...]

    @property
    def faces(self) -> tuple[FaceReading, ...]:
        """The faces, the largest first."""
        return tuple(
            FaceReading(Box(*box), scores, self.threshold)
            for box, scores in zip(self.boxes, self.scores, strict=True)
        )

    @classmethod
    def of(
        cls, size: tuple[int, int], taken: str, view: str, faces: Sequence[FaceReading]
    ) -> PhotoReadings:
        """Return readings of a photo.

        Args:
            size: width and height in pixels.
            taken: when.
            view: what was read.
            faces: found in it.
        """
        return cls(
            *size, taken, view,
            faces[0].certainty_threshold if faces else 0.0,
            tuple((face.box.x, face.box.y, face.box.width, face.box.height) for face in faces),
            tuple(face.scores for face in faces),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Any) -> PhotoReadings:
        """Return the readings that `to_json` made ``content`` of.

        Raises:
            ValueError, KeyError: it is something else.
        """
        readings = checked(content, cls)
        _ = readings.faces  # seven probabilities each
        return readings


class PhotoReader:
    """Reads photos in this process, for any number of threads; foreign ones are decoded in another.

    The model is loaded with the first photo of each thread: where all are finished, there is none.

    Args:
        model: folder of the model.
        settings: how.
    """

    def __init__(self, model: Path, settings: PhotoSettings) -> None:
        self._model = model
        self._settings = settings
        # An interpreter of LiteRT is for one thread.
        self._own = threading.local()

    def key(self, source: Path | bytes) -> str:
        """Return what tells the reading of a photo from all others: by file, model and settings.

        Args:
            source: a file, or the content of one.

        Raises:
            OSError: the file cannot be read.
            ModelError: there is no such model.
        """
        content = fingerprint(source) if isinstance(source, Path) else _fingerprint_of(source)
        settings = self._settings.to_json()
        return key_of(READING_VERSION, content, self._identity, settings)

    def read(
        self, source: Path | bytes, name: str = "the photo"
    ) -> tuple[NDArray[np.uint8], PhotoReadings]:
        """Return a photo, BGR uint8 ``[H, W, 3]``, and what was read of it.

        Args:
            source: a file, or the content of one.
            name: what to call the content in an error's message; a file goes by its path.

        Raises:
            ImageError: it cannot be read.
            ModelError: the model, or the finder, cannot be used.
        """
        detector = self._detector  # what is wrong with it is wrong with every photo
        image, taken = read_photo_apart(source, name)
        careful = self._settings.careful
        faces = detector.detect(image, careful=careful)
        size = image.shape[1], image.shape[0]
        return image, PhotoReadings.of(size, taken, view_of(careful=careful), faces)

    @cached_property
    def _identity(self) -> list[Any]:
        return model_identity(self._model)

    @property
    def _detector(self) -> EmotionDetector:
        found: EmotionDetector | None = getattr(self._own, "detector", None)
        if found is None:
            finder = self._settings.finder
            with _LOADING, quiet_native_libraries():
                found = self._own.detector = EmotionDetector.load(
                    self._model, None if finder in (None, YUNET) else photo_finder(finder)
                )
        return found


def _fingerprint_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
