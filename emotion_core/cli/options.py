"""Options and progress that several commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.source import DataSource
from emotion_core.models.in_use import model_in_use


def add_model_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``, which may be left out; see ``chosen_model``."""
    parser.add_argument(
        "--model",
        type=Path,
        metavar="MODEL_DIR",
        help="a model folder (default: the model in use, as in the app; see models list)",
    )


def chosen_model(model: Path | None) -> Path:
    """Return the model folder that ``--model`` names, else that of the model in use, and say which.

    Raises:
        ModelError: no model is named and none can be used.
    """
    if model is not None:
        return model
    in_use = model_in_use()
    if in_use.problem:
        print(f"emotion_core: {in_use.problem}", file=sys.stderr)
    print(f"Model in use: {in_use.name}")
    return in_use.folder


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--data`` and what ``add_reading_options`` adds."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="PATH",
        help="fer2013.csv, icml_face_data.csv, train.csv, a .zip, tar file or folder holding one "
        "of them, a folder or .zip of images by split and class, own/NAME for data captured here, "
        "or 'demo' for the synthetic demo dataset",
    )
    add_reading_options(parser)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--votes``, ``--join``, ``--exclude`` and ``--skip-bad-rows``."""
    parser.add_argument(
        "--votes", metavar="FILE", type=Path, help="FER+ votes (fer2013new.csv), joined by row"
    )
    parser.add_argument(
        "--join",
        metavar="PATH",
        action="append",
        default=[],
        help="a further data set, such as own/NAME; its faces keep their splits; may be repeated",
    )
    parser.add_argument(
        "--exclude",
        metavar="NAME_OR_FILE",
        help="leave out the images of an exclusion list, made with dataset --exclude-out",
    )
    parser.add_argument(
        "--skip-bad-rows", action="store_true", help="leave bad rows out and say how many"
    )


def data_source(path: str, options: argparse.Namespace) -> DataSource:
    """Return the data set that the options name."""
    votes = None if options.votes is None else str(options.votes)
    return DataSource(path, votes, tuple(options.join), options.exclude, options.skip_bad_rows)


def read_data(path: str, options: argparse.Namespace) -> FaceDataset:
    """Open a data set and those to join to it, without the images of an exclusion list.

    Raises:
        DatasetError: a data set or the list cannot be read, or the list is for another data set.
    """
    return open_source(data_source(path, options))


def open_source(source: DataSource) -> FaceDataset:
    """Open a data set with a progress bar, and say what was left out.

    Raises:
        DatasetError: it cannot be read.
    """
    with tqdm(
        total=100,
        desc="Reading",
        leave=False,
        disable=None,
        bar_format="{l_bar}{bar}| {remaining} left",
    ) as bar:
        dataset = source.open(lambda share: bar.update(round(share * 100) - bar.n))
    if dataset.dropped_rows:
        print(f"{dataset.name}: left out {dataset.dropped_rows} bad rows")
    for note in dataset.notes:
        print(f"{dataset.name}: {note}")
    if source.exclusions is not None and dataset.excluded is not None:
        left_out = dataset.excluded
        print(f"{dataset.name}: left out the {left_out.images:,} images of {left_out.name}")
    return dataset
