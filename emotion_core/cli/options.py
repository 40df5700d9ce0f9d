"""Options and progress that several commands share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from emotion_core.datasets import FaceDataset, open_dataset
from emotion_core.datasets.exclusions import exclude, load_exclusions
from emotion_core.datasets.joining import join


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--data`` and what ``add_reading_options`` adds."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="PATH",
        help="fer2013.csv, icml_face_data.csv, train.csv, a .zip or .tar.gz holding one of them, a "
        "folder or .zip of images by split and class, own/NAME for data captured here, or 'demo' "
        "for the synthetic demo dataset",
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


def read_data(path: str, options: argparse.Namespace) -> FaceDataset:
    """Open a data set and those to join to it, without the images of an exclusion list.

    Raises:
        DatasetError: a data set or the list cannot be read, or the list is for another data set.
    """
    dataset = open_data(path, options.votes, options.skip_bad_rows)
    dataset = join(
        dataset, *(open_data(each, None, options.skip_bad_rows) for each in options.join)
    )
    if options.exclude is None:
        return dataset
    exclusions = load_exclusions(options.exclude)
    print(f"{dataset.name}: left out the {len(exclusions):,} images of {exclusions.name}")
    return exclude(dataset, exclusions)


def open_data(path: str, votes: Path | None, skip_bad_rows: bool) -> FaceDataset:
    """Open a data set with a progress bar, and say how many bad rows were left out.

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

        def advance(share: float) -> None:
            bar.update(round(share * 100) - bar.n)

        dataset = open_dataset(
            path, votes_path=votes, skip_bad_rows=skip_bad_rows, progress=advance
        )
    if dataset.dropped_rows:
        print(f"{dataset.name}: left out {dataset.dropped_rows} bad rows")
    return dataset


@contextmanager
def quiet_native_libraries() -> Iterator[None]:
    """Discard what native code writes to stderr while it starts.

    LiteRT and TensorFlow greet there with build details, past Python and with no setting to turn
    all of them off; a user who is told of bad input in one line should find that line.
    """
    kept = os.dup(2)
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device, not a path of ours
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
