"""Files that somebody hands in: taken under names of ours, if they begin as theirs promise."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final

from emotion_core.errors import ModelError
from emotion_core.models.folder import ARCHITECTURE_FILE, KERAS_FILE, LITERT_FILE, WEIGHTS_FILE
from emotion_core.quantities import byte_size

#: A file's name and its content, at its beginning.
Upload = tuple[str, IO[bytes]]

#: Endings of the files that are read.
MODEL_SUFFIXES: Final = (".zip", ".keras", ".h5", ".hdf5", ".json", ".tflite")

#: The largest file that is read, in bytes.
MAX_FILE_BYTES: Final = 1_000_000_000

#: A file that each SavedModel has.
SAVED_MODEL_FILE: Final = "saved_model.pb"
#: Where the files of one lie, in ``UPLOADS``.
SAVED_MODEL_FOLDER: Final = "saved_model"
_SAVED_MODEL_PART: Final = re.compile(
    r"saved_model\.pb|variables/variables\.(index|data-\d{5}-of-\d{5})"
)
#: What to do with a part of a SavedModel.
_SAVED_MODEL: Final = (
    f"give all of it, its folder or a zip of that: {SAVED_MODEL_FILE} with the folder variables "
    "beside it"
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
    (b"", ".pb", "a part of a TensorFlow SavedModel", _SAVED_MODEL),
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
    if parts := saved_model_parts([name for name, _ in uploads]):
        return _receive_saved_model(uploads, parts, folder)
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


def saved_model_parts(names: Sequence[str]) -> dict[str, str]:
    """Return the files of a SavedModel among others, and where each lies in it.

    Args:
        names: of files, with the folders they are in, divided by ``/``.

    Returns:
        places by name; empty unless there are a graph and variables of just one SavedModel.
    """
    roots = [
        name.removesuffix(SAVED_MODEL_FILE)
        for name in names
        if name == SAVED_MODEL_FILE or name.endswith(f"/{SAVED_MODEL_FILE}")
    ]
    if len(roots) != 1:
        return {}
    inside = {name: name.removeprefix(roots[0]) for name in names if name.startswith(roots[0])}
    parts = {name: place for name, place in inside.items() if _SAVED_MODEL_PART.fullmatch(place)}
    return parts if len(parts) > 1 else {}


def _receive_saved_model(
    uploads: Sequence[Upload], parts: dict[str, str], folder: Path
) -> tuple[str, str, str]:
    """Write the files of a SavedModel that a network is read from; the others are not needed."""
    digest = hashlib.sha256()
    for name, source in uploads:
        if name in parts:
            target = folder / SAVED_MODEL_FOLDER / parts[name]
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(name, source, target, digest.update)
    graph = next(name for name, place in parts.items() if place == SAVED_MODEL_FILE)
    return "saved_model", Path(graph).parent.name or SAVED_MODEL_FILE, digest.hexdigest()


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
            "damaged: copy or download it again"
        )
    return "something else"


def _copy(name: str, source: IO[bytes], target: Path, note: Callable[[bytes], None]) -> None:
    total = 0
    with target.open("wb") as file:
        while block := source.read(1 << 20):
            total += len(block)
            if total > MAX_FILE_BYTES:
                raise ModelError(
                    f"{name}: expected a file under {byte_size(MAX_FILE_BYTES)}, found a larger "
                    "one; no network for faces needs as much"
                )
            note(block)
            file.write(block)
