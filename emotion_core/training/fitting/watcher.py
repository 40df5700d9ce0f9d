"""What happens after every step and epoch of a training run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import keras

from emotion_core.errors import TrainingError
from emotion_core.training.progress import EpochMetrics, TrainingProgress

#: Ends an epoch: its number, counted from 1, what Keras measured, and the seconds it took.
FinishEpoch = Callable[[int, dict[str, float], float], EpochMetrics]


class TrainingWatcher(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Turns Keras' callbacks into a run's checkpoints, progress and stops.

    Args:
        epochs: of the whole run.
        steps: of an epoch.
        images: that an epoch learns from.
        epochs_done: by an earlier process.
        finish_epoch: judges the network and writes its checkpoint.
        on_progress: called after every step.
        on_epoch: called after every epoch.
        should_stop: asked after every step.
    """

    def __init__(
        self,
        *,
        epochs: int,
        steps: int,
        images: int,
        epochs_done: int,
        finish_epoch: FinishEpoch,
        on_progress: Callable[[TrainingProgress], None] | None,
        on_epoch: Callable[[EpochMetrics], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        super().__init__()
        self.epochs = epochs
        self.steps = steps
        self.images = images
        self.finish_epoch = finish_epoch
        self.on_progress = on_progress
        self.on_epoch = on_epoch
        self.should_stop = should_stop
        self.stopped = False
        self.started = time.monotonic()
        self.epoch_started = self.started
        self.first_step = epochs_done * steps

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
        total = self.epochs * self.steps
        done = (self.epoch - 1) * self.steps + step
        pace = (time.monotonic() - self.started) / max(1, done - self.first_step)
        return TrainingProgress(
            epoch=self.epoch,
            epochs=self.epochs,
            step=step,
            steps=self.steps,
            loss=loss,
            images_per_second=self.images / self.steps / pace,
            epoch_seconds_left=pace * (self.steps - step),
            seconds_left=pace * (total - done),
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Judge the network and write its checkpoint, unless the epoch was cut short."""
        if self.stopped:
            return
        seconds = time.monotonic() - self.epoch_started
        metrics = self.finish_epoch(epoch + 1, dict(logs or {}), seconds)
        if self.on_epoch is not None:
            self.on_epoch(metrics)
