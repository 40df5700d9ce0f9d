"""Reads a model file of others: run by ``model_import.stage_model`` in a process of its own.

    python -m emotion_core.model_import_worker KIND FOLDER

A hostile file may crash a library, fill the memory or never end; here it takes a process with it
that has little of both. The file is judged before anything is built from it, converted to LiteRT if
need be, and tried on a few pictures. Every line on stdout is JSON: a ``share`` of the work done,
and at last what was ``found``, or the ``problem``.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Final

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
from numpy.typing import NDArray

from emotion_core.artefacts import (
    CARD_FILE,
    KERAS_FILE,
    LITERT_FILE,
    MODEL_FILES,
    load_card,
    read_model_file,
)
from emotion_core.errors import ModelError
from emotion_core.files import replace_file
from emotion_core.model_import import UPLOADS, FoundNetwork
from emotion_core.model_interface import CLASS_COUNTS, SIDES

#: What this process may take; a network of 1 GB needs about three times that while it is converted.
MEMORY_BYTES: Final = 6_000_000_000
PROCESSOR_SECONDS: Final = 600
FILE_BYTES: Final = 3_000_000_000

#: A zip of ours may unpack to so much, and to so many times its size.
MAX_UNPACKED_BYTES: Final = 3_000_000_000
MAX_EXPANSION: Final = 100
_SMALL: Final = 1 << 20

# Pictures that the network is tried on.
_PICTURES: Final = 3
# A converted network may differ by this from the original.
_TOLERANCE: Final = 1e-3


def main(arguments: Sequence[str]) -> int:
    """Read one model and return the exit code."""
    kind, folder = arguments[0], Path(arguments[1])
    _restrict()
    try:
        found = _READERS[kind](folder)
    except ModelError as error:
        _tell(problem=str(error))
        return 2
    except Exception as error:  # noqa: BLE001 - libraries raise anything for what they cannot read
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        if isinstance(error, MemoryError) or "OOM" in reason:  # the latter is TensorFlow's
            reason = f"it needs more than {MEMORY_BYTES / 1e9:.0f} GB of memory"
        _tell(problem=f"expected a model that can be read, found one that cannot ({reason})")
        return 2
    _tell(found=asdict(found))
    return 0


def _restrict() -> None:
    """Take away what this process does not need, where the system knows how."""
    if hasattr(os, "nice"):
        os.nice(10)
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # a lower limit is in force
            resource.setrlimit(kind, (most, most))


def _tell(**content: object) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def _read_litert(folder: Path) -> FoundNetwork:
    (folder / UPLOADS / LITERT_FILE).replace(folder / LITERT_FILE)
    return _probe((folder / LITERT_FILE).read_bytes())


def _read_keras(folder: Path) -> FoundNetwork:
    """Judge, build and convert a network of Keras, and keep it in Keras' own format too."""
    path = next(
        path
        for name in (KERAS_FILE, "model.h5", "model_arch.json")
        if (path := folder / UPLOADS / name).is_file()
    )
    # Before Keras is there: what is refused is refused at once.
    _judge(path)
    _tell(share=0.1)
    from emotion_core.keras_models import read_network

    _tell(share=0.4)
    network = read_network(path)
    shapes = network.input_shape, network.output_shape
    if not all(isinstance(shape, tuple) for shape in shapes):
        raise ModelError(f"expected one input and one output, found {shapes[0]} and {shapes[1]}")
    _check_shapes(*(list(shape) for shape in shapes))
    _tell(share=0.5)
    network.save(folder / KERAS_FILE)
    with replace_file(folder / LITERT_FILE) as temporary:
        network.export(temporary, format="litert", verbose=False)
    _tell(share=0.8)
    content = (folder / LITERT_FILE).read_bytes()
    found = _probe(content)
    _check_agreement(content, found, lambda pictures: network.predict(pictures, verbose=0))
    return replace(found, weights=network.count_params())


def _judge(path: Path) -> None:
    from emotion_core import keras_files

    if path.suffix == ".keras":
        keras_files.judge_archive(path)
    elif path.suffix == ".json":
        keras_files.judge_description(path, keras_files.read_description(path))
    else:
        with keras_files.open_hdf5(path) as file:
            keras_files.judge_description(path, keras_files.description_in(path, file))


def _read_zip(folder: Path) -> FoundNetwork:
    """Unpack a model of this project and check every file against its card."""
    _unpack(folder / UPLOADS / "model.zip", folder)
    _tell(share=0.3)
    card = load_card(folder)
    strange = sorted(set(card.files) - set(MODEL_FILES))
    if strange or LITERT_FILE not in card.files:
        raise ModelError(
            f"{CARD_FILE}: expected the files of a model, found {', '.join(strange) or 'none'}"
        )
    for name in card.files:
        read_model_file(folder, card, name)
    _tell(share=0.6)
    from emotion_core.classifier import EmotionClassifier
    from emotion_core.model_card import readme_text

    found = _probe((folder / LITERT_FILE).read_bytes())
    EmotionClassifier.load(folder)
    try:
        readme_text(card)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{CARD_FILE} is damaged ({error}); export the model again") from error
    return found


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not _is_ornament(entry)]
            _check_entries(entries)
            for entry in entries:
                with archive.open(entry) as source:
                    (folder / _own_name(entry)).write_bytes(source.read(entry.file_size))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        # RuntimeError: encrypted.
        raise ModelError(
            f"expected a whole zip file, but it is damaged or locked ({error}); export it again"
        ) from error


def _is_ornament(entry: zipfile.ZipInfo) -> bool:
    """Tell whether it is a folder, or what desktops add."""
    parts = PurePosixPath(entry.filename).parts
    return entry.is_dir() or "__MACOSX" in parts or (bool(parts) and parts[-1] == ".DS_Store")


def _own_name(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).name


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive with anything but the files of one model, or that would fill the disk."""
    names = [entry.filename for entry in entries]
    folders = {str(PurePosixPath(name).parent) for name in names}
    strange = [name for name in names if PurePosixPath(name).name not in MODEL_FILES]
    outside = [name for name in names if ".." in name or name.startswith("/") or "\\" in name]
    if strange or outside or len(folders) != 1 or len(set(names)) != len(names):
        raise ModelError(
            f"expected the files of one model of this app, {CARD_FILE} and {LITERT_FILE} among "
            f"them, found {', '.join((outside or strange or names)[:3]) or 'nothing'}; a model of "
            "another project is imported as .keras, .h5 or .tflite, not zipped"
        )
    total = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > max(_SMALL, entry.compress_size * MAX_EXPANSION) for entry in entries
    )
    if total > MAX_UNPACKED_BYTES or swollen:
        packed = sum(entry.compress_size for entry in entries)
        raise ModelError(
            f"expected a model, found {total / 1e6:,.0f} MB packed into {packed / 1e6:,.1f} MB, "
            "which is no model but fills disks; it is refused"
        )


# --- trying it out --------------------------------------------------------------------------------


def _probe(content: bytes) -> FoundNetwork:
    """Return what a LiteRT network takes and returns, once it answers sensibly."""
    from emotion_core.litert_network import LiteRtNetwork
    from emotion_core.model_layers import check_weights, read_layers

    layers = read_layers(content)
    check_weights(content)
    network = LiteRtNetwork(content, one_by_one=True)
    if len(network.output_shapes) != 1:
        raise ModelError(f"expected one output, found {len(network.output_shapes)}")
    _check_shapes(network.input_shape, network.output_shapes[0])
    pictures = _pictures(network.input_shape)
    answers = [network.run(scale * pictures)[0] for scale in (1.0, 255.0)]
    if not all(np.isfinite(answer).all() for answer in answers):
        raise ModelError("expected answers that are numbers, found some that are not (NaN)")
    return FoundNetwork(
        side=network.input_shape[1],
        channels=network.input_shape[3],
        outputs=answers[0].shape[1],
        probabilities=all(_are_probabilities(answer) for answer in answers),
        one_by_one=not _takes_batches(content, pictures, answers[0]),
        weights=sum(layer.weights for layer in layers),
    )


def _check_shapes(found_input: Sequence[int | None], found_output: Sequence[int | None]) -> None:
    fits = (
        len(found_input) == 4
        and found_input[1] == found_input[2]
        and found_input[1] in SIDES
        and found_input[3] in (1, 3)
        and len(found_output) == 2
        and found_output[1] in CLASS_COUNTS
    )
    if not fits:
        raise ModelError(
            f"expected a network that takes square pictures, [N, side, side, 1 or 3] with a side "
            f"of {SIDES[0]} to {SIDES[-1]}, and returns a number for each of {CLASS_COUNTS[0]} to "
            f"{CLASS_COUNTS[-1]} classes, [N, classes], found {found_input} and {found_output}"
        )


def _pictures(shape: list[int]) -> NDArray[np.float32]:
    return np.random.default_rng(0).random((_PICTURES, *shape[1:]), np.float32)


def _are_probabilities(answer: NDArray[np.float32]) -> bool:
    adding_up = np.abs(answer.sum(axis=1) - 1) < 0.02  # quantized ones are rounded
    return bool(adding_up.all() and (answer > -1e-3).all())


def _takes_batches(
    content: bytes, pictures: NDArray[np.float32], expected: NDArray[np.float32]
) -> bool:
    from emotion_core.litert_network import LiteRtNetwork

    try:
        found = LiteRtNetwork(content).run(pictures)[0]
    except (ValueError, RuntimeError):
        return False
    return found.shape == expected.shape and bool(np.allclose(found, expected, 1e-2, _TOLERANCE))


def _check_agreement(
    content: bytes,
    found: FoundNetwork,
    predict: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> None:
    from emotion_core.litert_network import LiteRtNetwork

    network = LiteRtNetwork(content, one_by_one=True)
    pictures = _pictures([1, found.side, found.side, found.channels])
    expected, answers = predict(pictures), network.run(pictures)[0]
    if not np.allclose(expected, answers, 1e-2, _TOLERANCE):
        raise ModelError(
            "expected the answers of the original after conversion to LiteRT, found others "
            f"(difference {float(np.abs(expected - answers).max()):.2g}); it was not imported"
        )


_READERS: Final[dict[str, Callable[[Path], FoundNetwork]]] = {
    "litert": _read_litert,
    "keras": _read_keras,
    "zip": _read_zip,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
