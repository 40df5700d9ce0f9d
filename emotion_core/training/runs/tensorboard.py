"""Curves as TensorBoard event files, for those who have it: ``tensorboard --logdir FOLDER``.

TensorFlow 2.21 comes without TensorBoard, and its own summary writer needs that; the format is
TFRecords of ``Event`` messages, both of which TensorFlow has.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

from emotion_core.system.storage.files import keep_private, make_folder
from emotion_core.system.storage.folders import is_personal
from emotion_core.training.progress import EpochMetrics


class EventWriter:
    """Writes one event file; a resumed run begins another one beside it.

    Args:
        folder: where to; it is made.
    """

    def __init__(self, folder: Path) -> None:
        import tensorflow

        self._messages = tensorflow.compat.v1
        make_folder(folder)
        name = f"events.out.tfevents.{time.time_ns() // 10**9}.{socket.gethostname()}"
        self._file: Any = tensorflow.io.TFRecordWriter(str(folder / name))
        self._write(file_version="brain.Event:2")
        if is_personal(folder):
            keep_private(folder)

    def add_epoch(self, metrics: EpochMetrics) -> None:
        """Write the curves' next points."""
        scalars = {
            "loss/training": metrics.train_loss,
            "loss/validation": metrics.validation_log_loss,
            "accuracy/training": metrics.train_accuracy,
            "accuracy/validation": metrics.validation_accuracy,
            "macro_f1/validation": metrics.validation_macro_f1,
            "learning_rate": metrics.learning_rate,
            "images_per_second": metrics.images_per_second,
        }
        value = self._messages.Summary.Value
        points = [value(tag=tag, simple_value=number) for tag, number in scalars.items()]
        self._write(step=metrics.epoch, summary=self._messages.Summary(value=points))

    def _write(self, **content: Any) -> None:
        event = self._messages.Event(wall_time=time.time(), **content)
        self._file.write(event.SerializeToString())
        self._file.flush()

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
