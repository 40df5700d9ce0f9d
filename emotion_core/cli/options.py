"""Options and progress that several commands share."""

from __future__ import annotations

import argparse
import glob
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.reading.class_names import LEFT_OUT
from emotion_core.datasets.reading.image_folder import is_picture, list_files
from emotion_core.datasets.source import DataSource
from emotion_core.emotions import EMOTION_ALIASES, EMOTIONS
from emotion_core.errors import DatasetError, ImageError
from emotion_core.faces.finding.finders import (
    FINDERS,
    PHOTO_FIGURES,
    WITHOUT_BLAZEFACE,
    available_finders,
    usual_photo_finder,
)
from emotion_core.faces.pictures.images import HEIC_SUFFIXES
from emotion_core.models.in_use import model_in_use
from emotion_core.quantities import seconds_of
from emotion_core.video.sources import VIDEO_SUFFIXES


def add_model_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``, which may be left out; see ``chosen_model``."""
    parser.add_argument(
        "--model",
        type=Path,
        metavar="MODEL_DIR",
        help="a model folder (default: the model in use; see models list)",
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


def add_detector_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--detector``, which names one of `FINDERS` and may be left out."""
    figures = "; ".join(f"{name} {PHOTO_FIGURES[name]}" for name in available_finders())
    missing = "" if len(available_finders()) > 1 else f". {WITHOUT_BLAZEFACE}"
    parser.add_argument(
        "--detector",
        choices=tuple(FINDERS),
        help=f"what finds the faces (default: {usual_photo_finder()}): "
        + (figures + missing).replace("%", "%%"),
    )


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--data`` and what ``add_reading_options`` adds."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="PATH",
        help="fer2013.csv, icml_face_data.csv, train.csv, a .zip, tar file or folder holding one "
        "of them, a folder or .zip of images by split and class, own/NAME for one of your own "
        "datasets, or 'demo' for the drawn faces of the demo",
    )
    add_reading_options(parser)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--votes``, ``--join``, ``--exclude`` and ``--skip-bad-rows``."""
    parser.add_argument(
        "--votes", metavar="FILE", type=Path, help="FER+ votes (fer2013new.csv), matched row by row"
    )
    parser.add_argument(
        "--join",
        metavar="PATH",
        action="append",
        default=[],
        help="another dataset to add, such as own/NAME; its faces keep their splits; can be "
        "given several times",
    )
    parser.add_argument(
        "--exclude",
        metavar="NAME_OR_FILE",
        help="apply a correction list: exclude or relabel its images; made in the Dataset explorer "
        "or with dataset --exclude-out",
    )
    parser.add_argument(
        "--classes",
        metavar="NUMBER=CLASS,...",
        type=class_meanings,
        help="what numbered folders mean, such as 1=surprise,2=fear (none leaves a folder out); "
        "remembered for this dataset",
    )
    parser.add_argument(
        "--skip-bad-rows", action="store_true", help="skip bad rows and say how many there were"
    )


def class_meanings(text: str) -> dict[str, str]:
    """Return what a list such as ``1=surprise,2=fear`` says, for argparse."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    meanings = {number.strip(): meaning.strip().lower() for number, _, meaning in pairs}
    unknown = [each for each in meanings.values() if each not in (*EMOTION_ALIASES, LEFT_OUT)]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"expected NUMBER=CLASS with classes of {', '.join(EMOTIONS)} or {LEFT_OUT}, found "
            f"{unknown[0]!r}"
        )
    return {number: EMOTION_ALIASES.get(each, each) for number, each in meanings.items()}


def data_source(path: str, options: argparse.Namespace) -> DataSource:
    """Return the dataset that the options name."""
    votes = None if options.votes is None else str(options.votes)
    return DataSource(path, votes, tuple(options.join), options.exclude, options.skip_bad_rows)


def read_data(path: str, options: argparse.Namespace) -> FaceDataset:
    """Open a dataset and those to join to it, with a correction list applied.

    Raises:
        DatasetError: a dataset or the list cannot be read, or the list is for another dataset.
    """
    return open_source(data_source(path, options), options.classes)


def open_source(source: DataSource, classes: dict[str, str] | None = None) -> FaceDataset:
    """Open a dataset with a progress bar, and say what was left out.

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
        dataset = source.open(lambda share: bar.update(round(share * 100) - bar.n), classes)
    if dataset.dropped_rows:
        print(f"{dataset.name}: left out {dataset.dropped_rows} bad rows")
    for note in dataset.notes:
        print(f"{dataset.name}: {note}")
    if source.exclusions is not None and dataset.excluded is not None:
        print(f"{dataset.name}: {dataset.excluded} (list {dataset.excluded.name})")
    return dataset


def pictures_among(
    given: Sequence[Path], *, videos: bool = False
) -> tuple[list[Path], list[ImageError]]:
    """Return the pictures that arguments name: files, folders, and patterns such as ``*.jpg``.

    Shells of Windows hand patterns on as they were typed. Of a folder, everything below it counts
    that is called like a picture.

    Args:
        given: what was named.
        videos: whether what is called like a video counts as well.

    Returns:
        what to read, and what to say of each folder without a picture.
    """
    wanted = "pictures or videos" if videos else "pictures"
    named: list[Path] = []
    for path in given:
        # A file may be called like a pattern.
        is_pattern = glob.has_magic(str(path)) and not os.path.lexists(path)
        # As shells do: Path.glob finds hidden files too, and refuses some patterns.
        found = sorted(glob.glob(str(path))) if is_pattern else []  # noqa: PTH207
        named += [Path(name) for name in found] or [path]
    pictures: list[Path] = []
    problems: list[ImageError] = []
    for path in named:
        if not _is_folder(path):
            pictures.append(path)
            continue
        try:
            below = [
                path / file.name
                for file in list_files(path)
                if _is_picture(file.name) or (videos and is_video(file.name))
            ]
        except DatasetError as error:
            problems.append(ImageError(str(error)))
            continue
        pictures += below
        if not below:
            problems.append(
                ImageError(f"{path}: expected {wanted} in this folder, found none; choose another")
            )
    return pictures, problems


def is_video(name: str) -> bool:
    """Tell whether a file is called like a video."""
    return name.lower().endswith(VIDEO_SUFFIXES)


def time_in_video(text: str) -> float:
    """Return seconds of a time such as 90, 1:30 or 1:02:03.5, for argparse."""
    try:
        return seconds_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected seconds, or a time such as 1:30 or 1:02:03, found {text!r}"
        ) from None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is too long: reading it says so
        return False


def _is_picture(name: str) -> bool:
    return is_picture(name) or name.lower().endswith(HEIC_SUFFIXES)
