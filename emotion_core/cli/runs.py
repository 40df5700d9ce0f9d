"""``runs``: queue, watch, stop, resume and keep training runs, as the page Train does."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from emotion_core.cli.options import add_data_options, open_source
from emotion_core.cli.train import add_setting_options, plan_from_options, setting
from emotion_core.errors import TrainingError
from emotion_core.models.folder import models_dir
from emotion_core.quantities import counted
from emotion_core.training.checks import check_training
from emotion_core.training.config import flat_settings, setting_text
from emotion_core.training.data import count_for_training
from emotion_core.training.runs.control import cancel_run, cancel_sweep, resume_run, stop_run
from emotion_core.training.runs.plan import RunPlan
from emotion_core.training.runs.queue import start_worker, work
from emotion_core.training.runs.run import Run, read_log, read_status
from emotion_core.training.runs.storage import (
    create_run,
    delete_run,
    earlier_runs,
    export_run_zip,
    find_run,
    list_runs,
    runs_dir,
)
from emotion_core.training.runs.sweep import split_values, sweep_plans


def add_parser(commands: Any) -> None:
    """Add the command and its own commands to argparse's subparsers."""
    parser = commands.add_parser(
        "runs",
        help="queue, watch, stop, resume and keep training runs",
        description="Training runs, as on the page Train. They run one at a time in a background "
        "process that needs neither a browser nor a terminal, and are stored in your data folder, "
        "or in the one that the environment variable EMOTION_RUNS_DIR names. ID is a run's id or "
        "name.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list all runs, the newest first")
    listing.set_defaults(run=run_list)
    start = actions.add_parser("start", help="queue a run, or with --vary a sweep")
    _add_start_options(start)
    start.set_defaults(run=run_start)
    for name, action, text in (
        ("show", run_show, "print the settings, epochs and log of a run"),
        ("stop", run_stop, "end a run and keep its best epoch so far as a model"),
        ("cancel", run_cancel, "end a run and keep only its line in the list"),
        ("resume", run_resume, "continue a run that was interrupted, stopped or failed"),
        ("delete", run_delete, "delete a run; its model stays"),
        ("export", run_export, "write a run and its model to a ZIP file"),
    ):
        each = actions.add_parser(name, help=text)
        each.add_argument("id", metavar="ID")
        if name == "cancel":
            each.add_argument(
                "--sweep",
                action="store_true",
                help="ID names a sweep: cancel all of its runs that have not finished",
            )
        if name == "export":
            each.add_argument("--to", required=True, type=Path, metavar="FILE.zip")
        each.set_defaults(run=action)
    working = actions.add_parser(
        "work", help="train the queued runs here and now, instead of in the background"
    )
    working.set_defaults(run=run_work)


def _add_start_options(parser: argparse.ArgumentParser) -> None:
    add_data_options(parser)
    parser.add_argument("--name", required=True, help="name of the run and its model")
    add_setting_options(parser)
    parser.add_argument(
        "--library",
        type=Path,
        metavar="DIR",
        help="folder for the model (default: where the app looks for models)",
    )
    parser.add_argument("--notes", default="", help="notes about the run")
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        type=setting,
        metavar="NAME=VALUES",
        help="queue a run for each value, such as dropout='0.1 0.3'; given several times, a "
        "run for every combination",
    )
    parser.add_argument(
        "--random",
        type=int,
        metavar="COUNT",
        help="queue only this many of the combinations, chosen at random",
    )


def run_list(_: argparse.Namespace) -> None:
    """Print one line a run; what is no run gets a line on stderr."""
    found = list_runs(runs_dir())
    for problem in found.problems:
        print(f"emotion_core: {problem}", file=sys.stderr)
    if not found.runs:
        print(f"No runs in {runs_dir()}.")
        if (earlier := earlier_runs()) is not None:
            print(f"An earlier version left some in {earlier}; move them there.")
        return
    rows = [("id", "state", "epochs", "accuracy", "macro F1", "name"), *map(_cells, found.runs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def run_start(options: argparse.Namespace) -> None:
    """Queue a run or a sweep and see to it that somebody trains it.

    Raises:
        EmotionCoreError: the data or the settings are not usable.
    """
    plan = plan_from_options(options, options.name, (options.library or models_dir()).resolve())
    plan = replace(plan, notes=options.notes)
    # Refused now, not when its turn has come.
    counts = count_for_training(open_source(plan.data, options.classes))
    plans: tuple[RunPlan, ...] = (plan,)
    if options.vary:
        choices = {name: split_values(name, text) for name, text in options.vary}
        plans = sweep_plans(plan, choices, count=options.random, seed=plan.config.seed)
    elif options.random is not None:
        raise TrainingError("expected --vary with --random, found none; say what is to vary")
    for each in plans:
        check_training(each.config, counts, each.teachers, each.initial)
    for each in plans:
        print(f"Queued {create_run(runs_dir(), each).id}: {each.name}")
    start_worker(runs_dir())


def run_show(options: argparse.Namespace) -> None:
    """Print what one run is to do and how far it is.

    Raises:
        TrainingError: there is no such run.
    """
    print(run_text(find_run(runs_dir(), options.id)))


def run_stop(options: argparse.Namespace) -> None:
    """Ask a run to stop.

    Raises:
        TrainingError: there is no such run, or nothing to stop.
    """
    run = stop_run(find_run(runs_dir(), options.id))
    start_worker(runs_dir())  # an interrupted run has to be opened for its best epoch
    print(f"{run.plan.name} stops after its next step and keeps its best epoch")


def run_cancel(options: argparse.Namespace) -> None:
    """Cancel a run.

    Raises:
        TrainingError: there is no such run or sweep, or it has ended.
    """
    if options.sweep:
        if not (cancelled := cancel_sweep(runs_dir(), options.id)):
            raise TrainingError(
                f"expected a sweep {options.id!r} with runs that have not finished, found none; "
                "runs list shows all runs"
            )
        print(f"{counted(cancelled, 'run')} of {options.id} cancelled")
        return
    run = cancel_run(find_run(runs_dir(), options.id))
    print(f"{run.plan.name} is {'being ' if run.state == 'running' else ''}cancelled")


def run_resume(options: argparse.Namespace) -> None:
    """Put a run back into the queue.

    Raises:
        TrainingError: there is no such run, or it cannot be resumed.
    """
    run = resume_run(find_run(runs_dir(), options.id))
    start_worker(runs_dir())
    print(f"{run.plan.name} is queued")


def run_delete(options: argparse.Namespace) -> None:
    """Delete a run.

    Raises:
        TrainingError: there is no such run, or it is running.
    """
    run = find_run(runs_dir(), options.id)
    delete_run(run)
    print(f"Deleted {run.id}")


def run_export(options: argparse.Namespace) -> None:
    """Write a run to a ZIP file.

    Raises:
        TrainingError: there is no such run, or the file's name is no ZIP file's.
    """
    export_run_zip(find_run(runs_dir(), options.id), options.to)
    print(f"Wrote {options.to}")


def run_work(_: argparse.Namespace) -> None:
    """Train what is queued until nothing is left."""
    work(runs_dir())


def run_text(run: Run) -> str:
    """Return a run as lines of text."""
    plan, best = run.plan, run.best
    lines = [
        f"{run.id}: {plan.name} ({run.state})",
        f"data         {plan.data.name}",
        *(f"teacher      {teacher}" for teacher in plan.teachers),
        *([f"begun with   {plan.initial}"] if plan.initial else []),
        *([f"sweep        {plan.sweep}"] if plan.sweep else []),
        *([f"notes        {plan.notes}"] if plan.notes else []),
    ]
    status = read_status(run.folder)
    if run.state == "running" and status is not None:
        lines.append(
            f"now          {status.stage}, epoch {status.epoch} of {status.epochs}, step "
            f"{status.step} of {status.steps}, {status.seconds_left:.0f} s left"
        )
    if best is not None:
        lines.append(
            f"best         epoch {best.epoch} of {len(run.epochs)}: accuracy "
            f"{best.validation_accuracy:.4f}, macro F1 {best.validation_macro_f1:.4f}"
        )
    if run.outcome is not None and run.outcome.message:
        lines.append(f"message      {run.outcome.message}")
    if run.model is not None:
        lines.append(f"model        {run.model}")
    settings = (
        f"{name}={setting_text(value)}" for name, value in flat_settings(plan.config).items()
    )
    return "\n".join([*lines, f"settings     {' '.join(settings)}", "", read_log(run.folder)])


def _cells(run: Run) -> tuple[str, ...]:
    best = run.best
    figures = (
        ("", "")
        if best is None
        else (f"{best.validation_accuracy:.4f}", f"{best.validation_macro_f1:.4f}")
    )
    epochs = f"{len(run.epochs)}/{run.plan.config.epochs}"
    return (run.id, run.state, epochs, *figures, run.plan.name)
