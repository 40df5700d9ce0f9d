"""Begins or resumes a run, trains it and keeps its model: for the queue's trainer as for ``train``.

What differs between the two is who follows the run, and who may stop it: a ``Follower``. Keras is
imported when a run is opened, and not before.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from emotion_core.datasets.types import FaceDataset
from emotion_core.models.folder import ModelCard
from emotion_core.training.progress import EpochMetrics, TrainingProgress
from emotion_core.training.runs.plan import RunPlan
from emotion_core.training.teachers import find_teachers

if TYPE_CHECKING:
    from emotion_core.training.fitting.loop import TrainingLoop, TrainingResult


class Follower(Protocol):
    """Whoever is told how a run goes, and may end it."""

    def log(self, line: str) -> None:
        """Take note of a line that stays."""

    def show_progress(self, progress: TrainingProgress) -> None:
        """Show where the run stands; called after every step."""

    def should_stop(self) -> bool:
        """Tell whether the run is to stop; asked after every step."""


def open_training(
    plan: RunPlan, dataset: FaceDataset, folder: Path, follower: Follower, *, resume: bool
) -> TrainingLoop:
    """Begin a run, or go on from its checkpoint.

    Args:
        plan: settings, teachers, and the model to begin with.
        dataset: what it learns from.
        folder: the run's.
        follower: who follows it.
        resume: go on from the checkpoint in ``folder``.

    Raises:
        EmotionCoreError: it would fail, or cannot be resumed, see ``TrainingLoop``.
    """
    from emotion_core.training.fitting.loop import TrainingLoop

    if resume:
        training = TrainingLoop.resume(plan.config, dataset, folder)
    else:
        teachers = find_teachers([Path(path) for path in plan.teachers])
        initial = None if plan.initial is None else Path(plan.initial)
        training = TrainingLoop.start(plan.config, dataset, folder, teachers, initial)
    follower.log(
        f"{dataset.name}: {len(training.training_set):,} images to train on, "
        f"{len(training.validation_set):,} to select the best epoch with"
    )
    if training.epochs:
        follower.log(f"Resumed after epoch {len(training.epochs)}")
    return training


def train(
    training: TrainingLoop,
    follower: Follower,
    *,
    add_epoch: Callable[[EpochMetrics], None] | None = None,
    checkpoint_seconds: float = 0.0,
) -> TrainingResult:
    """Train to the last epoch, or until the follower stops it; see ``TrainingLoop.run``.

    Args:
        training: the run.
        follower: who follows it.
        add_epoch: called after every epoch, whose figures the follower is told as a line.
        checkpoint_seconds: write checkpoints no more often than this.

    Raises:
        EmotionCoreError: it fails, or is stopped before its first epoch is finished.
        OSError: the disk is full; the last checkpoint stays.
    """

    def on_epoch(metrics: EpochMetrics) -> None:
        if add_epoch is not None:
            add_epoch(metrics)
        follower.log(
            f"epoch {metrics.epoch} of {training.config.epochs}: loss {metrics.train_loss:.4f}, "
            f"accuracy {metrics.train_accuracy:.4f}, validation accuracy "
            f"{metrics.validation_accuracy:.4f}, macro F1 {metrics.validation_macro_f1:.4f}, "
            f"{metrics.images_per_second:.0f} images/s"
        )

    return training.run(
        on_progress=follower.show_progress,
        on_epoch=on_epoch,
        should_stop=follower.should_stop,
        checkpoint_seconds=checkpoint_seconds,
    )


def keep_model(
    training: TrainingLoop,
    result: TrainingResult,
    model: Path,
    follower: Follower,
    *,
    run_id: str | None = None,
) -> ModelCard:
    """Keep the best epoch as the model folder ``model``, and return its card.

    Raises:
        ModelError: ``model`` is something else, or the exported forms disagree.
        OSError: the disk is full or cannot be written; nothing is changed.
    """
    from emotion_core.training.fitting.export import export_run

    card = export_run(training, result, model, run_id=run_id)
    follower.log(
        f"Saved {model}: epoch {result.best_epoch} of {len(result.epochs)}, accuracy "
        f"{card.metrics['accuracy']:.4f} and macro F1 {card.metrics['macro_f1']:.4f} on "
        f"{card.data['selected_on']}, temperature {card.temperature:.3f}"
    )
    return card
