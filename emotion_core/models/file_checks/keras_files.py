"""Judges files with Keras networks before Keras builds anything from them; needs no Keras.

Such a file can carry code (a ``Lambda`` layer is pickled Python), name a function of Keras to be
called, point to other files of this machine, or claim sizes that fill any memory.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py

from emotion_core.errors import ModelError
from emotion_core.models.file_checks.hdf5 import MAX_WEIGHT_BYTES, judge_hdf5, open_hdf5
from emotion_core.models.file_checks.keras_objects import judge_description
from emotion_core.models.folder import ARCHITECTURE_FILE, WEIGHTS_FILE
from emotion_core.system.storage.json_reading import parse_json, read_json

#: The largest architecture description accepted, in bytes.
MAX_DESCRIPTION_BYTES: Final = 20_000_000

_KERAS_MEMBERS: Final = frozenset({"config.json", "metadata.json", "model.weights.h5"})
#: Where an archive of Keras keeps its weights.
WEIGHTS_MEMBER: Final = "model.weights.h5"


@dataclass(frozen=True)
class JudgedFile:
    """A Keras network that may be built: what is in it was looked at, and nothing does harm.

    Attributes:
        path: where its description is: an archive, a whole model in HDF5, or JSON.
        description: what Keras builds the network from, without how it was trained.
        weights: an archive, or HDF5; of an architecture in ``.json`` a file of its own.
    """

    path: Path
    description: dict[str, Any]
    weights: Path


def is_keras_archive(path: Path) -> bool:
    """Tell whether a file is what Keras writes as ``.keras``, whatever its name.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist()) >= _KERAS_MEMBERS
    except zipfile.BadZipFile:
        return False


def judge_file(path: Path) -> JudgedFile:
    """Look through a network's file, and its weights beside it, before Keras builds anything.

    Args:
        path: ``.keras``, a whole model's ``.h5`` (or either under the other's name), or an
            architecture in ``.json``, whose weights stand beside it in ``model_weights.h5``.

    Raises:
        ModelError: it is not what it says, is too large, points elsewhere or carries code.
        OSError: it is damaged; as are the following.
        ValueError: its description is no JSON.
        RuntimeError: its description is nested too deeply, or its archive is encrypted.
    """
    judges = {".keras": _judge_archive, ".h5": _judge_whole, ".json": _judge_pair}
    if path.suffix not in judges:
        raise ModelError(
            f"{path}: expected a model in one of {', '.join(judges)}, found {path.suffix or path}"
        )
    # Many a ``.keras`` file is HDF5: Keras 2 before 2.12 wrote that whatever the name.
    kind = path.suffix
    if kind != ".json" and path.is_file():
        kind = ".h5" if h5py.is_hdf5(path) else ".keras" if zipfile.is_zipfile(path) else kind
    return judges[kind](path)


def _judge_archive(path: Path) -> JudgedFile:
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path}: expected a .keras file (a zip archive), found something else")
    try:
        return _judge_members(path)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise ModelError(
            f"{path}: expected a whole .keras file, but it is damaged ({error}); copy or "
            "download it again"
        ) from error


def _judge_members(path: Path) -> JudgedFile:
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename: entry for entry in archive.infolist()}
        if set(members) != _KERAS_MEMBERS or len(archive.infolist()) != len(members):
            raise ModelError(
                f"{path}: expected an archive of {', '.join(sorted(_KERAS_MEMBERS))}, found "
                f"{', '.join(sorted(members)[:5]) or 'nothing'}"
            )
        if members[WEIGHTS_MEMBER].file_size > MAX_WEIGHT_BYTES:
            raise ModelError(f"{path}: expected weights under 1 GB, found more when unpacked")
        if members["config.json"].file_size > MAX_DESCRIPTION_BYTES:
            raise ModelError(f"{path}: expected a description under 20 MB, found more")
        description = judge_description(path, parse_json(archive.read("config.json")))
        with h5py.File(io.BytesIO(archive.read(WEIGHTS_MEMBER)), "r") as weights:
            judge_hdf5(path, weights)
    return JudgedFile(path, description, path)


def _judge_whole(path: Path) -> JudgedFile:
    with open_hdf5(path) as file:
        judge_hdf5(path, file)
        description = file.attrs.get("model_config")
    if description is None:
        raise ModelError(
            f"{path} holds weights without an architecture; put them beside {ARCHITECTURE_FILE}"
            f" as {WEIGHTS_FILE} and load that"
        )
    if len(description) > MAX_DESCRIPTION_BYTES:
        raise ModelError(f"{path}: expected a description under 20 MB, found more")
    return JudgedFile(path, judge_description(path, parse_json(description)), path)


def _judge_pair(path: Path) -> JudgedFile:
    weights = path.with_name(WEIGHTS_FILE)
    if not weights.is_file():
        raise ModelError(f"expected the weights of {path} beside it in {WEIGHTS_FILE}, found none")
    if path.stat().st_size > MAX_DESCRIPTION_BYTES:
        raise ModelError(f"{path}: expected a description under 20 MB, found more")
    description = judge_description(path, read_json(path))
    with open_hdf5(weights) as file:
        judge_hdf5(weights, file)
    return JudgedFile(path, description, weights)
