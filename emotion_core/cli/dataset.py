"""``python -m emotion_core dataset PATH``: what a data set holds and what is wrong with it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_core.cli.options import add_reading_options, read_data
from emotion_core.datasets.quality import DatasetReport, inspect_dataset
from emotion_core.emotions import EMOTIONS
from emotion_core.files import write_json

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_DESCRIPTION = """\
Read FER2013 in any of its forms and print the sizes by split and class, exact duplicates within
and across splits, identical images with conflicting labels, and blank images.
"""


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``dataset``."""
    parser = subparsers.add_parser(
        "dataset", help="check a data set: sizes, duplicates, conflicts", description=_DESCRIPTION
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        help="fer2013.csv, icml_face_data.csv, train.csv, a .zip or .tar.gz with one of these, a "
        "folder of pictures by split and class, or 'demo'",
    )
    add_reading_options(parser)
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the report as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Read the data set, print its report and write it as JSON where wanted.

    Raises:
        DatasetError: the data set cannot be read.
    """
    dataset = read_data(arguments.path, arguments)
    report = inspect_dataset(dataset)
    print(format_report(report))
    if arguments.json is not None:
        write_json(arguments.json, asdict(report))


def format_report(report: DatasetReport) -> str:
    """Return the report as aligned lines of text."""
    lines = [f"{report.name}: {report.images:,} images", ""]
    lines += _class_table(report.class_counts)
    lines += ["", "exact duplicates within a split"]
    lines += [
        f"  {split:<12}{found.groups:>8,} groups, {found.images:,} images"
        for split, found in report.duplicates.items()
    ]
    shared = [
        f"  {split:<12}{count:>8,} images also stand in {other}"
        for split, others in report.shared_images.items()
        for other, count in others.items()
    ]
    if shared:
        lines += ["", "exact duplicates across splits", *shared]
    lines += [
        "",
        f"identical images with conflicting labels: {report.conflicting_groups:,} groups",
        f"blank images (one grey only): {report.blank_images:,}",
    ]
    if report.votes_agreement is not None:
        lines.append(f"labels the FER+ majority agrees with: {report.votes_agreement:.1%}")
    return "\n".join(lines)


def _class_table(class_counts: dict[str, dict[str, int]]) -> list[str]:
    """Return one line per class, one column per split, with totals."""
    rows = [["", *class_counts, "total"]]
    for emotion in EMOTIONS:
        counts = [of_split[emotion] for of_split in class_counts.values()]
        rows.append([emotion, *(f"{count:,}" for count in [*counts, sum(counts)])])
    totals = [sum(of_split.values()) for of_split in class_counts.values()]
    rows.append(["total", *(f"{count:,}" for count in [*totals, sum(totals)])])
    return [f"  {row[0]:<10}" + "".join(f"{cell:>14}" for cell in row[1:]) for row in rows]
