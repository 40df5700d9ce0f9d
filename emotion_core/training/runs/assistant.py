"""Answers that need Keras for a process that must not import it: previews and measurements.

The assistant is a child process. It ends by itself when it has not been asked for a while, because
it takes 400 MB.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import EmotionCoreError, TrainingError
from emotion_core.system.native import start_keras
from emotion_core.system.processes.children import (
    Child,
    ChildEndedError,
    ChildError,
    packed,
    unpacked,
)
from emotion_core.system.processes.serving import give_way, serve
from emotion_core.system.progress import ShareProgress
from emotion_core.training.config import AugmentationConfig, TrainingConfig
from emotion_core.training.progress import TrainingSpeed

#: Seconds without a request after which the child ends.
IDLE_SECONDS: Final = 90.0


class Assistant:
    """Talks to the child, which it starts when it is first asked. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None

    def preview(
        self, faces: NDArray[np.uint8], config: AugmentationConfig, seed: int, rows: int
    ) -> NDArray[np.uint8]:
        """Return faces as the network will see them.

        Args:
            faces: uint8 ``[N, 48, 48]``.
            config: how far they are varied.
            seed: of the variation.
            rows: how many times.

        Returns:
            uint8 ``[rows, N, 48, 48]``.

        Raises:
            EmotionCoreError: the child failed.
        """
        answer = self._ask(
            {
                "task": "preview",
                "faces": packed(faces),
                "config": asdict(config),
                "seed": seed,
                "rows": rows,
            }
        )
        return unpacked(answer["faces"]).reshape(rows, *faces.shape)

    def measure(self, config: TrainingConfig, images: int, validation_images: int) -> TrainingSpeed:
        """Return how long the parts of a run with ``config`` take, after each was done on noise.

        Args:
            config: the settings; teachers are left out.
            images: images to train on.
            validation_images: images that are checked after each epoch.

        Raises:
            EmotionCoreError: the child failed.
        """
        request = {"task": "measure", "config": asdict(config)}
        counts = {"images": images, "validation_images": validation_images}
        return TrainingSpeed(**self._ask(request | counts))

    def close(self) -> None:
        """End the child; the next question starts another one."""
        with self._lock:
            if self._child is not None:
                self._child.close()
                self._child = None

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            try:
                try:
                    return self._running_child().ask(request)
                except ChildEndedError:  # perhaps just now, for want of requests
                    return self._running_child().ask(request)
            except ChildEndedError as error:
                raise EmotionCoreError(
                    "expected an answer from the process that previews and measures, found none; "
                    "it may have run out of memory: close other programs and try again"
                ) from error
            except ChildError as error:
                raise TrainingError(error.reason) from error

    def _running_child(self) -> Child:
        if self._child is None or not self._child.running:
            if self._child is not None:
                self._child.close()
            self._child = Child("emotion_core.training.runs.assistant")
        return self._child


# The child -----------------------------------------------------------------------------------


def _answer(request: dict[str, Any], _: ShareProgress) -> dict[str, Any]:
    _start_seconds()
    return _TASKS[request.pop("task")](**request)


def _preview(faces: dict[str, Any], config: dict[str, Any], seed: int, rows: int) -> dict[str, Any]:
    import keras

    from emotion_core.training.fitting.augmentation import FaceAugmentation

    augment = FaceAugmentation(AugmentationConfig(**config), seed)
    repeated = np.tile(unpacked(faces), (rows, 1, 1)).astype(np.float32)
    targets = np.zeros((len(repeated), 1), np.float32)
    varied, _ = augment(repeated[..., None], targets, training=True)
    pixels = keras.ops.convert_to_numpy(varied)[..., 0]
    return {"faces": packed(np.rint(pixels).clip(0, 255).astype(np.uint8))}


def _measure(config: dict[str, Any], images: int, validation_images: int) -> dict[str, Any]:
    from emotion_core.training.fitting.timing import measure_speed

    settings = TrainingConfig.from_json(config)
    return asdict(measure_speed(settings, images, validation_images, _start_seconds()))


@cache
def _start_seconds() -> float:
    """Start Keras with what a run needs of it, and return how long that took."""
    began = time.perf_counter()
    start_keras()
    from emotion_core.training.fitting import loop  # noqa: F401

    return time.perf_counter() - began


_TASKS: Final[dict[str, Callable[..., dict[str, Any]]]] = {"preview": _preview, "measure": _measure}


if __name__ == "__main__":
    give_way()
    serve(_answer, idle_seconds=IDLE_SECONDS)
