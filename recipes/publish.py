"""Turn a student of a window on a GPU into a model folder, by way of the product's own network.

python -m recipes.publish OUT/student-2.npz --log OUT/log.json --data fer2013.csv --out models/NAME

A model that was published without them gets the hashes of the images that it has seen by

python -m recipes.publish --seen models/NAME --data fer2013.csv
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets import open_dataset
from emotion_core.errors import DatasetError, EmotionCoreError, TrainingError
from emotion_core.models.folder import SEEN_FILE, ModelCard, load_card
from emotion_core.models.readme.card import write_card
from emotion_core.models.seen_images import SeenImages, with_seen_images
from emotion_core.system.native import quiet_native_libraries
from emotion_core.training.config import AugmentationConfig, TrainingConfig
from emotion_core.training.data import split_for_training

#: Logits found here and on the GPU may differ by this much: weights are rounded to float16.
TOLERANCE: Final = 0.1
_LIBRARIES: Final = ("keras", "tensorflow", "ai-edge-litert", "numpy", "opencv-python-headless")


def main() -> None:
    """Read the command line and publish."""
    parser = argparse.ArgumentParser(prog="python -m recipes.publish", description=__doc__)
    parser.add_argument("student", type=Path, nargs="?", help="what the window saved of it")
    parser.add_argument("--log", type=Path, help="log.json of the window")
    parser.add_argument("--data", required=True, help="FER2013, for the figures of the card")
    parser.add_argument("--out", type=Path, metavar="MODEL_DIR")
    parser.add_argument(
        "--seen", type=Path, metavar="MODEL_DIR", help="a model that gets the hashes of the data"
    )
    options = parser.parse_args()
    if options.seen is None and None in (options.student, options.log, options.out):
        parser.error("expected a student, --log and --out, or --seen")
    try:
        if options.seen is not None:
            card = remember_images(options.seen, options.data)
            print(f"Wrote {options.seen / SEEN_FILE}: {card.sizes[SEEN_FILE]:,} bytes")
            return
        card = publish(options.student, options.log, options.data, options.out)
    except (EmotionCoreError, OSError) as error:
        sys.exit(f"recipes.publish: {error}")
    print(f"Saved {options.out}: accuracy {card.metrics['accuracy']:.4f}")


def publish(student: Path, log: Path, data: str, out: Path) -> ModelCard:
    """Write the model folder ``out`` and return its card.

    Raises:
        TrainingError: the network here does not give the logits that the student gave there.
        EmotionCoreError: the data cannot be read, or ``out`` is something else than a model.
    """
    # TensorFlow writes warnings that nobody can act on.
    with quiet_native_libraries():
        return _publish(student, log, data, out)


def remember_images(folder: Path, data: str) -> ModelCard:
    """Write the hashes of the images that a model has seen into its folder; return its card.

    Args:
        folder: a model that was trained here or published before there were hashes.
        data: what it was trained and selected on.

    Raises:
        EmotionCoreError: the folder is no model, or the data is not what it was trained on.
        OSError: the folder cannot be written.
    """
    card, dataset = load_card(folder), open_dataset(data)
    if dataset.fingerprint != card.data.get("fingerprint"):
        raise DatasetError(
            f"{data}: expected the data that {card.name} was trained on (fingerprint "
            f"{card.data.get('fingerprint')}), found other data ({dataset.fingerprint})"
        )
    training_set, selecting = split_for_training(dataset, card.config["seed"])
    seen = SeenImages.of(training_set.images, selecting.images)
    return write_card(folder, with_seen_images(folder, card, seen))


def _publish(student: Path, log: Path, data: str, out: Path) -> ModelCard:
    from emotion_core.judging.card_figures import measured
    from emotion_core.training.fitting.export import save_model
    from emotion_core.training.networks.classifier import KerasClassifier

    with np.load(student) as arrays:
        weights = {name: arrays[name] for name in arrays.files}
    description = json.loads(str(weights.pop("description")))
    expected = weights.pop("logits_found")
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    config = _config(description, events)
    dataset = open_dataset(data)
    training_set, selecting = split_for_training(dataset, config.seed)
    network = _deployed(config, weights)
    logits = KerasClassifier(network).predict_logits(selecting.images)
    difference = float(np.abs(logits - expected).max())
    if not difference <= TOLERANCE:
        raise TrainingError(
            f"{student}: expected the logits that it gave where it was trained, found a difference "
            f"of {difference:.2g}; publish it with the data and the version it was trained with"
        )
    students = {e["what"] for e in events if e["what"].startswith("student") and "epoch" in e}
    card = ModelCard(
        name=out.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        temperature=1.0,
        architecture=config.architecture,
        parameters=network.count_params(),
        data={
            "name": dataset.name,
            "fingerprint": dataset.fingerprint,
            "teachers": sorted({e["what"] for e in events if e["what"].startswith("teacher")}),
            "seeds": len(students),
        },
        config=asdict(config),
        best_epoch=config.epochs,
        versions={"python": platform.python_version()}
        | {name: version(name) for name in _LIBRARIES}
        | {"torch": events[0]["torch"]},
        metrics={},
        files={},
    )
    card = measured(card, KerasClassifier(network), training_set, selecting, logits)
    seen = SeenImages.of(training_set.images, selecting.images)
    return save_model(out, network, card, seen=seen)


def _config(description: dict[str, Any], events: list[dict[str, Any]]) -> TrainingConfig:
    """Return the settings that the product's own training would need for such a student."""
    schedule, distillation = description["schedule"], description["distillation"]
    last = [event for event in events if event["what"] == description["name"]][-1]
    return TrainingConfig(
        architecture="vgg",
        filters=tuple(description["filters"]),
        depths=tuple(description["depths"]),
        border=description["border"],
        dropout=description["dropout"],
        epochs=last["epoch"],
        batch_size=schedule["batch"],
        learning_rate=schedule["rate"],
        warmup=schedule["warmup"],
        weight_decay=schedule["decay"],
        label_smoothing=0.0,
        distillation_weight=distillation["weight"],
        distillation_temperature=distillation["temperature"],
        mirrored_teaching=True,
        augmentation=AugmentationConfig(**description["variation"]),
        seed=int(description["name"].rpartition("-")[2]),
        precision="mixed_bfloat16",
    )


def _deployed(config: TrainingConfig, weights: dict[str, NDArray[np.float32]]) -> Any:
    """Return the network with batch norm folded in and its weights rounded to float16."""
    from emotion_core.training.networks.network import NORM, NetworkShape, build_network
    from emotion_core.training.networks.weights import reparametrize

    shape = (config.filters, config.depths)
    trained = build_network("vgg", NetworkShape(*shape, border=config.border))
    for layer in trained.layers:
        if layer.name.endswith(NORM):
            name = layer.name.removesuffix(NORM)
            keys = ("gamma", "beta", "mean", "variance")
        elif layer.weights:
            name, keys = layer.name, ("kernel", "bias") if layer.use_bias else ("kernel",)
        else:
            continue
        layer.set_weights([weights[f"{name}/{key}"] for key in keys])
    deployed = build_network("vgg", NetworkShape(*shape, deployed=True, border=config.border))
    reparametrize(trained, deployed)
    return deployed


if __name__ == "__main__":
    main()
