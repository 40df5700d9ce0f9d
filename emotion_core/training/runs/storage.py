"""The folder of all training runs: create, list, find, describe, delete, export."""

from __future__ import annotations

import re
import secrets
import zipfile
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from emotion_core.access.audit import note
from emotion_core.errors import ModelError, TrainingError
from emotion_core.models.folder import DEFAULT_MODEL, load_card, models_dirs
from emotion_core.system.processes.queueing import LOCK_FILE, PATIENCE, QUEUED_FILE, enqueue
from emotion_core.system.storage.files import replace_file, replace_folder
from emotion_core.system.storage.folders import collection_dir, left_behind
from emotion_core.system.storage.locks import FileLock
from emotion_core.system.storage.shelf import Shelf, deleting
from emotion_core.training.progress import CHECKPOINT_FILE
from emotion_core.training.runs.plan import PLAN_FILE, RunPlan, read_plan
from emotion_core.training.runs.run import Run, open_run

#: Names the folder of all runs instead of the one in the user's data.
RUNS_DIR_VARIABLE: Final = "EMOTION_RUNS_DIR"

_SHELF: Final = Shelf(
    one="a run",
    everything="all runs",
    error=TrainingError,
    is_ours=lambda _: True,
    mend=f"name another with {RUNS_DIR_VARIABLE}",
)


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

    It is named by the environment variable EMOTION_RUNS_DIR, else it is in ``data_dir``.
    """
    return collection_dir(RUNS_DIR_VARIABLE, "runs").resolve()


def earlier_runs() -> Path | None:
    """Return the folder of runs that EMOTION_DATA_DIR hides, see ``folders.left_behind``."""
    return left_behind(RUNS_DIR_VARIABLE, "runs")


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
            f"{parent}: the run cannot be written ({error.strerror}); free up space, or name "
            f"another folder with {RUNS_DIR_VARIABLE}"
        ) from error
    note("trained", "run", plan.name, detail=folder.name)
    return open_run(folder)


def list_runs(parent: Path) -> RunList:
    """Return the runs in ``parent``, which need not exist.

    Raises:
        TrainingError: the folder cannot be read.
    """
    runs, problems = _SHELF.open_all(parent, open_run)
    return RunList(tuple(reversed(runs)), problems)


def find_run(parent: Path, wanted: str) -> Run:
    """Return the run with this id, or the only one with this name.

    Raises:
        TrainingError: there is none, it is damaged, or several have this name.
    """
    folder = _SHELF.called(parent, wanted)
    if folder is not None and (folder / PLAN_FILE).is_file():
        return open_run(folder)
    named = [run for run in list_runs(parent).runs if run.plan.name == wanted]
    if len(named) != 1:
        raise TrainingError(
            f"expected the id or the name of one run in {parent}, found {len(named)} that are "
            f"called {wanted!r}; list them with python -m emotion_core runs list"
        )
    return named[0]


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
            f"{run.folder}: name and notes cannot be written ({error.strerror}); free up space, or "
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
    with deleting(run.folder, TrainingError), FileLock(run.folder / LOCK_FILE) as lock:
        if not lock.acquire(PATIENCE):
            raise running
        # Nobody begins to train what does not wait, even once the lock is given back; held any
        # longer, it would keep Windows from moving the folder.
        (run.folder / QUEUED_FILE).unlink(missing_ok=True)
    _SHELF.delete(run.folder)
    note("deleted", "run", run.plan.name, detail=run.id)


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
    note("exported", "run", run.plan.name, detail=run.id)


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
    others = [each for each in models_dirs() if each.resolve() != library.resolve()]
    while True:
        folder = library / (stem if number == 1 else f"{stem}-{number}")
        hides = any((each / folder.name).exists() for each in others)
        free = not hides and (not folder.exists() or _made_by(folder) == run.id)
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
