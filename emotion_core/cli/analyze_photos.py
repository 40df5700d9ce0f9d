"""The photos of ``analyze``: read several at a time, noted in their order, told."""

from __future__ import annotations

import argparse
import errno
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from emotion_core.errors import EmotionCoreError, ImageError
from emotion_core.faces.drawing import draw_faces, label_text
from emotion_core.faces.pictures.images import encode_jpeg, encode_png
from emotion_core.faces.readings import FACE_COLUMNS, FaceReading, face_json, face_row
from emotion_core.quantities import counted
from emotion_core.recorded.photos.journal import Journal
from emotion_core.recorded.photos.reading import PhotoReader, PhotoReadings, PhotoSettings
from emotion_core.recorded.photos.several import several
from emotion_core.system.names import fitted
from emotion_core.system.storage.files import replace_file, write_json
from emotion_core.system.tables import csv_of_rows

#: Columns of ``faces.csv``.
CSV_COLUMNS: Final = ("file", *FACE_COLUMNS, "view")

# How the name of an annotated copy ends, before its suffix.
_COPY: Final = re.compile(r"-annotated(-\d+)?$")
# Some file systems take shorter names than others, or fewer letters.
_BAD_NAME: Final = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)

#: In ``--out``: what was read of which photo, so that it is not read again.
JOURNAL_FILE: Final = ".photos.jsonl"


@dataclass(frozen=True)
class _Result:
    """What was found in one photo; ``kept`` where an earlier call did."""

    source: Path
    annotated: Path
    photo: PhotoReadings
    kept: bool

    @property
    def faces(self) -> tuple[FaceReading, ...]:
        return self.photo.faces


def analyze_photos(
    found: Sequence[Path], model: Path, arguments: argparse.Namespace
) -> list[EmotionCoreError]:
    """Read photos, write and say what was found, and return what is wrong with the others.

    What an earlier call has read is not read again: see `JOURNAL_FILE`.

    Args:
        found: the photos.
        model: folder of the model that reads.
        arguments: of the command.

    Raises:
        ModelError: the model, or the finder, cannot be used.
        OSError: the results cannot be written.
    """
    out: Path = arguments.out
    files = [file for file in found if file in arguments.files or not _is_copy(file, out)]
    reader = PhotoReader(model, PhotoSettings(arguments.detector, arguments.careful))
    results: list[_Result] = []
    failures: list[EmotionCoreError] = []
    pairs = zip(files, _target_names(files, out), strict=True)
    try:
        with Journal(out / JOURNAL_FILE) as journal:

            def read(pair: tuple[Path, Path]) -> tuple[str, _Result]:
                return _read(*pair, reader, journal, arguments.again)

            with (
                closing(several(pairs, read)) as read_ones,
                tqdm(
                    read_ones, "Reading", len(files), disable=True if len(files) < 2 else None
                ) as bar,
            ):
                for (_, target), outcome in bar:
                    try:
                        key, result = outcome()
                    except ImageError as error:
                        failures.append(error)
                        continue
                    if not result.kept:
                        journal.add(target.name, key, result.photo)
                    results.append(result)
    except KeyboardInterrupt:
        print(
            "emotion_core: what has been read is kept; the same command goes on with it",
            file=sys.stderr,
        )
        raise
    finally:
        if results:
            _write(results, arguments)
    if results:
        _summarize(results, out)
    return failures


def _read(
    source: Path, target: Path, reader: PhotoReader, journal: Journal, again: bool
) -> tuple[str, _Result]:
    """Return what an earlier call found in a photo, or read it and write its annotated copy.

    With its key in the journal, in which it is still to be noted; in one of several threads.
    """
    try:
        key = reader.key(source)
    except OSError:  # reading it says so
        key = ""
    photo = None if again else journal.find(target.name, key)
    if photo is not None and target.is_file():
        return key, _Result(source, target, photo, kept=True)
    image, photo = reader.read(source)
    _write_copy(target, draw_faces(image, photo.faces))
    return key, _Result(source, target, photo, kept=False)


def _write(results: Sequence[_Result], arguments: argparse.Namespace) -> None:
    _write_csv(arguments.out / "faces.csv", results)
    if arguments.json:
        write_json(arguments.out / "faces.json", [_to_json(result) for result in results])


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


def _write_copy(target: Path, image: NDArray[np.uint8]) -> None:
    content = _encode(image, target.suffix)
    try:
        with replace_file(target) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        if error.errno not in _BAD_NAME:
            raise
        raise ImageError(
            f"{target}: expected a name that {target.parent} allows, found one that it does not "
            f"({error.strerror}); rename the photo"
        ) from error


def _encode(image: NDArray[np.uint8], suffix: str) -> bytes:
    return encode_png(image) if suffix == ".png" else encode_jpeg(image)


def _write_csv(path: Path, results: Iterable[_Result]) -> None:
    rows = [
        {"file": str(result.source), **row, "view": result.photo.view}
        for result in results
        for row in _rows(result)
    ]
    content = csv_of_rows(CSV_COLUMNS, rows, line_end="\r\n")
    with replace_file(path) as temporary:
        temporary.write_bytes(content.encode(errors="backslashreplace"))


def _to_json(result: _Result) -> dict[str, Any]:
    return {
        "file": str(result.source),
        "annotated": str(result.annotated),
        "width": result.photo.width,
        "height": result.photo.height,
        "view": result.photo.view,
        "faces": [face_json(number, face) for number, face in enumerate(result.faces, start=1)],
    }


def _rows(result: _Result) -> Iterable[dict[str, Any]]:
    """Yield one flat row a face, with as many digits as mean anything."""
    for number, face in enumerate(result.faces, start=1):
        yield {
            column: round(value, 6) if isinstance(value, float) else value
            for column, value in face_row(number, face).items()
        }


def _summarize(results: Sequence[_Result], out: Path) -> None:
    for result in results:
        found = ", ".join(label_text(face) for face in result.faces) or "no face found"
        earlier = ", analyzed before (--again reads it again)" if result.kept else ""
        print(f"{result.source}: {found}{earlier}")
    faces = sum(len(result.faces) for result in results)
    print(f"{counted(faces, 'face')} in {counted(len(results), 'photo')}, written to {out}")
