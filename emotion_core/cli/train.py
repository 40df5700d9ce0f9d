"""``train``: train a network and save it as a model folder."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from emotion_core.access.audit import note
from emotion_core.cli.options import add_data_options, data_source, open_source
from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import TrainingError
from emotion_core.models.folder import KERAS_FILE
from emotion_core.quantities import duration
from emotion_core.system.native import quiet_native_libraries
from emotion_core.training.config import PRESETS, TrainingConfig, native_precision, with_settings
from emotion_core.training.data import count_for_training
from emotion_core.training.progress import CHECKPOINT_FILE, TrainingProgress, nothing_to_resume
from emotion_core.training.runs.driver import keep_model, open_training, train
from emotion_core.training.runs.plan import (
    LONGEST_NAME,
    PLAN_FILE,
    RunPlan,
    plan_of_earlier_version,
    read_plan,
)

DEFAULT_PRESET = "standard"


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "train",
        help="train a network and save it as a model folder",
        description="Train on the Training split, keep the epoch that is best on PublicTest, and "
        "save it as a model folder. The run itself lives in MODEL_DIR.training until it is done: "
        "stop it with Ctrl-C, or kill it, and continue with --resume.",
    )
    add_data_options(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="MODEL_DIR")
    add_setting_options(parser)
    parser.add_argument(
        "--checkpoint-every",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="write checkpoints at most this often (default: after every epoch)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="continue an unfinished run with its own settings"
    )
    parser.set_defaults(run=run)


def add_setting_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides how a network is trained, see ``config_from_options``."""
    parser.add_argument("--preset", choices=PRESETS, help=f"default: {DEFAULT_PRESET}")
    parser.add_argument("--epochs", type=int, help="passes over the data (default: the preset's)")
    parser.add_argument("--seed", type=int, help="default: 0")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=setting,
        metavar="NAME=VALUE",
        help="any other setting of the preset, such as filters=16,32,64 or augmentation.mixup=0.2; "
        "can be given several times",
    )
    parser.add_argument(
        "--teachers",
        nargs="+",
        default=[],
        type=Path,
        metavar="MODEL_DIR",
        help="models to learn from, for the preset distill",
    )
    parser.add_argument(
        "--start-from",
        type=Path,
        metavar="MODEL_DIR",
        help="start from the weights of a model with the same architecture and filters and at most "
        "as many blocks",
    )


def run(options: argparse.Namespace) -> None:
    """Train, then export.

    Raises:
        EmotionCoreError: the data, the settings, or the run to resume are not usable.
        KeyboardInterrupt: stopped by the user; the run can be resumed.
    """
    folder = options.out.with_name(f"{options.out.name}.training")
    plan = _earlier_plan(folder, options) if options.resume else _new_plan(options)
    dataset = open_source(data_source(options.data, options), options.classes)
    if not options.resume:
        plan = replace(plan, config=_with_batches_of(plan.config, dataset))
    terminal = _Terminal()
    # Only now: importing TensorFlow takes seconds, which bad input need not wait for.
    with quiet_native_libraries():
        from emotion_core.training.fitting.export import check_replaceable

        check_replaceable(options.out)
        training = open_training(plan, dataset, folder, terminal, resume=options.resume)
    plan.write(folder)
    note("trained", "model", options.out.name)
    with terminal.following():
        result = train(training, terminal, checkpoint_seconds=options.checkpoint_every)
    if not result.completed:
        print(f"Stopped. {folder} keeps the run; continue it with --resume.")
        raise KeyboardInterrupt
    if keras_backend() != "tensorflow":
        result.network.save(folder / KERAS_FILE)  # enough to be a teacher
        print(
            f"Trained: epoch {result.best_epoch} of {len(result.epochs)} is best, accuracy "
            f"{result.validation.accuracy.value:.4f}. This Keras backend cannot write LiteRT "
            f"models: {folder} keeps the run; finish it under TensorFlow with --resume"
        )
        return
    with quiet_native_libraries():
        keep_model(training, result, options.out, terminal)
    training.discard()


def _with_batches_of(config: TrainingConfig, dataset: FaceDataset) -> TrainingConfig:
    """Return ``config`` with batches no larger than the data, where a preset has larger ones."""
    images = count_for_training(dataset).training
    return replace(config, batch_size=max(2, min(config.batch_size, images)))


def _new_plan(options: argparse.Namespace) -> RunPlan:
    out = options.out.resolve()
    return plan_from_options(options, out.name[:LONGEST_NAME], out.parent)


def _earlier_plan(folder: Path, options: argparse.Namespace) -> RunPlan:
    """Return the plan of the run in ``folder``, which this version or an earlier one began."""
    changes = [options.preset, options.epochs, options.seed, options.start_from]
    changes += [options.set or None, options.teachers or None]
    if any(change is not None for change in changes):
        raise TrainingError(
            "a resumed run keeps its settings; leave out --preset, --epochs, --seed, --set, "
            "--teachers and --start-from"
        )
    if not (folder / CHECKPOINT_FILE).exists():
        raise nothing_to_resume(folder)
    if (folder / PLAN_FILE).exists():
        return read_plan(folder)
    out = options.out.resolve()
    source = data_source(options.data, options).absolute()
    return plan_of_earlier_version(folder, out.name[:LONGEST_NAME], source)


def plan_from_options(options: argparse.Namespace, name: str, library: Path) -> RunPlan:
    """Return what a run with these options is to do.

    Args:
        options: of ``add_data_options`` and ``add_setting_options``.
        name: of the run and its model.
        library: absolute path of the folder that the model is put in.

    Raises:
        TrainingError: the name or a setting does not do.
    """
    return RunPlan(
        name=name,
        config=config_from_options(options),
        data=data_source(options.data, options).absolute(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        library=str(library),
        teachers=tuple(str(path.resolve()) for path in options.teachers),
        initial=options.start_from and str(options.start_from.resolve()),
    )


def config_from_options(options: argparse.Namespace) -> TrainingConfig:
    """Return the preset with what the command line overrides.

    Raises:
        TrainingError: a value is out of range.
    """
    config = replace(PRESETS[options.preset or DEFAULT_PRESET], precision=native_precision())
    if options.epochs is not None:
        config = replace(config, epochs=options.epochs)
    if options.seed is not None:
        config = replace(config, seed=options.seed)
    return with_settings(config, dict(options.set))


def setting(text: str) -> tuple[str, str]:
    """Return the name and the value of ``NAME=VALUE``, for argparse."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, found {text!r}")
    return name, value


def keras_backend() -> str:
    """Return the name of the library that Keras computes with."""
    import keras

    return str(keras.backend.backend())


class _Terminal:
    """Follows a run with a bar and lines; Ctrl-C and SIGTERM stop it."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] = tqdm(disable=True)
        self._interrupted = False

    @contextmanager
    def following(self) -> Iterator[None]:
        """Show the bar, and let a signal stop the run instead of this process.

        The step in progress is finished first: a checkpoint is never cut in two.
        """
        signals = (signal.SIGINT, signal.SIGTERM)
        previous = {number: signal.signal(number, self._interrupt) for number in signals}
        try:
            with tqdm(unit="step", dynamic_ncols=True, disable=None) as self._bar:
                yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True

    def log(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.write(line, file=sys.stdout)

    def show_progress(self, progress: TrainingProgress) -> None:
        """Move the bar to where the run stands."""
        bar = self._bar
        bar.total = progress.epochs * progress.steps
        bar.n = (progress.epoch - 1) * progress.steps + progress.step
        bar.set_description(f"Epoch {progress.epoch}/{progress.epochs}", refresh=False)
        bar.set_postfix_str(f"loss {progress.loss:.3f}, {duration(progress.seconds_left)} left")

    def should_stop(self) -> bool:
        """Tell whether a signal has come."""
        return self._interrupted
