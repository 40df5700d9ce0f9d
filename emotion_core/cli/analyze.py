"""``analyze``: read the expressions in photos."""

from __future__ import annotations

import argparse
import errno
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from emotion_core.cli.options import add_model_option, chosen_model, pictures_among
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import EmotionCoreError, ImageError
from emotion_core.faces.drawing import draw_faces, label_text
from emotion_core.faces.finders import FINDERS, PHOTO_FIGURES, photo_finder
from emotion_core.faces.images import encode_jpeg, encode_png
from emotion_core.faces.pictures.apart import read_image_apart
from emotion_core.faces.readings import FACE_COLUMNS, EmotionDetector, FaceReading, face_row
from emotion_core.system.files import replace_file, write_json
from emotion_core.system.names import fitted
from emotion_core.system.native import quiet_native_libraries
from emotion_core.system.tables import csv_of_rows

#: Columns of ``faces.csv``.
CSV_COLUMNS: Final = ("file", *FACE_COLUMNS)

# How the name of an annotated copy ends, before its suffix.
_COPY: Final = re.compile(r"-annotated(-\d+)?$")
# Some file systems take shorter names than others, or fewer letters.
_BAD_NAME: Final = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)


@dataclass(frozen=True)
class _Result:
    """What was found in one photo."""

    source: Path
    annotated: Path
    width: int
    height: int
    faces: tuple[FaceReading, ...]


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "analyze",
        help="read the expressions in photos",
        description="Finds the faces in photos and reads their expressions. Writes an annotated "
        "copy of each photo and faces.csv, one line for each face.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="photos to read, folders of them with all folders in these, or patterns such as *.jpg",
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for the results"
    )
    add_model_option(parser)
    parser.add_argument(
        "--detector",
        choices=tuple(FINDERS),
        help="what finds the faces (default: blazeface): "
        + "; ".join(f"{name} {figures}" for name, figures in PHOTO_FIGURES.items()).replace(
            "%", "%%"
        ),
    )
    parser.add_argument("--json", action="store_true", help="write faces.json as well")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Read every photo, write what was found, and say so.

    Raises:
        EmotionCoreError: the model cannot be used or a photo cannot be read; the results of the
            good photos are written all the same.
    """
    out: Path = arguments.out
    if out.exists() and not out.is_dir():
        raise EmotionCoreError(f"--out {out}: expected a folder, found a file; name another")
    with quiet_native_libraries():
        finder = None if arguments.detector is None else photo_finder(arguments.detector)
        detector = EmotionDetector.load(chosen_model(arguments.model), finder)
    results: list[_Result] = []
    found, failures = pictures_among(arguments.files)
    files = [file for file in found if file in arguments.files or not _is_copy(file, out)]
    targets = _target_names(files, out)
    with tqdm(
        zip(files, targets, strict=True),
        "Reading",
        len(files),
        disable=True if len(files) < 2 else None,
    ) as bar:
        for source, target in bar:
            try:
                results.append(_analyze(source, target, detector))
            except ImageError as error:
                failures.append(error)
    if results:
        _write_csv(out / "faces.csv", results)
        if arguments.json:
            write_json(out / "faces.json", [_to_json(result) for result in results])
        _summarize(results, out)
    _report(failures)


def _target_names(files: Sequence[Path], out: Path) -> list[Path]:
    """Return where each photo's annotated copy goes: no two alike, and never over a photo."""
    taken = {_identity(file) for file in files}
    targets = []
    for file in files:
        suffix = file.suffix if file.suffix.lower() in (".jpg", ".jpeg") else ".png"
        target, number = out / fitted(file.stem, f"-annotated{suffix}"), 1
        while _identity(target) in taken:
            number += 1
            target = out / fitted(file.stem, f"-annotated-{number}{suffix}")
        taken.add(_identity(target))
        targets.append(target)
    return targets


def _is_copy(file: Path, out: Path) -> bool:
    """Tell what an earlier call wrote from the photos of a folder."""
    return _COPY.search(file.stem) is not None and out.resolve() in file.resolve().parents


def _identity(path: Path) -> str:
    # Lower case: "A.jpg" and "a.jpg" are one file on macOS and Windows.
    return str(path.resolve()).lower()


def _analyze(source: Path, target: Path, detector: EmotionDetector) -> _Result:
    image = read_image_apart(source)
    faces = detector.detect(image)
    content = _encode(draw_faces(image, faces), target.suffix)
    try:
        with replace_file(target) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        if error.errno not in _BAD_NAME:
            raise
        raise ImageError(
            f"{target}: expected a name that {target.parent} takes, found that it does not "
            f"({error.strerror}); rename the photo"
        ) from error
    return _Result(source, target, image.shape[1], image.shape[0], tuple(faces))


def _encode(image: NDArray[np.uint8], suffix: str) -> bytes:
    return encode_png(image) if suffix == ".png" else encode_jpeg(image)


def _write_csv(path: Path, results: Iterable[_Result]) -> None:
    rows = [{"file": str(result.source), **row} for result in results for row in _rows(result)]
    content = csv_of_rows(CSV_COLUMNS, rows, line_end="\r\n")
    with replace_file(path) as temporary:
        temporary.write_bytes(content.encode(errors="backslashreplace"))


def _to_json(result: _Result) -> dict[str, Any]:
    return {
        "file": str(result.source),
        "annotated": str(result.annotated),
        "width": result.width,
        "height": result.height,
        "faces": [_with_nested_scores(row) for row in _rows(result)],
    }


def _rows(result: _Result) -> Iterable[dict[str, Any]]:
    """Yield one flat row a face, with as many digits as mean anything."""
    for number, face in enumerate(result.faces, start=1):
        yield {
            column: round(value, 6) if isinstance(value, float) else value
            for column, value in face_row(number, face).items()
        }


def _with_nested_scores(row: dict[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column not in EMOTIONS} | {
        "scores": {emotion: row[emotion] for emotion in EMOTIONS}
    }


def _summarize(results: Sequence[_Result], out: Path) -> None:
    for result in results:
        found = ", ".join(label_text(face) for face in result.faces) or "no face found"
        print(f"{result.source}: {found}")
    faces = sum(len(result.faces) for result in results)
    print(f"{_count(faces, 'face')} in {_count(len(results), 'photo')}, written to {out}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _report(failures: Sequence[ImageError]) -> None:
    """Raise the last failure, after a line on stderr for each of those before it."""
    if failures:
        *others, last = failures
        for failure in others:
            print(f"emotion_core: {failure}", file=sys.stderr)
        raise last
