"""Which maps of a face say best what an answer rests on, by deletion and insertion.

    python benchmarks/explanations.py --data fer2013.csv [--model MODEL_DIR] [--images 100]

For PublicTest images that the model answers rightly, drawn at random, the score of the answer is
followed while pixels are hidden (deletion: low is good) or uncovered (insertion: high is good), the
hottest first (Petsiuk et al. 2018). Prints JSON: mean areas of each method, of maps of the same
grain that know nothing, how often the method beats them, and milliseconds for one face.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np

from emotion_core.datasets import open_dataset
from emotion_core.judging.explanation import explain, random_masks
from emotion_core.judging.predictions.predict import ParallelClassifier
from emotion_core.models.folder import default_model_dir, load_card


def occlusion_masks(square: int, stride: int = 3, softness: float = 1.5) -> np.ndarray:
    """Return masks that hide one soft square each, at every place in turn (Zeiler, Fergus 2014)."""
    centres = range(0, 49, stride)
    masks = np.ones((len(centres) ** 2, 48, 48), np.float32)
    for number, (y, x) in enumerate((y, x) for y in centres for x in centres):
        top, left = (max(0, centre - square // 2) for centre in (y, x))
        masks[number, top : y + square // 2, left : x + square // 2] = 0
        masks[number] = cv2.GaussianBlur(
            masks[number], (0, 0), softness, borderType=cv2.BORDER_REPLICATE
        )
    return masks


METHODS: dict[str, Callable[[], np.ndarray]] = {
    "RISE, 1000 masks of 10 x 10 (in use)": random_masks,
    "RISE, 1000 masks of 7 x 7": lambda: random_masks(1000, 7),
    "RISE, 1000 masks of 16 x 16": lambda: random_masks(1000, 16),
    "RISE, 2000 masks of 10 x 10": lambda: random_masks(2000, 10),
    "occlusion, squares of 6": lambda: occlusion_masks(6),
    "occlusion, squares of 10": lambda: occlusion_masks(10),
}


def main() -> None:
    """Judge every method on the same images and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", type=Path, default=default_model_dir())
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    part = open_dataset(options.data).split("PublicTest")
    classifier = ParallelClassifier.load(options.model)
    right = np.flatnonzero(classifier.predict_logits(part.images).argmax(axis=1) == part.labels)
    random = np.random.default_rng(0)
    chosen = random.choice(right, min(options.images, len(right)), replace=False)
    temperature = load_card(options.model).temperature
    figures = {
        name: judge(classifier, part.images[chosen], METHODS[name](), temperature)
        for name in options.only
    }
    print(json.dumps({"images": len(chosen), "methods": figures}, indent=2))


def judge(
    classifier: ParallelClassifier, faces: np.ndarray, masks: np.ndarray, temperature: float
) -> dict[str, Any]:
    """Return the figures of one method."""
    started = time.perf_counter()
    found = [
        explain(classifier, face, temperature=temperature, masks=masks, seed=number)
        for number, face in enumerate(faces)
    ]
    seconds = time.perf_counter() - started
    deletion, insertion, chance_deletion, chance_insertion = np.array(
        [
            (
                each.faithfulness.deletion_auc,
                each.faithfulness.insertion_auc,
                each.of_chance.deletion_auc,
                each.of_chance.insertion_auc,
            )
            for each in found
        ]
    ).T
    return {
        "deletion": round(float(deletion.mean()), 3),
        "deletion_of_chance": round(float(chance_deletion.mean()), 3),
        "deletion_beats_chance": round(float((deletion < chance_deletion).mean()), 2),
        "insertion": round(float(insertion.mean()), 3),
        "insertion_of_chance": round(float(chance_insertion.mean()), 3),
        "insertion_beats_chance": round(float((insertion > chance_insertion).mean()), 2),
        "masks": len(masks),
        "ms": round(1000 * seconds / len(faces)),
    }


if __name__ == "__main__":
    main()
