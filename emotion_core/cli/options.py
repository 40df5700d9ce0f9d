"""Options and progress that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from tqdm import tqdm

from emotion_core.datasets import FaceDataset, open_dataset


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``, ``--votes`` and ``--skip-bad-rows``."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="PATH",
        help="fer2013.csv, icml_face_data.csv, train.csv, a .zip or .tar.gz holding one of them, a "
        "folder of images by split and class, or 'demo' for the synthetic demo dataset",
    )
    add_reading_options(parser)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--votes`` and ``--skip-bad-rows``."""
    parser.add_argument(
        "--votes", metavar="FILE", type=Path, help="FER+ votes (fer2013new.csv), joined by row"
    )
    parser.add_argument(
        "--skip-bad-rows", action="store_true", help="leave bad rows out and say how many"
    )


def read_data(path: str, options: argparse.Namespace) -> FaceDataset:
    """Open a data set with a progress bar, and say how many bad rows were left out.

    Raises:
        DatasetError: the data set cannot be read.
    """
    with tqdm(
        total=100, desc="Reading", leave=False, bar_format="{l_bar}{bar}| {remaining} left"
    ) as bar:

        def advance(share: float) -> None:
            bar.update(round(share * 100) - bar.n)

        dataset = open_dataset(
            path,
            votes_path=options.votes,
            skip_bad_rows=options.skip_bad_rows,
            progress=advance,
        )
    if dataset.dropped_rows:
        print(f"{dataset.name}: left out {dataset.dropped_rows} bad rows")
    return dataset
