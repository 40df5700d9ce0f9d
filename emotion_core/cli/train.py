"""``train``: train a network and save it as a model folder."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from emotion_core.cli.options import add_data_options, read_data
from emotion_core.datasets import FaceDataset
from emotion_core.errors import TrainingError
from emotion_core.models.folder import KERAS_FILE
from emotion_core.system.native import quiet_native_libraries
from emotion_core.training.config import PRESETS, TrainingConfig, native_precision, with_settings
from emotion_core.training.progress import EpochMetrics, TrainingProgress

if TYPE_CHECKING:
    from emotion_core.training.fitting.training_run import TrainingRun

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
        help="write checkpoints no more often than this (default: after every epoch)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="continue an unfinished run with its own settings"
    )
    parser.set_defaults(run=run)


def add_setting_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides how a network is trained, see ``config_from_options``."""
    parser.add_argument("--preset", choices=PRESETS, help=f"default: {DEFAULT_PRESET}")
    parser.add_argument("--epochs", type=int, help="passes over the data, instead of the preset's")
    parser.add_argument("--seed", type=int, help="default: 0")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=setting,
        metavar="NAME=VALUE",
        help="any other setting of the preset, such as filters=16,32,64 or augmentation.mixup=0.2; "
        "may be given several times",
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
        help="begin with the weights of a model of the same architecture and filters, with as many "
        "blocks or fewer",
    )


def run(options: argparse.Namespace) -> None:
    """Train, then export.

    Raises:
        EmotionCoreError: the data, the settings, or the run to resume are not usable.
        KeyboardInterrupt: stopped by the user; the run can be resumed.
    """
    changes = [options.preset, options.epochs, options.seed, options.start_from]
    changes += [options.set or None, options.teachers or None]
    if options.resume and any(change is not None for change in changes):
        raise TrainingError(
            "a resumed run keeps its settings; leave out --preset, --epochs, --seed, --set, "
            "--teachers and --start-from"
        )
    config = None if options.resume else config_from_options(options)
    dataset = read_data(options.data, options)
    # Only now: importing TensorFlow takes seconds, which bad input need not wait for.
    with quiet_native_libraries():
        from emotion_core.training.fitting.export import check_replaceable, export_run

        check_replaceable(options.out)
        run_folder = options.out.with_name(f"{options.out.name}.training")
        training_run = open_run(config, dataset, run_folder, options.teachers, options.start_from)
    print(
        f"{dataset.name}: {len(training_run.training_set)} images to train on, "
        f"{len(training_run.validation_set)} to select the best epoch with"
    )
    with (
        interrupt_flag() as interrupted,
        tqdm(unit="step", dynamic_ncols=True, disable=None) as bar,
    ):
        result = training_run.run(
            on_progress=lambda progress: show_progress(bar, progress),
            on_epoch=lambda metrics: bar.write(epoch_line(metrics), file=sys.stdout),
            should_stop=lambda: bool(interrupted),
            checkpoint_seconds=options.checkpoint_every,
        )
    if not result.completed:
        print(f"Stopped. {training_run.folder} keeps the run; continue it with --resume.")
        raise KeyboardInterrupt
    if keras_backend() != "tensorflow":
        result.network.save(training_run.folder / KERAS_FILE)  # enough to be a teacher
        print(
            f"Trained: epoch {result.best_epoch} of {len(result.epochs)} is best, accuracy "
            f"{result.validation.accuracy.value:.4f}. This Keras backend cannot write LiteRT "
            f"models: {training_run.folder} keeps the run; finish it under TensorFlow with --resume"
        )
        return
    with quiet_native_libraries():
        card = export_run(training_run, result, options.out)
    training_run.discard()
    metrics = card.metrics
    print(
        f"Saved {options.out}: epoch {result.best_epoch} of {len(result.epochs)}, accuracy "
        f"{metrics['accuracy']:.4f} and macro F1 {metrics['macro_f1']:.4f} on "
        f"{card.data['selected_on']}, temperature {card.temperature:.3f}"
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


def open_run(
    config: TrainingConfig | None,
    dataset: FaceDataset,
    folder: Path,
    teachers: Sequence[Path],
    initial: Path | None,
) -> TrainingRun:
    """Start a run, or resume the one in ``folder`` when there is no ``config``."""
    from emotion_core.training.fitting.training_run import TrainingRun
    from emotion_core.training.teachers import find_teachers

    if config is None:
        return TrainingRun.resume(dataset, folder)
    return TrainingRun.start(config, dataset, folder, find_teachers(teachers), initial)


def show_progress(bar: tqdm[Any], progress: TrainingProgress) -> None:
    """Move the bar to where the run stands."""
    bar.total = progress.epochs * progress.steps
    bar.n = (progress.epoch - 1) * progress.steps + progress.step
    minutes, seconds = divmod(round(progress.seconds_left), 60)
    bar.set_description(f"Epoch {progress.epoch}/{progress.epochs}", refresh=False)
    bar.set_postfix_str(f"loss {progress.loss:.3f}, {minutes} min {seconds:02d} s left")


def epoch_line(metrics: EpochMetrics) -> str:
    """Return what is printed after an epoch."""
    return (
        f"epoch {metrics.epoch:3d}  loss {metrics.train_loss:.4f}  "
        f"accuracy {metrics.train_accuracy:.4f}  validation accuracy "
        f"{metrics.validation_accuracy:.4f}  macro F1 {metrics.validation_macro_f1:.4f}  "
        f"{metrics.images_per_second:.0f} images/s"
    )


@contextmanager
def interrupt_flag() -> Iterator[list[bool]]:
    """Yield a list that is no longer empty once Ctrl-C or SIGTERM arrived.

    The step in progress is finished first: a checkpoint is never cut in two.
    """
    interrupted: list[bool] = []
    previous = {
        number: signal.signal(number, lambda *_: interrupted.append(True))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield interrupted
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
