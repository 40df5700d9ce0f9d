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

#: A file that each SavedModel has.
SAVED_MODEL_FILE: Final = "saved_model.pb"
#: The way out for a SavedModel.
SAVED_MODEL: Final = (
    "it is a program that may read and write files, and is not run here: if you trust it, "
    "`tflite_convert --saved_model_dir FOLDER --output_file model.tflite` makes a model of it"
)
#: The way out for a PyTorch file.
TORCH: Final = (
    "it carries or needs Python code, which is not run here: if you trust it, `torch.onnx.export` "
    "and then `onnx2tf` make a .tflite of it"
)

#: Where the files lie for the process that reads them, in its folder.
UPLOADS: Final = "uploads"

_ZIP, _HDF5, _LITERT, _JSON = "a zip archive", "an HDF5 file", "a LiteRT model", "JSON"
_KERAS: Final = "a .keras file, which is a zip archive"
# What files of these endings should be; what they are decides.
_CONTENTS: Final = {
    ".zip": _ZIP,
    ".keras": _KERAS,
    ".h5": _HDF5,
    ".hdf5": _HDF5,
    ".tflite": _LITERT,
    ".json": _JSON,
}
# What to do with files that are these, and what to call them.
_KINDS: Final = {
    (_ZIP,): ("zip", {_ZIP: "model.zip"}),
    (_KERAS,): ("keras", {_KERAS: KERAS_FILE}),
    (_HDF5,): ("keras", {_HDF5: "model.h5"}),
    (_LITERT,): ("litert", {_LITERT: LITERT_FILE}),
    (_JSON, _HDF5): ("keras", {_JSON: ARCHITECTURE_FILE, _HDF5: WEIGHTS_FILE}),
}
# Files that are no models, or not yet: how they begin and end, what they are, and the way out.
_OTHERS: Final = (
    (
        b"version https://git-lfs",
        "",
        "a pointer to a file kept with Git LFS",
        "fetch the file itself with `git lfs pull`, or with the download button of its page",
    ),
    (
        (b"<!doctype html", b"<html"),
        "",
        "a web page",
        "the download button of that page, often named Raw, gives the file itself",
    ),
    (b"", ".onnx", "an ONNX model", "`pip install onnx2tf; onnx2tf -i FILE` makes a .tflite of it"),
    (b"", ".pb", "a part of a TensorFlow SavedModel", SAVED_MODEL),
    (b"\x80", (".pt", ".pth", ".pkl", ".bin"), "a PyTorch or pickle file", TORCH),
)


def receive(uploads: Sequence[Upload], folder: Path) -> tuple[str, str, str]:
    """Write files under names of ours into ``folder``, which is made.

    Returns:
        their kind, a key of ``worker.READERS``; the main one's name; the SHA-256 of all of them.

    Raises:
        ModelError: they are no kind of model that is read, whatever their names, or are too large.
        OSError: the disk is full.
    """
    names = [Path(name).name for name, _ in uploads]
    contents = [_content(name, source) for name, (_, source) in zip(names, uploads, strict=True)]
    if contents == [_JSON]:
        raise ModelError(
            f"{names[0]} holds an architecture without weights; give the file with its weights "
            f"({WEIGHTS_FILE}) together with it"
        )
    together = tuple(sorted(contents))
    if together not in _KINDS:
        raise ModelError(
            f"expected a model as {', '.join(MODEL_SUFFIXES)}, or .json and .h5 together, found "
            f"{', '.join(names) or 'no file'}; look for one of these where it came from, or for a "
            "program that converts it to .tflite"
        )
    kind, targets = _KINDS[together]
    folder.mkdir()
    digest = hashlib.sha256()
    for name, content, (_, source) in zip(names, contents, uploads, strict=True):
        _copy(name, source, folder / targets[content], digest.update)
    main = next((name for name in names if name.lower().endswith(".json")), names[0])
    return kind, main, digest.hexdigest()


def _content(name: str, source: IO[bytes]) -> str:
    """Return what a file is, whatever its name; refuse what is no model."""
    head = source.read(64)
    source.seek(0)
    suffix = Path(name).suffix.lower()
    if head.startswith(b"PK\x03\x04"):
        return _KERAS if suffix == ".keras" else _ZIP
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return _HDF5
    if head[4:8] == b"TFL3":
        return _LITERT
    if head.lstrip().startswith((b"{", b"\xef\xbb\xbf{")):
        return _JSON
    for beginning, endings, what, way_out in _OTHERS:
        if head.lstrip().lower().startswith(beginning) and suffix.endswith(endings):
            raise ModelError(f"{name}: expected a model, found {what}; {way_out}")
    if suffix in _CONTENTS:
        raise ModelError(
            f"{name}: expected {_CONTENTS[suffix]}, found "
            f"{'something else' if head else 'an empty file'}; it is another kind of file, or "
            "damaged: get it once more from where it came"
        )
    return "something else"


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
