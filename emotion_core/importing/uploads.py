"""Files that somebody hands in: taken under names of ours, if they begin as theirs promise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final

from emotion_core.errors import ModelError
from emotion_core.models.folder import ARCHITECTURE_FILE, KERAS_FILE, LITERT_FILE, WEIGHTS_FILE

#: A file's name and its content, at its beginning.
Upload = tuple[str, IO[bytes]]

#: Endings of the files that are read.
MODEL_SUFFIXES: Final = (".zip", ".keras", ".h5", ".hdf5", ".json", ".tflite")

#: The largest file that is read, in bytes.
MAX_FILE_BYTES: Final = 1_000_000_000

#: Where the files lie for the process that reads them, in its folder.
UPLOADS: Final = "uploads"

# What to do with files of these endings, and what to call them.
_KINDS: Final = {
    (".zip",): ("zip", {".zip": "model.zip"}),
    (".keras",): ("keras", {".keras": KERAS_FILE}),
    (".h5",): ("keras", {".h5": "model.h5"}),
    (".hdf5",): ("keras", {".hdf5": "model.h5"}),
    (".tflite",): ("litert", {".tflite": LITERT_FILE}),
    (".h5", ".json"): ("keras", {".json": ARCHITECTURE_FILE, ".h5": WEIGHTS_FILE}),
    (".hdf5", ".json"): ("keras", {".json": ARCHITECTURE_FILE, ".hdf5": WEIGHTS_FILE}),
}
_ZIP, _HDF5, _LITERT, _JSON = "a zip archive", "an HDF5 file", "a LiteRT model", "JSON"
_CONTENTS: Final = {
    ".zip": _ZIP,
    ".keras": _ZIP,
    ".h5": _HDF5,
    ".hdf5": _HDF5,
    ".tflite": _LITERT,
    ".json": _JSON,
}


def receive(uploads: Sequence[Upload], folder: Path) -> tuple[str, str, str]:
    """Write files under names of ours into ``folder``, which is made.

    Returns:
        their kind, a key of ``worker.READERS``; the main one's name; the SHA-256 of all of them.

    Raises:
        ModelError: they are no kind of model, begin otherwise than their names say, or are too
            large.
        OSError: the disk is full.
    """
    names = [Path(name).name for name, _ in uploads]
    suffixes = tuple(sorted(Path(name).suffix.lower() for name in names))
    if suffixes == (".json",):
        raise ModelError(
            f"{names[0]} holds an architecture without weights; give the file with its weights "
            f"({WEIGHTS_FILE}) together with it"
        )
    if suffixes not in _KINDS:
        raise ModelError(
            f"expected a model as {', '.join(MODEL_SUFFIXES)}, or .json and .h5 together, found "
            f"{', '.join(names) or 'no file'}; save it as one of these from the program that made "
            "it"
        )
    kind, targets = _KINDS[suffixes]
    folder.mkdir()
    digest = hashlib.sha256()
    for name, (_, source) in zip(names, uploads, strict=True):
        suffix = Path(name).suffix.lower()
        _check_content(name, suffix, source)
        _copy(name, source, folder / targets[suffix], digest.update)
    main = next((name for name in names if name.lower().endswith(".json")), names[0])
    return kind, main, digest.hexdigest()


def _check_content(name: str, suffix: str, source: IO[bytes]) -> None:
    """Refuse a file whose content begins otherwise than its name says."""
    head = source.read(64)
    source.seek(0)
    expected, found = _CONTENTS[suffix], _content_of(head)
    if found != expected:
        what = f"a .keras file, which is {expected}" if suffix == ".keras" else expected
        raise ModelError(
            f"{name}: expected {what}, found {found}; is it another kind "
            "of file, or damaged? Save the model again from the program that made it"
        )


def _content_of(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return _ZIP
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return _HDF5
    if head[4:8] == b"TFL3":
        return _LITERT
    if head.lstrip().startswith((b"{", b"\xef\xbb\xbf{")):
        return _JSON
    return "an empty file" if not head else "something else"


def _copy(name: str, source: IO[bytes], target: Path, note: Callable[[bytes], None]) -> None:
    total = 0
    with target.open("wb") as file:
        while block := source.read(1 << 20):
            total += len(block)
            if total > MAX_FILE_BYTES:
                raise ModelError(
                    f"{name}: expected a file under {MAX_FILE_BYTES / 1e9:.0f} GB, found a larger "
                    "one; no network for faces needs as much"
                )
            note(block)
            file.write(block)
