"""Where BlazeFace's points lie in FER2013's pictures, and how well crops made from them are read.

    python benchmarks/blazeface_frame.py --data fer2013.csv

PublicTest pictures set into wider ones, as in ``crop_rule.py``. ``points``: of each network, the
share of the faces it finds and its points as shares of the picture's side, medians; from these,
left and right made alike, comes ``MEAN_POINTS`` in
``emotion_core/faces/finding/blazeface/framing.py``. ``accuracy``: of the shipped model on the
frames as they are, and on the crops of the photo detector's boxes, over the faces that it finds.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from crop_rule import FRAME, accuracy, in_scene, nearest, pictures

from emotion_core.faces.crops import crop_face
from emotion_core.faces.finding.blazeface.network import (
    BACK,
    FULL_RANGE,
    POINTS,
    SHORT_RANGE,
    BlazeFace,
)
from emotion_core.faces.finding.finders import BLAZEFACE, photo_finder
from emotion_core.models.classifier import EmotionClassifier

# The middle of a scene, twice as wide as the frame.
_MIDDLE = np.s_[48:432, 128:512]
_ORIGIN = np.array([128, 48])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv")
    parser.add_argument("--images", type=int, default=1200, help="how many pictures (default 1200)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    images, labels = pictures(options.data, options.images)
    scenes = [in_scene(image) for image in images]
    detector, classifier = photo_finder(BLAZEFACE), EmotionClassifier.load()
    boxes = [nearest(detector.detect(scene)) for scene in scenes]
    found = [index for index, box in enumerate(boxes) if box is not None]
    crops = [
        crop_face(scene, box) for scene, box in zip(scenes, boxes, strict=True) if box is not None
    ]
    figures: dict[str, Any] = {
        "pictures": len(images),
        "points": {each.file: points(BlazeFace(each), scenes) for each in networks()},
        "accuracy": {
            "found": round(len(found) / len(images), 3),
            "frames": accuracy(classifier, images[found], labels[found]),
            "crops": accuracy(classifier, np.stack(crops), labels[found]),
        },
    }
    print(json.dumps(figures, indent=2))


def networks() -> tuple[Any, ...]:
    """Return the networks that the app uses."""
    return BACK, SHORT_RANGE, FULL_RANGE


def points(network: BlazeFace, scenes: list[np.ndarray]) -> dict[str, Any]:
    """Return the share of faces found, and the medians of their points."""
    corner = np.array([FRAME.x, FRAME.y]) - _ORIGIN
    found = [network.detect(scene[_MIDDLE], 0.5)[:1] for scene in scenes]
    places = np.array([(face.points - corner) / FRAME.width for each in found for face in each])
    medians = np.median(places, axis=0).round(3).tolist()
    return {
        "found": round(len(places) / len(scenes), 3),
        **dict(zip(POINTS, medians, strict=True)),
    }


if __name__ == "__main__":
    main()
