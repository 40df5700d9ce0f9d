"""The process that trains one run: ``python -m emotion_core.training.runs.trainer FOLDER``.

What it prints is the run's log. It leaves an outcome unless it is killed or the disk is full; then
nobody holds the run's lock any more, which says so as well.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emotion_core.access.room import own_quota, refuse_beyond
from emotion_core.errors import EmotionCoreError, TrainingError
from emotion_core.system.names import print_any_name
from emotion_core.system.native import start_keras
from emotion_core.system.processes.queueing import (
    CANCEL_FILE,
    STATUS_FILE,
    STOP_FILE,
    in_hand,
    write_status,
)
from emotion_core.system.storage.files import remove
from emotion_core.system.storage.temporary import TemporaryFolder
from emotion_core.training.progress import CHECKPOINT_FILE, TrainingProgress
from emotion_core.training.runs import driver
from emotion_core.training.runs.plan import RunPlan, read_plan
from emotion_core.training.runs.processes import Usage, memory_mb
from emotion_core.training.runs.queue import training_lock
from emotion_core.training.runs.run import TENSORBOARD_FOLDER, RunStatus, open_run, write_outcome
from emotion_core.training.runs.storage import free_model_folder

if TYPE_CHECKING:
    from emotion_core.training.fitting.loop import TrainingLoop, TrainingResult

_STATUS_SECONDS: Final = 0.5


def train(folder: Path) -> None:
    """Train the run in ``folder`` if it is queued, once no other run trains."""
    print_any_name()
    with in_hand(folder, training_lock(folder.parent)) as to_do:
        if not to_do:
            return
        try:
            _Trainer(folder, read_plan(folder)).run()
        except EmotionCoreError as error:
            _fail(folder, str(error))
        except OSError as error:
            _fail(folder, f"{error}; the last checkpoint stays: fix this and resume")
        except MemoryError:
            _fail(folder, "there is not enough memory; choose a smaller batch or network")
        except Exception as error:  # noqa: BLE001 - whatever it is, who started the run is told
            traceback.print_exc()
            _fail(folder, f"{type(error).__name__}: {error}; the log has the details")


def _fail(folder: Path, message: str) -> None:
    _log(f"Failed: {message}")
    (folder / STATUS_FILE).unlink(missing_ok=True)  # on a full disk this is the room that it takes
    write_outcome(folder, "failed", message)


def _log(text: str) -> None:
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
    print(f"{now}  {text}", flush=True)  # noqa: T201 - the log


class _Trainer:
    """Trains one run and says how far it is.

    Args:
        folder: the run's.
        plan: what it is to do.
    """

    def __init__(self, folder: Path, plan: RunPlan) -> None:
        self.folder = folder
        self.plan = plan
        self.usage = Usage()
        self.said = 0.0
        self.progress = TrainingProgress()

    def run(self) -> None:
        """Open the data, train, and keep the best epoch as a model."""
        self.say("starting")
        start_keras()
        training = self.open_run()
        result = self.fit(training)
        if self.asked(CANCEL_FILE):
            self.forget()
        elif result is None:
            message = "stopped before its first epoch was finished; there is nothing to keep"
            write_outcome(self.folder, "stopped", message)
        else:
            self.keep(training, result)

    def open_run(self) -> TrainingLoop:
        """Begin the run, or go on from its checkpoint."""
        self.say("reading the data")
        dataset = self.plan.data.open()
        self.say("building the network")
        resume = (self.folder / CHECKPOINT_FILE).exists()
        return driver.open_training(self.plan, dataset, self.folder, self, resume=resume)

    def fit(self, training: TrainingLoop) -> TrainingResult | None:
        """Train to the end or until somebody asks to stop; None when there is nothing to keep."""
        from emotion_core.training.runs.tensorboard import EventWriter

        self.say("preparing the first step")
        with EventWriter(self.folder / TENSORBOARD_FOLDER) as events:
            try:
                return driver.train(training, self, add_epoch=events.add_epoch)
            except TrainingError:
                if training.epochs or not self.should_stop():
                    raise
                return None

    def keep(self, training: TrainingLoop, result: TrainingResult) -> None:
        """Write the model, and note how the run ended."""
        self.say("measuring and saving the model")
        model = free_model_folder(open_run(self.folder))
        driver.keep_model(training, result, model, self, run_id=self.folder.name)
        if self.asked(CANCEL_FILE):  # while it was being saved
            remove(model)
            self.forget()
            return
        write_outcome(self.folder, "done" if result.completed else "stopped", model=model)
        if result.completed:
            (self.folder / CHECKPOINT_FILE).unlink(missing_ok=True)  # nothing to go on with

    def forget(self) -> None:
        """Leave nothing that a cancelled run could go on with."""
        (self.folder / CHECKPOINT_FILE).unlink(missing_ok=True)
        self.log("Cancelled")

    def log(self, line: str) -> None:
        """Print a line of the run's log."""
        _log(line)

    def should_stop(self) -> bool:
        """Tell whether somebody has asked to stop, or to cancel."""
        return self.asked(STOP_FILE) or self.asked(CANCEL_FILE)

    def asked(self, file: str) -> bool:
        """Tell whether somebody has asked for something."""
        return (self.folder / file).exists()

    def show_progress(self, progress: TrainingProgress) -> None:
        """Write the status now and then, and after the last step of each epoch."""
        if time.monotonic() - self.said < _STATUS_SECONDS and progress.step < progress.steps:
            return
        self.progress = progress
        self.say("training")

    def say(self, stage: str) -> None:
        """Write what this process does and takes.

        Raises:
            NoRoomError: whose run it is has as much as they may have.
        """
        self.said = time.monotonic()
        if own_quota().left == 0:
            refuse_beyond(0, self.plan.name)
        status = RunStatus(
            **asdict(self.progress),
            pid=os.getpid(),
            stage=stage,
            cpu_percent=self.usage.cpu_percent(),
            memory_mb=memory_mb(),
        )
        write_status(self.folder, status)


if __name__ == "__main__":
    # Libraries put things into the system's folder for such, and leave them when they are killed.
    with TemporaryFolder("training") as scratch:
        os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
        train(Path(sys.argv[1]))
