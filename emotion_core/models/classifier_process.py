"""A slow model in a process of its own, which can be ended while it reads.

LiteRT cannot be told to stop: a model that takes minutes for some face would keep its thread for as
long. A quick one is read where it is needed, for it answers sooner than another process can.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ModelError
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import ModelCard
from emotion_core.system.processes.children import (
    Child,
    ChildError,
    ChildTooSlowError,
    packed,
    unpacked,
)
from emotion_core.system.processes.serving import Limits, give_way, serve
from emotion_core.system.progress import ShareProgress

#: The longest that one face may take. The slowest networks people bring take a second.
MOST_SECONDS: Final = 10.0

# Beginning takes a second, on a busy machine several.
_SECONDS_TO_BEGIN: Final = 60.0
# Its processor time grows with the video: this is a week of it.
_LIMITS: Final = Limits(memory_bytes=2 << 30, processor_seconds=7 * 86400, file_bytes=0)


class ClassifierProcess:
    """Reads faces as `EmotionClassifier` does; one thread at a time.

    Its process is there from the first face on, until ``close``; the next face begins another.

    Args:
        folder: that of the model.
        card: the model's card.
        seconds_a_face: how long it took to read one face.
    """

    def __init__(self, folder: Path, card: ModelCard, seconds_a_face: float) -> None:
        self.folder = folder
        self.card = card
        self.seconds_a_face = seconds_a_face
        self._child: Child | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The number of its process, if there is one."""
        child = self._child
        return None if child is None else child.pid

    def predict_scores(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 ``[N, 7]`` probabilities for uint8 ``[N, 48, 48]``; N may be 0.

        Raises:
            ModelError: it took longer than ``MOST_SECONDS`` a face, or its process ended.
        """
        with self._lock:
            begun = self._child is not None
            try:
                if self._child is None:
                    self._child = Child("emotion_core.models.classifier_process", bare=True)
                return self._ask(crops, 0.0 if begun else _SECONDS_TO_BEGIN)
            except ChildTooSlowError as error:
                self._end()
                raise ModelError(
                    f"{self.card.name}: expected a face to be read within {MOST_SECONDS:g} s, but "
                    "it took longer; use another model"
                ) from error
            except ChildError as error:
                self._end()
                raise ModelError(
                    f"{self.card.name}: expected scores from the process that reads faces, but it "
                    f"failed ({error.reason}); use another model"
                ) from error
            except OSError as error:
                raise ModelError(
                    f"{self.card.name}: expected to start a process that reads faces, but that "
                    f"failed ({error.strerror}); close other programs, or use another model"
                ) from error

    def close(self) -> None:
        """End the process; whoever waits for a face gets it first."""
        with self._lock:
            self._end()

    def _ask(self, crops: NDArray[np.uint8], seconds_to_begin: float) -> NDArray[np.float32]:
        assert self._child is not None
        answer = self._child.ask(
            {"folder": str(self.folder), "crops": packed(crops)},
            time_limit=seconds_to_begin + MOST_SECONDS * max(1, len(crops)),
        )
        return np.asarray(unpacked(answer["scores"]), np.float32)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.close()


_loaded: Final[dict[str, EmotionClassifier]] = {}


def read_faces(request: dict[str, Any], _: ShareProgress) -> dict[str, Any]:
    """Read faces in this process.

    Args:
        request: ``folder`` of the model, and ``crops``, packed.

    Returns:
        ``scores``, packed: float32 ``[N, 7]``.

    Raises:
        ModelError: the folder holds no usable model.
    """
    folder = request["folder"]
    if folder not in _loaded:
        _loaded[folder] = EmotionClassifier.load(Path(folder))
    return {"scores": packed(_loaded[folder].predict_scores(unpacked(request["crops"])))}


if __name__ == "__main__":
    give_way()
    serve(read_faces, limits=_LIMITS)
