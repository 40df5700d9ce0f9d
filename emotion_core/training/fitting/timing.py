"""How long a run will take on this machine, told by doing each of its parts once, on noise."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.system.storage.temporary import TemporaryFolder
from emotion_core.training.config import TrainingConfig
from emotion_core.training.fitting.augmentation import FaceAugmentation
from emotion_core.training.fitting.checkpoint import Checkpoint, Origin
from emotion_core.training.fitting.export import write_litert
from emotion_core.training.fitting.step import TrainingStep
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.networks.network import Network, NetworkShape, build_network
from emotion_core.training.progress import TrainingSpeed

#: Seconds of steps that are timed, besides those that warm up.
MEASURED_SECONDS: Final = 3.0

_WARM_UP_STEPS: Final = 3
_MOST_STEPS: Final = 10_000
_MOST_VALIDATION_FACES: Final = 1024
#: How often the finished network reads all images that select the epoch: for the report, and for
#: the card's figures on those images as they are and five times on shifted boxes.
_READINGS_AFTER: Final = 7


def measure_speed(
    config: TrainingConfig, images: int, validation_images: int, start_seconds: float = 0.0
) -> TrainingSpeed:
    """Train some steps on noise, check, save and export, and return how long each of it took.

    Args:
        config: the settings; teachers are left out.
        images: images to train on.
        validation_images: images that are checked after each epoch.
        start_seconds: what a process takes to start with Keras.
    """
    keras.utils.clear_session()
    began = time.perf_counter()
    shape = NetworkShape(config.filters, config.depths, config.dropout, border=config.border)
    network = build_network(config.architecture, shape, precision=config.precision)
    augmentation = FaceAugmentation(config.augmentation, config.seed)
    step = TrainingStep(network, augmentation, config)
    optimizer = keras.optimizers.AdamW(config.learning_rate)
    step.compile(optimizer=optimizer, jit_compile=False)
    ends = _timed_steps(step, min(config.batch_size, images))
    timed = ends[_WARM_UP_STEPS:]
    seconds_per_step = (timed[-1] - timed[0]) / (len(timed) - 1)
    rate = min(config.batch_size, images) / seconds_per_step
    # Tracing and compiling the step's graph; the warm-up's steps belong to an epoch.
    preparing = ends[0] - began - seconds_per_step
    first_check, check = _timed_check(network, validation_images)
    with TemporaryFolder("timing") as folder:
        save = _seconds(lambda: _save(network, augmentation, optimizer, folder))
        export = _seconds(lambda: _export(config, folder))
    return TrainingSpeed(
        images_per_second=rate,
        seconds_per_epoch=images / rate + check + save,
        seconds_before=max(0.0, start_seconds + preparing + first_check - check),
        # The exported network is another one, whose graph is compiled anew.
        seconds_after=export + first_check + (_READINGS_AFTER - 1) * check,
    )


def _timed_steps(step: TrainingStep, size: int) -> list[float]:
    """Return when each step ended, of as many as fit into ``MEASURED_SECONDS`` and the warm-up."""
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (size, FACE_SIZE, FACE_SIZE, 1), np.uint8)
    targets = np.eye(len(EMOTIONS), dtype=np.float32)[random.integers(0, len(EMOTIONS), size)]
    batch = ({"faces": faces, "targets": targets},)
    ends: list[float] = []

    def note_end(_batch: int, logs: Any = None) -> None:  # noqa: ARG001  # Keras names it
        ends.append(time.perf_counter())
        measured = ends[-1] - ends[min(_WARM_UP_STEPS, len(ends) - 1)]
        step.stop_training = measured >= MEASURED_SECONDS

    step.fit(
        (batch for _ in range(_MOST_STEPS)),
        steps_per_epoch=_MOST_STEPS,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=note_end)],
        shuffle=False,
        verbose=0,
    )
    return ends


def _timed_check(network: Network, images: int) -> tuple[float, float]:
    """Return the seconds in which the network reads so many faces, at first and afterwards."""
    classifier = KerasClassifier(network)
    read = max(1, min(images, _MOST_VALIDATION_FACES))
    crops = np.random.default_rng(0).integers(0, 256, (read, FACE_SIZE, FACE_SIZE), np.uint8)
    first = _seconds(lambda: classifier.predict_logits(crops))
    again = _seconds(lambda: classifier.predict_logits(crops))
    check = again * images / read
    return max(0.0, first - again) + check, check


def _save(network: Network, augmentation: Any, optimizer: Any, folder: Path) -> None:
    """Write a checkpoint as large as the run's."""
    variables = [*network.variables, *augmentation.variables, *optimizer.variables]
    state = tuple(map(keras.ops.convert_to_numpy, variables))
    Checkpoint(state, tuple(network.get_weights()), 0, (), Origin("")).write(folder)


def _export(config: TrainingConfig, folder: Path) -> None:
    shape = NetworkShape(config.filters, config.depths, 0.0, deployed=True, border=config.border)
    network = build_network(config.architecture, shape)
    network.save(folder / "model.keras")
    write_litert(folder / "model.tflite", network)


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
