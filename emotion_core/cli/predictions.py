"""``predictions``: prepare what the dataset's page shows of a model, ahead of time."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from emotion_core.cli.options import add_data_options, add_model_option, chosen_model, read_data
from emotion_core.datasets import FaceDataset
from emotion_core.system.native import quiet_native_libraries

if TYPE_CHECKING:
    from emotion_core.judging.predictions.predict import Predictions


def add_parser(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    parser = commands.add_parser(
        "predictions",
        help="run a model over a whole dataset, and make the map of its images",
        description="Compute the model's answers and embeddings for every image, and the 2-D map "
        "of the embeddings, and keep them in the cache folder, where the Dataset explorer finds "
        "them. What is already there is not computed again. Stop it with Ctrl-C or SIGTERM: "
        "nothing is left half-written.",
    )
    add_data_options(parser)
    add_model_option(parser)
    parser.add_argument("--no-map", action="store_true", help="skip the map")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Compute everything that is not there yet, with a progress bar for each part.

    Raises:
        EmotionCoreError: the model or the data cannot be read, or the map cannot be made.
        KeyboardInterrupt: stopped by Ctrl-C or SIGTERM.
    """
    from emotion_core.judging.predictions.embedding_map import map_dataset

    model = chosen_model(options.model)
    dataset = read_data(options.data, options)
    with terminable():
        predictions = predict_with_bar(model, dataset)
        if predictions.embeddings is None:
            print(f"{dataset.name}: {len(dataset)} images predicted, no map")
            print(predictions.why_no_embeddings)
            return
        if not options.no_map:
            with progress_bar("Map", "step") as progress:
                map_dataset(model, dataset, predictions.embeddings, progress=progress)
    made = "predicted" if options.no_map else "predicted and mapped"
    print(f"{dataset.name}: {len(dataset)} images {made}")


def predict_with_bar(model: Path, dataset: FaceDataset) -> Predictions:
    """Return ``predict.predict_dataset`` with a progress bar.

    Raises:
        ModelError: the model cannot be read or run.
    """
    # LiteRT only now, and its greetings nowhere: bad input is one line.
    with quiet_native_libraries():
        from emotion_core.judging.predictions.predict import predict_dataset
        from emotion_core.models.classifier import EmotionClassifier

        EmotionClassifier.load(model)
    with progress_bar("Predictions", "image") as progress:
        return predict_dataset(model, dataset, progress=progress)


@contextmanager
def progress_bar(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that moves a bar on stderr to (done, total)."""
    with tqdm(desc=title, unit=unit, dynamic_ncols=True, leave=False, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


@contextmanager
def terminable() -> Iterator[None]:
    """Make SIGTERM end the block as Ctrl-C does, so that it cleans up behind itself."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
