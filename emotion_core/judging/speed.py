"""How long a model takes for one face, measured now, under LiteRT and under Keras."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from emotion_core.emotions import FACE_SIZE
from emotion_core.errors import ModelError
from emotion_core.judging.measures.timing import time_in_turn
from emotion_core.system.processes.children import Child, ChildError, ChildTooSlowError

#: Faces timed for each model.
FACES: Final = 200

#: Importing TensorFlow takes seconds, and a busy machine is slow.
_MOST_SECONDS: Final = 180


@dataclass(frozen=True)
class Speed:
    """How long one face takes.

    Attributes:
        runtime: ``"LiteRT"`` or ``"Keras"``.
        faces: how many were timed.
        milliseconds: the median.
        fast: a tenth of the faces took less.
        slow: a tenth took longer.
    """

    runtime: str
    faces: int
    milliseconds: float
    fast: float
    slow: float

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return asdict(self)


def litert_speeds(model_dirs: Sequence[Path], faces: int = FACES) -> tuple[Speed, ...]:
    """Time models in LiteRT on one thread, as on live video.

    Args:
        model_dirs: model folders; they take turns, so that a busy machine slows all alike.
        faces: for each.

    Raises:
        ModelError: a model cannot be read.
    """
    from emotion_core.models.classifier import EmotionClassifier  # times of Keras need no LiteRT

    face = np.random.default_rng(0).integers(0, 256, (1, FACE_SIZE, FACE_SIZE)).astype(np.uint8)
    runners = {
        str(number): partial(EmotionClassifier.load(folder).predict_logits, face)
        for number, folder in enumerate(model_dirs)
    }
    return tuple(speed_of("LiteRT", times) for times in time_in_turn(runners, faces).values())


def keras_speeds(model_dirs: Sequence[Path], faces: int = FACES) -> tuple[Speed, ...]:
    """Time models in Keras, in a process of its own: this one stays without TensorFlow.

    Args:
        model_dirs: model folders.
        faces: for each.

    Raises:
        ModelError: a model cannot be read, or Keras is not there.
    """
    request = {"faces": faces, "folders": [str(folder.resolve()) for folder in model_dirs]}
    try:
        with Child("emotion_core.training.networks.speed") as child:
            times = child.ask(request, time_limit=_MOST_SECONDS)["milliseconds"]
    except ChildTooSlowError as error:
        raise ModelError(
            f"expected Keras to read {faces} faces within {_MOST_SECONDS} s; this machine is too "
            "busy, try again later"
        ) from error
    except ChildError as error:
        raise ModelError(f"Keras cannot run this model: {error.reason}") from error
    return tuple(speed_of("Keras", each) for each in times)


def speed_of(runtime: str, milliseconds: Sequence[float]) -> Speed:
    """Sum up the times of single faces; at least two."""
    tenths = statistics.quantiles(milliseconds, n=10)
    return Speed(runtime, len(milliseconds), statistics.median(milliseconds), tenths[0], tenths[-1])
