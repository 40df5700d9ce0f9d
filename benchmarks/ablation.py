"""What each ingredient of the training recipe is worth, one at a time, at the same small budget.

    python benchmarks/ablation.py --data fer2013.csv --out DIR [--epochs 10] [--seeds 0 1]
        [--only NAME ...] [--teachers MODEL_DIR ...] [--set NAME=VALUE ...]

Every variant is one ``python -m emotion_core train`` away from the baseline, the preset
``standard``; ``--set`` changes all of them, for example to a narrower network. Models land in
``DIR/VARIANT-SEED`` (on a Keras backend that cannot export, runs in ``DIR/VARIANT-SEED.training``);
what is there already is not trained again, and an interrupted run is resumed.
Prints JSON: for each variant the mean over seeds of PublicTest accuracy, the same without images
that stand in Training, macro F1, log loss, calibration error before scaling, and the points of
accuracy above the baseline; ``clear`` says whether McNemar's test on all images and seeds together
finds the difference at the 5% level. Short runs favour weak regularization: read the result as
what holds at this budget.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

BASELINE = "baseline"
DISTILLATION = "distillation"
#: Settings that differ from the baseline's.
VARIANTS: dict[str, list[str]] = {
    BASELINE: [],
    "no variation at all": [
        "augmentation.rotation_degrees=0",
        "augmentation.shift=0",
        "augmentation.zoom=0",
        "augmentation.flip=no",
        "augmentation.erase_probability=0",
    ],
    "no flip": ["augmentation.flip=no"],
    "no rotation, shift and zoom": [
        "augmentation.rotation_degrees=0",
        "augmentation.shift=0",
        "augmentation.zoom=0",
    ],
    "more rotation, shift and zoom": [
        "augmentation.rotation_degrees=15",
        "augmentation.shift=0.12",
        "augmentation.zoom=0.2",
    ],
    "no erasing": ["augmentation.erase_probability=0"],
    "light and camera": [
        "augmentation.light_probability=0.25",
        "augmentation.camera_probability=0.15",
    ],
    "mixup 0.2": ["augmentation.mixup=0.2"],
    "no label smoothing": ["label_smoothing=0"],
    "label smoothing 0.1": ["label_smoothing=0.1"],
    "no dropout": ["dropout=0"],
    "weight decay 0.05": ["weight_decay=0.05"],
    "FER+ votes 0.3": ["vote_weight=0.3"],
    "FER+ votes 0.6": ["vote_weight=0.6"],
    "float32": ["precision=float32"],
    "ResNet-SE": ["architecture=resnet-se"],
    "RepVGG": ["architecture=repvgg"],
    DISTILLATION: ["distillation_weight=0.9", "label_smoothing=0"],
}


def main() -> None:
    """Train what is missing, then compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="fer2013.csv, or demo")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--epochs", type=int, default=10, help="default: 10")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="default: 0")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, help="default: all")
    parser.add_argument("--teachers", nargs="+", default=[], help="for the variant distillation")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    names = [BASELINE, *(options.only or VARIANTS)]
    names = [name for name in dict.fromkeys(names) if options.teachers or name != DISTILLATION]
    for name in names:
        for seed in options.seeds:
            train(name, seed, options)
    print(json.dumps(compare(names, options), indent=2))


def folder_of(name: str, seed: int, options: argparse.Namespace) -> Path:
    """Return where a variant's model lies."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
    return Path(options.out) / f"{plain}-{seed}"


def network_of(name: str, seed: int, options: argparse.Namespace) -> Path | None:
    """Return a variant's network if it is trained."""
    folder = folder_of(name, seed, options)
    for place in (folder, folder.with_name(f"{folder.name}.training")):
        if (place / "model.keras").exists():
            return place / "model.keras"
    return None


def train(name: str, seed: int, options: argparse.Namespace) -> None:
    """Train one variant unless it is there."""
    if network_of(name, seed, options) is not None:
        return
    folder = folder_of(name, seed, options)
    command = [sys.executable, "-m", "emotion_core", "train", "--data", options.data]
    command += ["--out", str(folder.resolve())]
    if (folder.with_name(f"{folder.name}.training") / "checkpoint.npz").exists():
        command += ["--resume"]
    else:
        command += ["--preset", "standard", "--epochs", str(options.epochs), "--seed", str(seed)]
        for setting in [*options.set, *VARIANTS[name]]:
            command += ["--set", setting]
        if name == DISTILLATION:
            command += ["--teachers", *options.teachers]
    print(f"{name}, seed {seed}", file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdout=sys.stderr, cwd=ROOT)


def compare(names: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """Return every variant's mean figures and its distance from the baseline."""
    import numpy as np

    from emotion_core.datasets import open_dataset
    from emotion_core.datasets.types import byte_identical_to
    from emotion_core.judging.measures.evaluation import evaluate_logits
    from emotion_core.training.networks.loading import load_keras_classifier

    dataset = open_dataset(options.data)
    validation = dataset.split("PublicTest")
    leaked = byte_identical_to(validation.images, dataset.split("Training").images)
    right: dict[str, Any] = {}
    result: dict[str, Any] = {"epochs": options.epochs, "seeds": options.seeds}
    for name in names:
        paths = [network_of(name, seed, options) for seed in options.seeds]
        logits = [
            load_keras_classifier(path).predict_logits(validation.images) for path in paths if path
        ]
        reports = [evaluate_logits(each, validation.labels, leaked=leaked) for each in logits]
        right[name] = np.concatenate([each.argmax(axis=1) == validation.labels for each in logits])
        figures = {
            "accuracy": [report.accuracy.value for report in reports],
            "clean_accuracy": [report.clean.accuracy.value for report in reports if report.clean],
            "macro_f1": [report.macro_f1.value for report in reports],
            "log_loss": [report.log_loss for report in reports],
            "ece_uncalibrated": [report.ece for report in reports],
        }
        points = 100 * (right[name].mean() - right[BASELINE].mean())
        result[name] = {
            **{key: round(sum(values) / len(values), 4) for key, values in figures.items()},
            "points_above_baseline": round(float(points), 2),
            "clear": mcnemar(right[BASELINE], right[name]) < 0.05,
        }
    return result


def mcnemar(first: Any, second: Any) -> float:
    """Return the two-sided p value that two classifiers are equally good (McNemar 1947).

    With the continuity correction of Edwards (1948).
    """
    gained, lost = int((second & ~first).sum()), int((first & ~second).sum())
    if gained + lost == 0:
        return 1.0
    statistic = max(0, abs(gained - lost) - 1) ** 2 / (gained + lost)
    return math.erfc(math.sqrt(statistic / 2))


if __name__ == "__main__":
    main()
