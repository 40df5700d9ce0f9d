"""Reads a model file of others: run by ``reading.read_apart`` in a process of its own.

A hostile file may crash a library, fill the memory or never end; here it takes a process with it
that has little of both, no network, and one folder to write in. The file is judged before anything
is built from it, converted to LiteRT if need be, and tried on a few pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import ModelError
from emotion_core.importing.answers import FoundNetwork
from emotion_core.importing.probing import check_shapes, probe
from emotion_core.importing.unpacking import unpack, unpack_saved_model
from emotion_core.importing.uploads import SAVED_MODEL_FOLDER, UPLOADS
from emotion_core.models.file_checks.keras_files import is_keras_archive
from emotion_core.models.folder import (
    CARD_FILE,
    KERAS_FILE,
    LITERT_FILE,
    MODEL_FILES,
    load_card,
    read_model_file,
)
from emotion_core.quantities import byte_size
from emotion_core.system.processes.isolation import write_only_in
from emotion_core.system.processes.serving import Limits, give_way, serve
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.files import replace_file

#: What this process may take; a network of 1 GB needs about three times that while it is converted.
LIMITS: Final = Limits(memory_bytes=6_000_000_000, processor_seconds=600, file_bytes=3_000_000_000)


def read(request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:
    """Read one model.

    Args:
        request: its ``kind``, a key of ``READERS``, and its ``folder``.
        progress: called with the share done.

    Returns:
        the fields of a ``FoundNetwork``.

    Raises:
        ModelError: it is no model that can be read.
    """
    try:
        return asdict(READERS[request["kind"]](Path(request["folder"]), progress))
    except ModelError:
        raise
    except Exception as error:  # libraries raise anything for what they cannot read
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        if isinstance(error, MemoryError) or "OOM" in reason:  # the latter is TensorFlow's
            reason = f"it needs more than {byte_size(LIMITS.memory_bytes)} of memory"
        raise ModelError(
            f"expected a model that can be read, found one that cannot ({reason})"
        ) from error


def read_apart(request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:
    """Do as ``read`` in a process that can change nothing but the folder it was given."""
    write_only_in([Path(request["folder"])])
    return read(request, progress)


def _read_litert(folder: Path, _: ShareProgress) -> FoundNetwork:
    (folder / UPLOADS / LITERT_FILE).replace(folder / LITERT_FILE)
    return probe((folder / LITERT_FILE).read_bytes()).found


def _read_keras(folder: Path, progress: ShareProgress) -> FoundNetwork:
    """Judge, build and convert a network of Keras, and keep it in Keras' own format too."""
    path = next(
        path
        for name in (KERAS_FILE, "model.h5", "model_arch.json")
        if (path := folder / UPLOADS / name).is_file()
    )
    from emotion_core.models.file_checks.keras_files import judge_file

    # Before Keras is there: what is refused is refused at once.
    judged = judge_file(path)
    progress(0.06)  # shares of the time as measured: importing TensorFlow takes two thirds of it
    from emotion_core.training.networks.loading import build_network

    progress(0.74)
    network = build_network(judged)
    shapes = network.input_shape, network.output_shape
    if not all(isinstance(shape, tuple) for shape in shapes):
        raise ModelError(f"expected one input and one output, found {shapes[0]} and {shapes[1]}")
    check_shapes(*(list(shape) for shape in shapes))
    progress(0.8)
    network.save(folder / KERAS_FILE)
    with replace_file(folder / LITERT_FILE) as temporary:
        network.export(temporary, format="litert", verbose=False)
    progress(0.95)
    trial = probe((folder / LITERT_FILE).read_bytes())
    trial.check_agreement(lambda pictures: network.predict(pictures, verbose=0))
    return replace(trial.found, weights=network.count_params())


def _read_saved_model(folder: Path, progress: ShareProgress) -> FoundNetwork:
    """Judge, restore and convert a SavedModel of TensorFlow 2."""
    progress(0.05)
    from emotion_core.training.networks.saved_models import read_saved_model

    progress(0.75)
    network = read_saved_model(folder / UPLOADS / SAVED_MODEL_FOLDER)
    check_shapes(network.input_shape, network.output_shape)
    progress(0.78)
    with replace_file(folder / LITERT_FILE) as temporary:
        temporary.write_bytes(network.to_litert())
    progress(0.95)
    trial = probe((folder / LITERT_FILE).read_bytes())
    trial.check_agreement(network.predict)
    return trial.found


def _read_zip(folder: Path, progress: ShareProgress) -> FoundNetwork:
    """Unpack a model of this project and check every file against its card."""
    upload = folder / UPLOADS / "model.zip"
    if is_keras_archive(upload):
        upload.rename(upload.with_name(KERAS_FILE))
        return _read_keras(folder, progress)
    if unpack_saved_model(upload, folder / UPLOADS / SAVED_MODEL_FOLDER):
        return _read_saved_model(folder, progress)
    unpack(upload, folder)
    progress(0.7)
    card = load_card(folder)
    strange = sorted(set(card.files) - set(MODEL_FILES))
    if strange or LITERT_FILE not in card.files:
        raise ModelError(
            f"{CARD_FILE}: expected the files of a model, found {', '.join(strange) or 'none'}"
        )
    for name in set(card.files) - {LITERT_FILE}:
        read_model_file(folder, card, name)
    content = read_model_file(folder, card, LITERT_FILE)
    progress(0.75)
    from emotion_core.models.classifier import EmotionClassifier
    from emotion_core.models.readme.text import readme_text

    found = probe(content).found
    EmotionClassifier(content, card)
    try:
        readme_text(card)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{CARD_FILE} is damaged ({error}); export the model again") from error
    return found


#: How files of each kind are read.
READERS: Final[dict[str, Callable[[Path, ShareProgress], FoundNetwork]]] = {
    "litert": _read_litert,
    "keras": _read_keras,
    "zip": _read_zip,
    "saved_model": _read_saved_model,
}


if __name__ == "__main__":
    give_way()
    serve(read_apart, limits=LIMITS)
