"""The folder of all training runs, and what state each of them is in.

A run is a folder. Its state follows from files that whoever does the work makes and the system
keeps true, so that it cannot say anything else than what is: ``lock`` is held as long as a process
trains, whatever happens to that process; a run that is neither held, queued nor ended was
interrupted.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal

from emotion_core.artefacts import DEFAULT_MODEL, load_card
from emotion_core.errors import ModelError, TrainingError
from emotion_core.files import replace_file, replace_folder, write_json
from emotion_core.folders import collection_dir, folder_called, folders_in
from emotion_core.locks import FileLock, is_held
from emotion_core.runs.plan import PLAN_FILE, RunPlan, read_plan
from emotion_core.training_progress import CHECKPOINT_FILE, EpochMetrics, read_epochs

#: Names the folder of all runs instead of the one in the user's data.
RUNS_DIR_VARIABLE: Final = "EMOTION_RUNS_DIR"

LOCK_FILE: Final = "lock"
QUEUED_FILE: Final = "queued"
STOP_FILE: Final = "stop"
CANCEL_FILE: Final = "cancel"
OUTCOME_FILE: Final = "outcome.json"
STATUS_FILE: Final = "status.json"
LOG_FILE: Final = "log.txt"
TENSORBOARD_FOLDER: Final = "tensorboard"

State = Literal["running", "queued", "done", "stopped", "cancelled", "failed", "interrupted"]
#: States in which something will happen by itself.
ACTIVE_STATES: Final[tuple[State, ...]] = ("running", "queued")
#: States from which a run can be resumed.
RESUMABLE_STATES: Final[tuple[State, ...]] = ("interrupted", "stopped", "failed")

#: Seconds for which somebody who only looks at a run may have its lock.
PATIENCE: Final = 1.0

_LOG_BYTES: Final = 8000


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        state: "done", "stopped" or "failed".
        ended: UTC time in ISO 8601.
        message: why it failed, or what there is to say.
        model: absolute path of its model's folder; None: there is none.
    """

    state: State
    ended: str
    message: str = ""
    model: str | None = None


@dataclass(frozen=True)
class RunStatus:
    """What the training process last said about itself.

    Attributes:
        pid: its process.
        stage: what it does, in a few words.
        epoch: counted from 1; 0 before the first step.
        epochs: how many there will be.
        step: of this epoch.
        steps: of each epoch.
        loss: mean over this epoch so far.
        images_per_second: training images.
        epoch_seconds_left: until this epoch's last step.
        seconds_left: until the run's last step.
        cpu_percent: of one core, since the last status.
        memory_mb: resident memory; 0 where it is not known.
    """

    pid: int
    stage: str
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    loss: float = 0.0
    images_per_second: float = 0.0
    epoch_seconds_left: float = 0.0
    seconds_left: float = 0.0
    cpu_percent: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Run:
    """One run on the disk, as it was when somebody looked.

    Attributes:
        folder: where it is.
        plan: what it is to do.
        state: where it stands.
        asked: "stop" or "cancel" when somebody asked a running one for that; empty otherwise.
        outcome: how it ended; None as long as it has not.
    """

    folder: Path
    plan: RunPlan
    state: State
    asked: str = ""
    outcome: Outcome | None = None

    @property
    def id(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def epochs(self) -> tuple[EpochMetrics, ...]:
        """The finished epochs."""
        return read_epochs(self.folder)

    @property
    def best(self) -> EpochMetrics | None:
        """The epoch whose network is kept: the first one with the highest accuracy."""
        return max(self.epochs, key=lambda each: each.validation_accuracy, default=None)

    @property
    def model(self) -> Path | None:
        """Folder of its model, where it made one that is still there."""
        if self.outcome is None or self.outcome.model is None:
            return None
        folder = Path(self.outcome.model)
        return folder if folder.is_dir() else None

    @property
    def has_checkpoint(self) -> bool:
        """Whether a finished epoch can be gone on from."""
        return (self.folder / CHECKPOINT_FILE).is_file()


@dataclass(frozen=True)
class RunList:
    """What a folder of runs holds.

    Attributes:
        runs: the newest first.
        problems: one line for each folder that is no run, or a damaged one.
    """

    runs: tuple[Run, ...]
    problems: tuple[str, ...]


def runs_dir() -> Path:
    """Return the folder of all runs; it need not exist.

    It is named by the environment variable EMOTION_RUNS_DIR, else it is in the user's data.
    """
    return collection_dir(RUNS_DIR_VARIABLE, "runs").resolve()


def create_run(parent: Path, plan: RunPlan) -> Run:
    """Make a run and put it at the end of the queue; ``queue.start_worker`` sees to it.

    Raises:
        TrainingError: the folder cannot be written.
    """
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    folder = parent / f"{now}-{secrets.token_hex(2)}"
    try:
        with replace_folder(folder) as temporary:
            plan.write(temporary)
            enqueue(temporary)
    except OSError as error:
        raise TrainingError(
            f"{parent}: the run cannot be written ({error.strerror}); make room, or name another "
            f"folder with {RUNS_DIR_VARIABLE}"
        ) from error
    return open_run(folder)


def enqueue(folder: Path) -> None:
    """Put the run in ``folder`` at the end of the queue.

    Raises:
        OSError: the folder cannot be written.
    """
    # The time in the file, because the system's own times of files may be the same for several.
    with replace_file(folder / QUEUED_FILE) as temporary:
        temporary.write_text(str(time.time_ns()), encoding="ascii")


def list_runs(parent: Path) -> RunList:
    """Return the runs in ``parent``, which need not exist.

    Raises:
        TrainingError: the folder cannot be read.
    """
    try:
        folders = folders_in(parent)
    except OSError as error:
        raise TrainingError(
            f"{parent}: expected the folder of all runs, but it cannot be read "
            f"({error.strerror}); name another with {RUNS_DIR_VARIABLE}"
        ) from error
    runs, problems = [], []
    for folder in reversed(folders):
        try:
            runs.append(open_run(folder))
        except TrainingError as error:
            if folder.exists():  # not deleted since the folder was listed
                problems.append(str(error))
    return RunList(tuple(runs), tuple(problems))


def find_run(parent: Path, wanted: str) -> Run:
    """Return the run with this id, or the only one with this name.

    Raises:
        TrainingError: there is none, it is damaged, or several have this name.
    """
    folder = folder_called(parent, wanted)
    if folder is not None and (folder / PLAN_FILE).is_file():
        return open_run(folder)
    named = [run for run in list_runs(parent).runs if run.plan.name == wanted]
    if len(named) != 1:
        raise TrainingError(
            f"expected the id or the name of one run in {parent}, found {len(named)} that are "
            f"called {wanted!r}; list them with python -m emotion_core runs list"
        )
    return named[0]


def open_run(folder: Path) -> Run:
    """Return the run in ``folder``.

    Raises:
        TrainingError: it holds no run, or a damaged one.
    """
    plan = read_plan(folder)
    outcome = _read_outcome(folder)
    state = _state(folder, outcome)
    asked = ""
    if state == "running":
        requests = {"cancel": CANCEL_FILE, "stop": STOP_FILE}
        asked = next((name for name, file in requests.items() if (folder / file).exists()), "")
    ended = state in ("done", "stopped", "failed")
    return Run(folder, plan, state, asked, outcome if ended else None)


def _state(folder: Path, outcome: Outcome | None) -> State:
    if is_held(folder / LOCK_FILE):
        return "running"
    if (folder / CANCEL_FILE).exists():
        return "cancelled"
    if (folder / QUEUED_FILE).exists():
        return "queued"
    return "interrupted" if outcome is None else outcome.state


def _read_outcome(folder: Path) -> Outcome | None:
    try:
        return Outcome(**json.loads((folder / OUTCOME_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_outcome(folder: Path, state: State, message: str = "", model: Path | None = None) -> None:
    """Note how the run in ``folder`` ended.

    Raises:
        OSError: the disk is full; the run then counts as interrupted.
    """
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    outcome = Outcome(state, ended, message, None if model is None else str(model))
    write_json(folder / OUTCOME_FILE, asdict(outcome))


def write_status(folder: Path, status: RunStatus) -> None:
    """Note what the training process does.

    Raises:
        OSError: the disk is full.
    """
    write_json(folder / STATUS_FILE, asdict(status))


def read_status(folder: Path) -> RunStatus | None:
    """Return what the training process last said; None where it has not said anything yet."""
    try:
        return RunStatus(**json.loads((folder / STATUS_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def read_log(folder: Path, lines: int = 12) -> str:
    """Return the last lines of the run's log; empty before there is one."""
    try:
        with (folder / LOG_FILE).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def describe_run(run: Run, *, name: str, notes: str) -> Run:
    """Give a run another name and other notes; a model that it has made keeps its own name.

    Raises:
        TrainingError: the name does not do, the run is gone, or its folder cannot be written.
    """
    # Read anew: to write the plan of a run that somebody has deleted would bring it back.
    plan = replace(read_plan(run.folder), name=name.strip(), notes=notes)
    try:
        plan.write(run.folder)
    except OSError as error:
        raise TrainingError(
            f"{run.folder}: name and notes cannot be written ({error.strerror}); make room, or "
            "allow writing there"
        ) from error
    return open_run(run.folder)


def delete_run(run: Run) -> None:
    """Delete a run with everything in its folder; its model stays where it is.

    Raises:
        TrainingError: it is running, or cannot be deleted.
    """
    running = TrainingError(f"{run.plan.name} is running; stop or cancel it first")
    if open_run(run.folder).state == "running":
        raise running
    try:
        with FileLock(run.folder / LOCK_FILE) as lock:
            if not lock.acquire(PATIENCE):
                raise running
            # Nobody begins to train what does not wait, even once the lock is given back; held any
            # longer, it would keep Windows from moving the folder.
            (run.folder / QUEUED_FILE).unlink(missing_ok=True)
        # Out of sight at once: what is left when this is interrupted is no run any more.
        retired = run.folder.with_name(f".{run.id}-deleted")
        run.folder.replace(retired)
        shutil.rmtree(retired)
    except OSError as error:
        raise TrainingError(
            f"{run.folder} cannot be deleted ({error.strerror}); close what uses it, or allow "
            "writing there, and try again"
        ) from error


def write_zip(run: Run, file: BinaryIO) -> None:
    """Write a run as a ZIP file: plan, settings, curves, log, TensorBoard events and its model.

    Of one that is running, what it has written so far.

    Raises:
        OSError: it cannot be read, or ``file`` cannot be written.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {"": run.folder} if run.model is None else {"": run.folder, "model/": run.model}
        for prefix, folder in parts.items():
            for path in sorted(folder.rglob("*")):
                if not path.is_file() or path.name in (CHECKPOINT_FILE, LOCK_FILE):
                    continue
                # A running one replaces files meanwhile: hidden ones are on their way there.
                if not path.name.startswith("."):
                    with suppress(FileNotFoundError):
                        archive.write(path, prefix + path.relative_to(folder).as_posix())


def export_run_zip(run: Run, path: Path) -> None:
    """Write a run to a ZIP file.

    Raises:
        TrainingError: the file's name is no ZIP file's.
        OSError: it cannot be written.
    """
    if path.suffix.lower() != ".zip":
        raise TrainingError(f"{path}: expected a name that ends in .zip")
    with replace_file(path) as temporary, temporary.open("wb") as file:
        write_zip(run, file)


def free_model_folder(run: Run) -> Path:
    """Return where the run's model goes: its own earlier one, or a name nobody has taken.

    The shipped model's name is taken in every library: another one of that name would be hidden.
    """
    stem = re.sub(r"[^\w.-]+", "-", run.plan.name).strip("-._") or "run"
    library, number = Path(run.plan.library), 1
    while True:
        folder = library / (stem if number == 1 else f"{stem}-{number}")
        free = not folder.exists() or _made_by(folder) == run.id
        if free and folder.name != DEFAULT_MODEL:
            return folder
        number += 1


def _made_by(folder: Path) -> str | None:
    """Return the id of the run that made the model in ``folder``."""
    try:
        made_by = load_card(folder).data.get("run")
    except ModelError:
        return None
    return None if made_by is None else str(made_by)
