"""``python -m emotion_core dataset PATH``: what a dataset holds and what is wrong with it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from emotion_core.cli.options import add_reading_options, open_source, read_data
from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.datasets.checks.comparison import DatasetComparison, compare_datasets
from emotion_core.datasets.checks.exclusions import exclusion_list_of, save_exclusions
from emotion_core.datasets.checks.findings import (
    FINDING_KINDS,
    Finding,
    collect_findings,
    findings_csv,
)
from emotion_core.datasets.checks.overview import DatasetOverview, Spread, survey_dataset
from emotion_core.datasets.source import DataSource
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.quantities import counted
from emotion_core.system.progress import CountProgress
from emotion_core.system.storage.files import replace_file, write_json

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_DESCRIPTION = """\
Read FER2013 in any of its forms and print its contents, by split and class, and its problems:
images that appear more than once or in several splits, conflicting labels, and images that show no
expression. Or compare it with another dataset.
"""


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``dataset``."""
    parser = subparsers.add_parser(
        "dataset",
        help="check a dataset: classes, leaks, duplicates, bad images",
        description=_DESCRIPTION,
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        help="fer2013.csv, icml_face_data.csv, train.csv, a .zip, tar file or folder with one of "
        "these, a folder or .zip of images by split and class, or 'demo'",
    )
    add_reading_options(parser)
    parser.add_argument(
        "--near", action="store_true", help="also look for near-duplicates (takes seconds)"
    )
    parser.add_argument(
        "--faces",
        action="store_true",
        help="without FER+ votes, look for images without a face (a minute or two for FER2013)",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the report as JSON")
    parser.add_argument(
        "--export",
        metavar="FILE",
        type=Path,
        help="write the images found to a CSV file, one a line",
    )
    parser.add_argument(
        "--exclude-out",
        metavar="NAME",
        help="save a correction list NAME that excludes the images found, for --exclude of train "
        "and evaluate",
    )
    parser.add_argument(
        "--kinds",
        metavar="KIND,...",
        type=kinds,
        help=f"export and exclude only these kinds: {', '.join(FINDING_KINDS)}",
    )
    parser.add_argument("--compare", metavar="OTHER", help="compare with the dataset OTHER instead")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Read the dataset, print its report, and write what is asked for.

    Raises:
        DatasetError: a dataset cannot be read, or the correction list cannot be made.
    """
    dataset = read_data(arguments.path, arguments)
    if arguments.compare is not None:
        _compare(dataset, arguments)
        return
    overview = survey_dataset(dataset)
    with _progress("Checking") as progress:
        findings = collect_findings(
            dataset, near=arguments.near, faces=arguments.faces, progress=progress
        )
    print(overview_text(overview))
    print(f"\n{findings_text(findings)}")
    chosen = _chosen(findings, arguments.kinds)
    if arguments.json is not None:
        write_json(arguments.json, to_json(overview) | {"findings": findings_json(findings)})
    if arguments.export is not None:
        with replace_file(arguments.export) as temporary:
            temporary.write_bytes(findings_csv(dataset, chosen))
    if arguments.exclude_out is not None:
        exclusions = exclusion_list_of(dataset, arguments.exclude_out, chosen)
        path = save_exclusions(exclusions)
        print(
            f"\nCorrection list {exclusions.name}: {len(exclusions):,} images, saved as {path}; "
            f"apply it with --exclude {exclusions.name!r}"
        )


def kinds(text: str) -> tuple[str, ...]:
    """Return the kinds of findings in a comma-separated list, for argparse."""
    names = tuple(name.strip() for name in text.split(","))
    unknown = [name for name in names if name not in FINDING_KINDS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"expected kinds of {', '.join(FINDING_KINDS)}, found {unknown[0]!r}"
        )
    return names


def overview_text(overview: DatasetOverview) -> str:
    """Return what a dataset holds as aligned lines of text."""
    lines = [f"{overview.name}: {overview.images:,} images", "", *_class_table(overview)]
    counts = overview.class_counts[overview.class_counts > 0]
    if (counts == counts[0]).all():
        each = counted(int(counts[0]), "image")
        lines += ["", f"imbalance: none, {each} of each class"]
    else:
        ratio = f"{overview.imbalance:.1f} : 1"
        lines += ["", f"imbalance: {ratio}, largest class to smallest"]
    if overview.empty_classes:
        lines += ["", f"classes without images: {', '.join(overview.empty_classes)}"]
    lines += ["", *_measures_table(overview)]
    if overview.agreement is not None:
        lines += [
            "",
            f"labels that match the majority of FER+ votes: {overview.agreement.overall:.1%}",
        ]
    return "\n".join(lines)


def findings_text(findings: Iterable[Finding]) -> str:
    """Return what is wrong with a dataset as one line a kind."""
    return "\n".join(
        f"{len(finding):>8,}  {finding.kind:<15}{FINDING_KINDS[finding.kind].description}"
        for finding in findings
    )


def comparison_text(comparison: DatasetComparison) -> str:
    """Return two datasets side by side as aligned lines of text."""
    first, second = comparison.first, comparison.second
    lines = [
        f"first   {first.name}: {first.images:,} images",
        f"second  {second.name}: {second.images:,} images",
        "",
        _row("", ("first", "second", "difference")),
    ]
    shares = zip(
        EMOTIONS, first.class_shares, second.class_shares, comparison.share_differences, strict=True
    )
    lines += [_row(name, (f"{a:.1%}", f"{b:.1%}", f"{c:+.1%}")) for name, a, b, c in shares]
    lines += [
        _row(name, (f"{a:.1f}", f"{b:.1f}", f"{b - a:+.1f}"))
        for name, a, b in (
            ("brightness", first.brightness.mean(), second.brightness.mean()),
            ("contrast", first.contrast.mean(), second.contrast.mean()),
        )
    ]
    lines += ["", f"labels to change for equal class shares: {comparison.class_distance:.1%}"]
    for name, overlap in (
        ("identical", comparison.exact),
        ("the same photo", comparison.near),
    ):
        if overlap is not None:
            lines.append(
                f"in both ({name}): {overlap.first.sum():,} images of the first, "
                f"{overlap.second.sum():,} of the second"
            )
    return "\n".join(lines)


def to_json(overview: DatasetOverview) -> dict[str, Any]:
    """Return the figures of an overview, without those of single images and the mean faces."""
    agreement = overview.agreement
    return {
        "name": overview.name,
        "images": overview.images,
        "dropped_rows": overview.dropped_rows,
        "class_counts": {
            split: dict(zip(EMOTIONS, overview.counts[SPLITS.index(split)].tolist(), strict=True))
            for split in overview.splits
        },
        "imbalance": overview.imbalance,
        "brightness": _spreads_json(overview.class_brightness),
        "contrast": _spreads_json(overview.class_contrast),
        "votes_agreement": None if agreement is None else _number(agreement.overall),
        "votes_agreement_by_class": None
        if agreement is None
        else dict(zip(EMOTIONS, map(_number, agreement.majority.tolist()), strict=True)),
    }


def findings_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return for each kind the number of images and their indices."""
    return {
        finding.kind: {"images": len(finding), "indices": finding.indices.tolist()}
        for finding in findings
    }


def _compare(dataset: FaceDataset, arguments: argparse.Namespace) -> None:
    unused = [
        option
        for option in ("export", "exclude_out", "kinds", "faces")
        if getattr(arguments, option) not in (None, False)
    ]
    if unused:
        raise DatasetError(
            f"--compare: expected no --{unused[0].replace('_', '-')} with it; check each dataset "
            "on its own"
        )
    other = open_source(DataSource(arguments.compare, skip_bad_rows=arguments.skip_bad_rows))
    with _progress("Comparing") as progress:
        comparison = compare_datasets(dataset, other, near=arguments.near, progress=progress)
    print(comparison_text(comparison))
    if arguments.json is not None:
        write_json(arguments.json, comparison_json(comparison))


def comparison_json(comparison: DatasetComparison) -> dict[str, Any]:
    """Return the figures of a comparison."""
    overlaps = {"exact": comparison.exact, "near": comparison.near}
    return {
        "first": to_json(comparison.first),
        "second": to_json(comparison.second),
        "class_distance": comparison.class_distance,
        "in_both": {
            name: {"first": int(overlap.first.sum()), "second": int(overlap.second.sum())}
            for name, overlap in overlaps.items()
            if overlap is not None
        },
    }


def _chosen(findings: Sequence[Finding], names: Sequence[str] | None) -> list[Finding]:
    """Return the findings of the kinds ``names``, or all of them.

    Raises:
        DatasetError: a kind was not looked for.
    """
    if names is None:
        return list(findings)
    found = {finding.kind: finding for finding in findings}
    missing = [name for name in names if name not in found]
    if missing:
        needed = "--faces" if missing[0] == "no_face" else "--near"
        raise DatasetError(f"--kinds {missing[0]}: expected {needed} with it, found none; add it")
    return [found[name] for name in names]


def _class_table(overview: DatasetOverview) -> list[str]:
    """Return one line per class, one column per split, with totals and shares."""
    counts = overview.counts[overview.counts.any(axis=1)]
    lines = [_row("", (*overview.splits, "total", "share"))]
    for emotion, column, share in zip(EMOTIONS, counts.T, overview.class_shares, strict=True):
        cells = [f"{count:,}" for count in [*column, column.sum()]]
        lines.append(_row(emotion, (*cells, f"{share:.1%}")))
    totals = [f"{count:,}" for count in [*counts.sum(axis=1), counts.sum()]]
    return [*lines, _row("total", totals)]


def _measures_table(overview: DatasetOverview) -> list[str]:
    """Return one line per class with mean and deviation of its light, and what voters say."""
    header = ["brightness", "contrast"]
    if overview.agreement is not None:
        header += ["FER+ agrees", "its share"]
    lines = [_row("", header)]
    for label, emotion in enumerate(EMOTIONS):
        cells = [
            _spread_text(of_class[label])
            for of_class in (overview.class_brightness, overview.class_contrast)
        ]
        if overview.agreement is not None:
            agreement = overview.agreement
            cells += [f"{agreement.majority[label]:.1%}", f"{agreement.support[label]:.1%}"]
        lines.append(_row(emotion, cells))
    return lines


def _row(name: str, cells: Iterable[str]) -> str:
    return f"  {name:<10}" + "".join(f"{cell:>14}" for cell in cells)


def _spread_text(spread: Spread | None) -> str:
    return "-" if spread is None else f"{spread.mean:.0f} ± {spread.deviation:.0f}"


def _spreads_json(spreads: Sequence[Spread | None]) -> dict[str, Any]:
    return {
        emotion: None if spread is None else {"mean": spread.mean, "deviation": spread.deviation}
        for emotion, spread in zip(EMOTIONS, spreads, strict=True)
    }


def _number(value: float) -> float | None:
    """Return None for NaN, which JSON does not know."""
    return None if value != value else value


@contextmanager
def _progress(description: str) -> Iterator[CountProgress]:
    with tqdm(desc=description, leave=False, disable=None, unit="image") as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield advance
