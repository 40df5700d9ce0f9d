"""``own``: list, fill, export and delete datasets of one's own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from emotion_core.cli.options import add_detector_option, pictures_among
from emotion_core.datasets.own.crops import found_crops, whole_crop
from emotion_core.datasets.own.dataset import HEADER_FILE, OwnDataset
from emotion_core.datasets.own.samples import (
    add_samples,
    next_sitting,
    sitting_at,
    split_of_sitting,
)
from emotion_core.datasets.own.storage import (
    consent,
    create_own_dataset,
    delete_own_dataset,
    export_own_dataset,
    find_own_dataset,
    list_own_datasets,
    own_data_dir,
)
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.faces.finding.finders import photo_finder
from emotion_core.faces.pictures.apart import read_image_apart
from emotion_core.system.native import quiet_native_libraries


def add_parser(commands: Any) -> None:
    """Add the command and its own commands to argparse's subparsers."""
    parser = commands.add_parser(
        "own",
        help="list, fill, export and delete your own datasets",
        description="Datasets of your own, made on the page My data or here from photos. They are "
        "stored in your data folder, or in the one that the environment variable "
        "EMOTION_DATA_DIR names. Use own/NAME wherever a dataset is expected.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list your datasets")
    listing.set_defaults(run=run_list)
    add = actions.add_parser(
        "add",
        help="add the faces in photos; creates the dataset if needed",
        description=f"Add the faces in photos. With --agreed you confirm: {consent()}",
    )
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "pictures",
        metavar="PICTURE",
        nargs="+",
        type=Path,
        help="a photo, a folder (searched with its subfolders), or a pattern such as *.jpg",
    )
    add.add_argument(
        "--emotion",
        required=True,
        choices=EMOTIONS,
        help="the expression that all these faces show",
    )
    add.add_argument("--agreed", action="store_true", help="confirm the above; required")
    add.add_argument(
        "--crops",
        action="store_true",
        help="the pictures show one face each and nothing else; they are scaled to 48x48 pixels",
    )
    add.add_argument(
        "--new-sitting",
        action="store_true",
        help="the person, the place or the light has changed since faces were last added; the "
        "second sitting and every fifth after it are kept for testing",
    )
    add_detector_option(add)
    add.set_defaults(run=run_add)
    export = actions.add_parser("export", help="write a dataset to a ZIP file")
    export.add_argument("name", metavar="NAME")
    export.add_argument("--to", required=True, type=Path, metavar="FILE.zip")
    export.set_defaults(run=run_export)
    delete = actions.add_parser("delete", help="permanently delete a dataset and all its faces")
    delete.add_argument("name", metavar="NAME")
    delete.set_defaults(run=run_delete)


def run_list(_: argparse.Namespace) -> None:
    """Print one line a dataset; what is none gets a line on stderr.

    Raises:
        DatasetError: the folder of all of them cannot be read.
    """
    found = list_own_datasets(own_data_dir())
    for problem in found.problems:
        print(f"emotion_core: {problem}", file=sys.stderr)
    if not found.datasets:
        print(f"No datasets in {own_data_dir()}.")
    for dataset in found.datasets:
        print(f"own/{dataset.name}: {_contents(dataset)}")


def run_add(arguments: argparse.Namespace) -> None:
    """Add the faces in pictures.

    Raises:
        DatasetError: nobody agreed, no face was found, or the dataset cannot be written.
        ModelError: the detector that is named cannot be used.
        ImageError: a picture cannot be read; nothing was added.
    """
    if not arguments.agreed:
        raise DatasetError(f"expected --agreed, found none; it means: {consent()}")
    pictures, problems = pictures_among(arguments.pictures)
    if problems:
        raise problems[0]
    crops = (
        _whole_crops(pictures) if arguments.crops else _found_crops(pictures, arguments.detector)
    )
    if not len(crops):
        raise DatasetError(
            f"expected a face in at least one of {len(pictures)} pictures, found none; "
            "if they show one face each and nothing else, add --crops"
        )
    parent = own_data_dir()
    exists = (parent / arguments.name / HEADER_FILE).is_file()
    dataset = (
        find_own_dataset(parent, arguments.name)
        if exists
        else create_own_dataset(parent, arguments.name, consent())
    )
    continued = sitting_at(dataset, datetime.now(UTC))
    sitting = next_sitting(dataset) if arguments.new_sitting else continued
    source = "crop" if arguments.crops else "photo"
    dataset = add_samples(dataset, crops, arguments.emotion, source=source, sitting=sitting)
    print(
        f"Added {len(crops)} to {arguments.emotion}, sitting {sitting} "
        f"({split_of_sitting(sitting)}). own/{dataset.name}: {_contents(dataset)}"
    )


def run_export(arguments: argparse.Namespace) -> None:
    """Write a dataset to a ZIP file.

    Raises:
        DatasetError: there is no such dataset, or the file's name is no ZIP file's.
    """
    if arguments.to.suffix.lower() != ".zip":
        raise DatasetError(f"{arguments.to}: expected a name that ends in .zip")
    export_own_dataset(find_own_dataset(own_data_dir(), arguments.name), arguments.to)
    print(f"Wrote {arguments.to}")


def run_delete(arguments: argparse.Namespace) -> None:
    """Delete a dataset.

    Raises:
        DatasetError: there is no such dataset, or it cannot be deleted.
    """
    delete_own_dataset(own_data_dir(), arguments.name)
    print(f"Deleted own/{arguments.name}")


def _found_crops(pictures: Sequence[Path], detector: str | None) -> NDArray[np.uint8]:
    """Return the faces in all pictures, uint8 ``[N, 48, 48]``."""
    with quiet_native_libraries():
        finder = photo_finder(detector)
    crops = [found_crops(image, finder) for image in _read_all(pictures)]
    return np.concatenate([np.empty((0, 48, 48), np.uint8), *crops])


def _whole_crops(pictures: Sequence[Path]) -> NDArray[np.uint8]:
    """Return all pictures, each of which is a face, uint8 ``[N, 48, 48]``."""
    crops = [whole_crop(image)[None] for image in _read_all(pictures)]
    return np.concatenate([np.empty((0, 48, 48), np.uint8), *crops])


def _read_all(pictures: Sequence[Path]) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures, with a progress bar."""
    for path in tqdm(pictures, unit="picture", leave=False, disable=None):
        yield read_image_apart(path)


def _contents(dataset: OwnDataset) -> str:
    """Return the number of faces by split, and of each class."""
    counts = dataset.counts()
    splits = {name: sum(of_split.values()) for name, of_split in counts.items()}
    totals = {name: sum(of_split[name] for of_split in counts.values()) for name in EMOTIONS}
    parts = [f"{count} {name}" for name, count in {**splits, **totals}.items() if count]
    return ", ".join(parts) or "no faces"
