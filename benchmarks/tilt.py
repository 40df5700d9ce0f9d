"""What turning a tilted face upright before it is read brings, in accuracy.

    python benchmarks/tilt.py --data fer2013.csv

Each PublicTest picture is enlarged and set into a wider one that repeats its border, as in
``crop_rule.py``, which is then turned by an angle, once each way. The face is read from a box
around its centre: ``as it is``; ``turned upright`` by the true angle; and by an angle that is off
by ``OFF`` degrees either way, which is as far as the live tracker lets it be. Prints JSON: the
shipped model's accuracy for each angle, the mean over both ways.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.crop_rule import FRAME, accuracy, in_scene, pictures
from emotion_core.faces.crops import crop_face
from emotion_core.models.classifier import EmotionClassifier

ANGLES: Final = (0, 5, 10, 15, 20, 30, 45)
OFF: Final = 15


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv")
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument("--images", type=int, default=3589, help="how many pictures (default: all)")
    options = parser.parse_args()
    images, labels = pictures(options.data, options.images)
    classifier = EmotionClassifier.load(options.model)
    scenes = [in_scene(image) for image in images]
    figures = {
        "pictures": len(images),
        "model": classifier.card.name,
        "frames": accuracy(classifier, images, labels),
        "angles": {angle: figures_at(angle, scenes, labels, classifier) for angle in ANGLES},
    }
    print(json.dumps(figures, indent=2))


def figures_at(
    angle: int,
    scenes: list[NDArray[np.uint8]],
    labels: NDArray[np.int64],
    classifier: EmotionClassifier,
) -> dict[str, float]:
    """Return the accuracy on scenes turned by ``angle`` degrees, read in each of the ways."""
    crops: dict[str, list[NDArray[np.uint8]]] = {
        "as it is": [],
        "turned upright": [],
        f"turned upright, {OFF} degrees off": [],
    }
    as_it_is, upright, off = crops.values()
    for turn in (angle, -angle):
        matrix = cv2.getRotationMatrix2D(FRAME.center, turn, 1.0)
        for number, scene in enumerate(scenes):
            turned = cv2.warpAffine(scene, matrix, scene.shape[::-1])
            error = OFF if number % 2 else -OFF
            # A box's angle is how far to turn the picture back.
            as_it_is.append(crop_face(turned, FRAME))
            upright.append(crop_face(turned, replace(FRAME, angle=-turn)))
            off.append(crop_face(turned, replace(FRAME, angle=error - turn)))
    both = np.tile(labels, 2)
    return {name: accuracy(classifier, np.stack(faces), both) for name, faces in crops.items()}


if __name__ == "__main__":
    main()
