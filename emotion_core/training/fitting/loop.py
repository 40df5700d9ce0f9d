"""The loop of a training run: a checkpoint every epoch, resumed to the very same result.

A run lives in a folder of its own with ``metrics.jsonl`` (one line an epoch), ``confusion.json``
(of the last epoch) and ``checkpoint.npz`` (everything the next epoch depends on but the settings,
replaced atomically). Killing the process loses at most the epoch in progress.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import TrainingError
from emotion_core.judging.measures.evaluation import EvaluationReport, evaluate_logits
from emotion_core.system.storage.files import replace_file, write_json
from emotion_core.training.checks import check_training
from emotion_core.training.config import TrainingConfig
from emotion_core.training.data import batches, count_for_training, split_for_training
from emotion_core.training.fitting.augmentation import FaceAugmentation
from emotion_core.training.fitting.checkpoint import Checkpoint, Origin, damaged, read_checkpoint
from emotion_core.training.fitting.step import TrainingStep
from emotion_core.training.fitting.teachers import load_teacher
from emotion_core.training.fitting.watcher import TrainingWatcher
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.networks.loading import load_network
from emotion_core.training.networks.network import Network, NetworkShape, build_network
from emotion_core.training.networks.weights import adopt, deepen, reparametrize
from emotion_core.training.progress import (
    CHECKPOINT_FILE,
    CONFUSION_FILE,
    METRICS_FILE,
    EpochMetrics,
    TrainingProgress,
)
from emotion_core.training.teachers import Teacher
from emotion_core.training.warm_start import find_initial

#: Faces that a network which begins with another's weights takes its first moments from.
MOMENT_FACES = 256


@dataclass(frozen=True)
class TrainingResult:
    """A finished or stopped run.

    Attributes:
        network: the best epoch's network in its form to deploy, float32.
        best_epoch: counted from 1.
        epochs: one entry for each finished epoch.
        validation: report of the best epoch's logits, temperature 1.
        validation_logits: float32 ``[V, 7]`` of the best epoch.
        validation_set: the images that selected the epoch.
        completed: false when the run was stopped before its last epoch.
    """

    network: Network
    best_epoch: int
    epochs: tuple[EpochMetrics, ...]
    validation: EvaluationReport
    validation_logits: NDArray[np.float32]
    validation_set: FaceDataset
    completed: bool


class TrainingLoop:
    """Trains one run in this process; made by ``start`` or ``resume``."""

    def __init__(
        self,
        config: TrainingConfig,
        dataset: FaceDataset,
        folder: Path,
        origin: Origin,
    ) -> None:
        self.config = config
        self.origin = origin
        self.folder = folder
        self.dataset = dataset
        self.training_set, self.validation_set = split_for_training(dataset, config.seed)
        self.steps = math.ceil(len(self.training_set) / config.batch_size)
        self.epochs: list[EpochMetrics] = []
        self._best_weights: tuple[NDArray[Any], ...] = ()
        self._best_epoch = 0
        self._checkpoint_seconds = 0.0
        self._saved_at = -math.inf
        self._build()

    @classmethod
    def start(
        cls,
        config: TrainingConfig,
        dataset: FaceDataset,
        folder: Path,
        teachers: tuple[Teacher, ...] = (),
        initial: Path | None = None,
    ) -> TrainingLoop:
        """Begin a new run, with random weights or those of the model in the folder ``initial``.

        Raises:
            TrainingError: the folder holds an unfinished run, the data cannot be split, or the run
                would fail, see ``checks.training_problems``.
            DatasetError: there is no Training split.
        """
        if (folder / CHECKPOINT_FILE).exists():
            raise TrainingError(
                f"{folder} holds an unfinished run; continue it with --resume, or delete the "
                "folder to start over"
            )
        paths = [teacher.path for teacher in teachers]
        check_training(config, count_for_training(dataset), paths, initial)
        begun_with = None if initial is None else find_initial(initial, config)
        run = cls(config, dataset, folder, Origin(dataset.fingerprint, teachers, begun_with))
        if initial is not None:
            run._begin_with(load_network(initial))
        with replace_file(folder / METRICS_FILE) as temporary:
            temporary.write_text("", encoding="utf-8")
        return run

    @classmethod
    def resume(cls, config: TrainingConfig, dataset: FaceDataset, folder: Path) -> TrainingLoop:
        """Continue the run in ``folder`` from its last finished epoch, with the same settings.

        Raises:
            TrainingError: there is nothing to resume, it was started with other data, or its
                checkpoint is damaged.
        """
        checkpoint = read_checkpoint(folder)
        if checkpoint.origin.data != dataset.fingerprint:
            raise TrainingError(
                f"{folder} was started with other data than {dataset.name}; resume with the "
                "dataset it began with, or delete the folder to start over"
            )
        run = cls(config, dataset, folder, checkpoint.origin)
        run._restore(checkpoint)
        return run

    # Construction ---------------------------------------------------------------------------

    def _build(self) -> None:
        config = self.config
        keras.utils.set_random_seed(config.seed)
        self.network = build_network(
            config.architecture,
            self._shape(dropout=config.dropout),
            precision=config.precision,
        )
        total = self.steps * config.epochs
        self.augmentation = FaceAugmentation(config.augmentation, config.seed, total)
        warmup = round(total * config.warmup)
        self.schedule = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=config.learning_rate / 25 if warmup else config.learning_rate,
            decay_steps=max(1, total - warmup),
            warmup_target=config.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
        self.optimizer = keras.optimizers.AdamW(self.schedule, weight_decay=config.weight_decay)
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.optimizer.build(self.network.trainable_variables)

    def _deployed(self) -> Network:
        return build_network(self.config.architecture, self._shape(deployed=True))

    def _shape(self, *, dropout: float = 0.0, deployed: bool = False) -> NetworkShape:
        config = self.config
        return NetworkShape(config.filters, config.depths, dropout, deployed, config.border)

    def _begin_with(self, model: Network) -> None:
        deployed = self._deployed()
        deepen(model, deployed)
        adopt(self.network, deployed, self.training_set.images[:MOMENT_FACES, ..., None])

    def _training_step(self) -> TrainingStep:
        """Return the compiled step. A finished run needs none, and its teachers may be gone."""
        config = self.config
        teachers = tuple(load_teacher(each, config.precision) for each in self.origin.teachers)
        step = TrainingStep(self.network, self.augmentation, config, teachers)
        # XLA has no kernel for TensorFlow's affine warp, and is slower on a CPU; JAX has its own.
        compiled = "auto" if keras.backend.backend() == "jax" else False
        step.compile(optimizer=self.optimizer, jit_compile=compiled)
        return step

    @property
    def completed(self) -> bool:
        """Whether every epoch is done."""
        return len(self.epochs) == self.config.epochs

    # Checkpoints ----------------------------------------------------------------------------

    def _state_variables(self) -> list[Any]:
        """Return every variable the next step depends on, random states included."""
        variables = [*self.network.variables, *self.augmentation.variables]
        return [*variables, *self.optimizer.variables]

    def _save(self) -> None:
        state = () if self.completed else map(ops.convert_to_numpy, self._state_variables())
        checkpoint = Checkpoint(
            tuple(state), self._best_weights, self._best_epoch, tuple(self.epochs), self.origin
        )
        checkpoint.write(self.folder)

    def _restore(self, checkpoint: Checkpoint) -> None:
        self._best_weights, self._best_epoch = checkpoint.best_weights, checkpoint.best_epoch
        self.epochs = list(checkpoint.epochs)
        if not self.completed:
            try:
                for variable, value in zip(self._state_variables(), checkpoint.state, strict=True):
                    variable.assign(value)
            except ValueError as error:
                raise damaged(self.folder, error) from error
        # The process may have died between the two files, or have gone on after its checkpoint.
        lines = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in self.epochs)
        with replace_file(self.folder / METRICS_FILE) as temporary:
            temporary.write_text(lines, encoding="utf-8")

    # Running --------------------------------------------------------------------------------

    def run(
        self,
        *,
        on_progress: Callable[[TrainingProgress], None] | None = None,
        on_epoch: Callable[[EpochMetrics], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
        checkpoint_seconds: float = 0.0,
    ) -> TrainingResult:
        """Train to the last epoch, or until ``should_stop`` says so at the end of a step.

        Args:
            on_progress: called after every step.
            on_epoch: called after every epoch, once its checkpoint, if it is due, is on disk.
            should_stop: asked after every step; a stopped epoch is not counted.
            checkpoint_seconds: write a checkpoint after an epoch only when the last one is older
                than this; for accelerators, where an epoch takes less time than its checkpoint.
                Who stops or kills the run loses the epochs after the last one.

        Raises:
            TrainingError: stopped before the first epoch was finished, the loss is not a number, or
                a teacher is no longer the one that the run was started with.
            ModelError: a teacher cannot be read.
            OSError: the disk is full; the last checkpoint stays.
        """
        watcher = TrainingWatcher(
            epochs=self.config.epochs,
            steps=self.steps,
            images=len(self.training_set),
            epochs_done=len(self.epochs),
            finish_epoch=self.finish_epoch,
            on_progress=on_progress,
            on_epoch=on_epoch,
            should_stop=should_stop,
        )
        self._checkpoint_seconds = checkpoint_seconds
        done = len(self.epochs)
        if not self.completed:
            self._training_step().fit(
                batches(self.training_set, self.config, done),
                steps_per_epoch=self.steps,
                initial_epoch=done,
                epochs=self.config.epochs,
                callbacks=[watcher],
                shuffle=False,  # the batches come shuffled already
                verbose=0,
            )
        if not self.epochs:
            raise TrainingError("stopped before the first epoch was finished; nothing to keep")
        return self._result()

    def finish_epoch(self, epoch: int, logs: dict[str, float], seconds: float) -> EpochMetrics:
        """Judge the network after an epoch (counted from 1), keep the best, write a checkpoint."""
        logits = KerasClassifier(self.network).predict_logits(self.validation_set.images)
        report = evaluate_logits(logits, self.validation_set.labels)
        metrics = EpochMetrics(
            epoch=epoch,
            learning_rate=float(self.schedule(self.optimizer.iterations)),
            train_loss=logs["loss"],
            train_accuracy=logs["accuracy"],
            validation_accuracy=report.accuracy.value,
            validation_macro_f1=report.macro_f1.value,
            validation_log_loss=report.log_loss,
            images_per_second=len(self.training_set) / seconds,
            seconds=seconds,
        )
        earlier = [epoch.validation_accuracy for epoch in self.epochs]
        if not earlier or metrics.validation_accuracy > max(earlier):
            self._best_epoch = epoch
            self._best_weights = tuple(map(np.array, self.network.get_weights()))
        self.epochs.append(metrics)
        confusion = {"epoch": epoch, "confusion": report.confusion.tolist()}
        write_json(self.folder / CONFUSION_FILE, confusion)
        if self.completed or time.monotonic() - self._saved_at >= self._checkpoint_seconds:
            self._save()
            self._saved_at = time.monotonic()
        # After the checkpoint: who reads of an epoch here can go on from it.
        with (self.folder / METRICS_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(metrics)) + "\n")
            file.flush()
            os.fsync(file.fileno())  # a checkpoint without the epochs before it is of no use
        return metrics

    def _result(self) -> TrainingResult:
        config = self.config
        trained = build_network(config.architecture, self._shape())
        trained.set_weights(self._best_weights)
        network = self._deployed()
        reparametrize(trained, network)
        # Again, because this is what is shipped: other precision, rounded weights.
        logits = KerasClassifier(network).predict_logits(self.validation_set.images)
        return TrainingResult(
            network=network,
            best_epoch=self._best_epoch,
            epochs=tuple(self.epochs),
            validation=evaluate_logits(logits, self.validation_set.labels),
            validation_logits=logits,
            validation_set=self.validation_set,
            completed=self.completed,
        )

    def discard(self) -> None:
        """Delete the run's folder, once its result is kept elsewhere."""
        shutil.rmtree(self.folder)
