"""Write a trained network as a model folder: every form of it together, or nothing."""

from __future__ import annotations

import platform
import shutil
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import h5py
import keras
import numpy as np

from emotion_core.emotions import FACE_SIZE
from emotion_core.errors import ModelError
from emotion_core.judging.card_figures import measured
from emotion_core.models.folder import (
    ARCHITECTURE_FILE,
    CARD_FILE,
    KERAS_FILE,
    LITERT_FILE,
    SEEN_FILE,
    TRAINING_LOG_FILE,
    WEIGHTS_FILE,
    ModelCard,
    checksum,
    load_card,
)
from emotion_core.models.readme.card import write_card
from emotion_core.models.seen_images import SeenImages, load_seen_images
from emotion_core.system.storage.files import replace_folder
from emotion_core.training.fitting.loop import TrainingLoop, TrainingResult
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.networks.network import Network
from emotion_core.training.progress import METRICS_FILE
from emotion_core.training.warm_start import InitialModel

#: Scores of the forms may differ by this much before a folder is not published.
TOLERANCE: Final = 1e-3
_LIBRARIES: Final = ("keras", "tensorflow", "ai-edge-litert", "numpy", "opencv-python-headless")


def export_run(
    run: TrainingLoop, result: TrainingResult, folder: Path, *, run_id: str | None = None
) -> ModelCard:
    """Calibrate and measure the best network of a run, save it as ``folder``, return its card.

    Temperature and certainty threshold are fitted on the images that selected the epoch, so their
    figures with them flatter; the card gives the cross-fitted ones beside them.

    Args:
        run: as it was when it ended.
        result: what it returned.
        folder: where the model goes; its name becomes the model's.
        run_id: the run's name in the folder of all runs, where it has one.

    Raises:
        ModelError: ``folder`` exists and is not a model, or the exported forms disagree.
        OSError: the disk is full or cannot be written; nothing is changed.
    """
    initial = run.origin.initial
    card = ModelCard(
        name=folder.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        temperature=1.0,
        architecture=run.config.architecture,
        parameters=result.network.count_params(),
        data={
            "name": run.dataset.name,
            "fingerprint": run.dataset.fingerprint,
            "teachers": [teacher.checksum for teacher in run.origin.teachers],
            "initial": initial and {"name": initial.name, "checksum": initial.checksum},
            "excluded": run.dataset.excluded and run.dataset.excluded.to_json(),
            "run": run_id,
        },
        config=asdict(run.config),
        best_epoch=result.best_epoch,
        versions={"python": platform.python_version()}
        | {name: _version(name) for name in _LIBRARIES},
        metrics={},
        files={},
    )
    card = measured(
        card,
        KerasClassifier(result.network),
        run.training_set,
        result.validation_set,
        result.validation_logits,
    )
    seen = SeenImages.of(run.training_set.images, result.validation_set.images)
    if initial is not None and (earlier := _seen_by(initial)) is not None:
        seen = seen.with_earlier(earlier)
    log = run.folder / METRICS_FILE
    return save_model(folder, result.network, card, training_log=log, seen=seen)


def _version(library: str) -> str:
    """Return a library's version; TensorFlow has another name where it is for CPUs alone."""
    try:
        return version(library)
    except PackageNotFoundError:
        return version(f"{library}-cpu")


def _seen_by(initial: InitialModel) -> SeenImages | None:
    """Return what a model that a run began with has seen; None where that cannot be told."""
    folder = Path(initial.path)
    try:
        card = load_card(folder)
    except ModelError:  # it was deleted meanwhile
        return None
    same = card.files.get(KERAS_FILE) == initial.checksum
    return load_seen_images(folder, card) if same else None


def save_model(
    folder: Path,
    network: Network,
    card: ModelCard,
    *,
    training_log: Path | None = None,
    seen: SeenImages | None = None,
) -> ModelCard:
    """Write every form of ``network`` and its card to ``folder``, and return the card as written.

    An existing model is replaced once the new one is complete.

    Args:
        folder: where to.
        network: returns logits.
        card: what is known of it; it gets the files' checksums and sizes.
        training_log: a file with one line for each epoch, where there is one.
        seen: the images that it was trained and selected on.

    Raises:
        ModelError: ``folder`` exists and is not a model, or the exported forms disagree.
        OSError: the disk is full or cannot be written; nothing is changed.
    """
    check_replaceable(folder)
    with replace_folder(folder) as temporary:
        network.save(temporary / KERAS_FILE)
        (temporary / ARCHITECTURE_FILE).write_text(network.to_json(indent=1), encoding="utf-8")
        write_weights(temporary / WEIGHTS_FILE, network)
        write_litert(temporary / LITERT_FILE, network)
        if training_log is not None:
            shutil.copyfile(training_log, temporary / TRAINING_LOG_FILE)
        if seen is not None:
            seen.write(temporary / SEEN_FILE)
        files = {path.name: checksum(path) for path in sorted(temporary.iterdir())}
        sizes = {path.name: path.stat().st_size for path in sorted(temporary.iterdir())}
        card = replace(card, files=files, sizes=sizes)
        _check_agreement(network, (temporary / LITERT_FILE).read_bytes(), card)
        return write_card(temporary, card)


def write_litert(path: Path, network: Network) -> None:
    """Write a network for LiteRT with its weights as float16: half the bytes of float32.

    LiteRT computes in float32 all the same. Nothing is lost when the weights are float16 numbers
    already, as ``network.reparametrize`` leaves them.
    """
    import tensorflow

    network.export(
        path,
        format="litert",
        verbose=False,
        optimizations=[tensorflow.lite.Optimize.DEFAULT],
        target_spec={"supported_types": [tensorflow.float16]},
    )


def check_replaceable(folder: Path) -> None:
    """Refuse to put a model where something else is.

    Raises:
        ModelError: ``folder`` is a file, or a folder that is neither empty nor a model.
    """
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / CARD_FILE).exists()):
        raise ModelError(
            f"expected a new folder or a model folder to replace at {folder}, found something else;"
            " choose another one"
        )


def write_weights(path: Path, network: Network) -> None:
    """Write the weights alone in the layout that Keras 1 and 2 used for ``save_weights(".h5")``.

    Keras 3 still reads it (``load_weights``) and no longer writes it: one group a layer, the order
    of layers and weights in the attributes ``layer_names`` and ``weight_names``.
    """
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        file.attrs["backend"] = keras.backend.backend().encode()
        file.attrs["keras_version"] = keras.__version__.encode()
        for layer in network.layers:
            group = file.create_group(layer.name)
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            names = [f"{layer.name}/{weight.name}" for weight in weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, weights, strict=True):
                group.create_dataset(name, data=keras.ops.convert_to_numpy(weight))


def _check_agreement(network: Network, litert_model: bytes, card: ModelCard) -> None:
    """Raise ModelError unless LiteRT gives the network's own scores, before anyone relies on it."""
    # Only here: a machine that trains on another Keras backend, and cannot export, needs no LiteRT.
    from emotion_core.models.classifier import EmotionClassifier

    faces = np.random.default_rng(0).integers(0, 256, (16, FACE_SIZE, FACE_SIZE), np.uint8)
    expected = KerasClassifier(network).predict_logits(faces)
    found = EmotionClassifier(litert_model, card).predict_logits(faces)
    difference = float(np.abs(expected - found).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"expected model.tflite to give the logits of model.keras within {TOLERANCE}, found a "
            f"difference of {difference:.2g}; the model was not saved"
        )
