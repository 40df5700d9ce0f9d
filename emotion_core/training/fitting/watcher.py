"""What happens after every step and epoch of a training run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import keras

from emotion_core.errors import TrainingError
from emotion_core.training.progress import EpochMetrics, TrainingProgress

if TYPE_CHECKING:
    from emotion_core.training.fitting.training_run import TrainingRun


class TrainingWatcher(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Turns Keras' callbacks into the run's checkpoints, progress and stops."""

    def __init__(
        self,
        run: TrainingRun,
        on_progress: Callable[[TrainingProgress], None] | None,
        on_epoch: Callable[[EpochMetrics], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        super().__init__()
        self.run = run
        self.on_progress = on_progress
        self.on_epoch = on_epoch
        self.should_stop = should_stop
        self.stopped = False
        self.started = time.monotonic()
        self.epoch_started = self.started
        self.first_step = len(run.epochs) * run.steps

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Note when the epoch, which Keras counts from 0, began."""
        self.epoch = epoch + 1
        self.epoch_started = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Report the step, which Keras counts from 0, and stop if somebody asked for it.

        Raises:
            TrainingError: the loss is not a number.
        """
        loss = (logs or {}).get("loss", math.nan)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} in epoch {self.epoch}; lower the learning rate"
            )
        if self.on_progress is not None:
            self.on_progress(self._progress(batch + 1, loss))
        if self.should_stop is not None and self.should_stop():
            self.stopped = True
            self.model.stop_training = True

    def _progress(self, step: int, loss: float) -> TrainingProgress:
        run = self.run
        total = run.config.epochs * run.steps
        done = (self.epoch - 1) * run.steps + step
        pace = (time.monotonic() - self.started) / max(1, done - self.first_step)
        return TrainingProgress(
            epoch=self.epoch,
            epochs=run.config.epochs,
            step=step,
            steps=run.steps,
            loss=loss,
            images_per_second=len(run.training_set) / run.steps / pace,
            epoch_seconds_left=pace * (run.steps - step),
            seconds_left=pace * (total - done),
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Judge the network and write its checkpoint, unless the epoch was cut short."""
        if self.stopped:
            return
        seconds = time.monotonic() - self.epoch_started
        metrics = self.run.finish_epoch(epoch + 1, dict(logs or {}), seconds)
        if self.on_epoch is not None:
            self.on_epoch(metrics)
