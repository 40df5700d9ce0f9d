"""Which maps of a face say best what an answer rests on, by deletion and insertion.

    python benchmarks/explanations.py --data fer2013.csv [--model MODEL_DIR] [--images 100]

For PublicTest images that the model answers rightly, drawn at random, the score of the answer is
followed while pixels are hidden (deletion: low is good) or uncovered (insertion: high is good), the
hottest first (Petsiuk et al. 2018). Prints JSON: mean areas of each method, of maps of the same
grain that know nothing, how often the method beats them, and milliseconds for one face. What is
hidden is blurred; with ``--grey`` it is the face's mean grey instead, as in the paper.
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

from emotion_core.artefacts import default_model_dir, load_card
from emotion_core.datasets import open_dataset
from emotion_core.judging import explanation
from emotion_core.predictions import ParallelClassifier


def rise_masks(count: int, cells: int, seed: int = 0) -> np.ndarray:
    """Return random soft masks (RISE, Petsiuk et al. 2018): half of the cells are visible."""
    random = np.random.default_rng(seed)
    cell = -(-48 // cells)
    masks = np.empty((count, 48, 48), np.float32)
    for mask in masks:
        coarse = (random.random((cells + 1, cells + 1)) < 0.5).astype(np.float32)
        side = (cells + 1) * cell
        large = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR)
        top, left = random.integers(0, cell, 2)
        mask[:] = large[top : top + 48, left : left + 48]
    return masks


METHODS: dict[str, Callable[[], np.ndarray]] = {
    "occlusion, squares of 10 (in use)": explanation.occlusion_masks,
    "occlusion, squares of 6": lambda: explanation.occlusion_masks(6, 3, 1.0),
    "occlusion, squares of 14": lambda: explanation.occlusion_masks(14, 3, 2.0),
    "RISE, 400 masks of 7 x 7": lambda: rise_masks(400, 7),
    "RISE, 2000 masks of 7 x 7": lambda: rise_masks(2000, 7),
    "RISE, 2000 masks of 10 x 10": lambda: rise_masks(2000, 10),
}


def main() -> None:
    """Judge every method on the same images and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", type=Path, default=default_model_dir())
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--grey", action="store_true", help="hide behind the mean grey")
    options = parser.parse_args()
    if options.grey:
        explanation.hidden_face = lambda face: np.full((48, 48), face.mean(), np.float32)
    part = open_dataset(options.data).split("PublicTest")
    classifier = ParallelClassifier.load(options.model)
    right = np.flatnonzero(classifier.predict_logits(part.images).argmax(axis=1) == part.labels)
    random = np.random.default_rng(0)
    chosen = random.choice(right, min(options.images, len(right)), replace=False)
    temperature = load_card(options.model).temperature
    figures = {
        name: judge(classifier, part.images[chosen], make(), temperature)
        for name, make in METHODS.items()
    }
    print(json.dumps({"images": len(chosen), "methods": figures}, indent=2))


def judge(
    classifier: ParallelClassifier, faces: np.ndarray, masks: np.ndarray, temperature: float
) -> dict[str, Any]:
    """Return the figures of one method."""
    started = time.perf_counter()
    found = [
        explanation.explain(classifier, face, temperature=temperature, masks=masks, seed=number)
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
