"""Where the detectors' boxes lie on faces framed as in FER2013, and which crop reads them best.

    python benchmarks/crop_rule.py --data fer2013.csv --json figures.json

Each PublicTest picture (48x48) is enlarged four times and set into a picture of 640x480 whose rest
repeats its border. Then every detector looks for the face: the live tracker (its box after two
seconds of a still picture), one frontal cascade (what it begins with) and the photo preset.

``boxes``: side and centre of the box in sides of the 48x48 frame, medians and quartiles; offsets
are to the right and down. ``accuracy``: of the shipped model on the crops whose side is ``scale``
times the box's, moved down by ``offset`` sides, over the faces that were found; also of the frames
as they are. Beyond the frame only repeated pixels are to be had, so scales at which crops reach
there look worse than they would on a camera.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets import open_dataset
from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.crops import FACE_CROP_SCALE, crop_face
from emotion_core.faces.finding.detectors import FRONTAL_SETTINGS, PHOTO_SETTINGS, HaarFaceDetector
from emotion_core.faces.tracking import FaceTracker
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.system.storage.files import write_json

Gray = NDArray[np.uint8]

SCALES: Final = (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4)
OFFSETS: Final = (-0.1, -0.05, 0.0, 0.05, 0.1)
#: Where the enlarged FER2013 picture is.
FRAME: Final = Box(224, 144, 192, 192)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument("--images", type=int, default=1200, help="how many pictures (default 1200)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    images, labels = pictures(options.data, options.images)
    classifier = EmotionClassifier.load(options.model)
    figures: dict[str, Any] = {"pictures": len(images), "model": classifier.card.name}
    for name, detect in detectors().items():
        scenes = [(scene, detect(scene)) for scene in map(in_scene, images)]
        found = [index for index, (_, box) in enumerate(scenes) if box is not None]
        faces = [(scene, box) for scene, box in scenes if box is not None]
        figures[name] = {
            "found": round(len(found) / len(images), 3),
            "boxes": describe([box for _, box in faces]),
            "accuracy_of_frames": accuracy(classifier, images[found], labels[found]),
            "accuracy": {
                f"offset {offset:+.2f}": {
                    f"scale {scale:.2f}": accuracy(
                        classifier,
                        np.stack([crop(scene, box, scale, offset) for scene, box in faces]),
                        labels[found],
                    )
                    for scale in SCALES
                }
                for offset in OFFSETS
            },
        }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def pictures(path: Path, count: int) -> tuple[Gray, NDArray[np.int64]]:
    """Return so many pictures of PublicTest, evenly spread, and their labels."""
    part = open_dataset(path).split("PublicTest")
    chosen = np.unique(np.linspace(0, len(part.images) - 1, count).astype(int))
    return part.images[chosen], np.asarray(part.labels[chosen], np.int64)


def detectors() -> dict[str, Callable[[Gray], Box | None]]:
    """Return the ways to find the one face of a scene."""
    frontal, photo = HaarFaceDetector(FRONTAL_SETTINGS), HaarFaceDetector(PHOTO_SETTINGS)
    tracker = FaceTracker()

    def track(scene: Gray) -> Box | None:
        tracker.reset()
        boxes: list[Box] = []
        for step in range(20):
            boxes = [track.box for track in tracker.update(scene, step / 10)]
            if step == 5 and not boxes:
                break
        return nearest(boxes)

    return {
        "live tracker": track,
        "one frontal cascade": lambda scene: nearest(frontal.detect(scene)),
        "photo preset": lambda scene: nearest(photo.detect(scene)),
    }


def in_scene(image: Gray) -> Gray:
    """Return the picture enlarged, in a wider one that repeats its border."""
    large = cv2.resize(image, (FRAME.width, FRAME.height), interpolation=cv2.INTER_CUBIC)
    margins = FRAME.y, 480 - FRAME.y - FRAME.height, FRAME.x, 640 - FRAME.x - FRAME.width
    return np.asarray(cv2.copyMakeBorder(large, *margins, cv2.BORDER_REPLICATE), np.uint8)


def nearest(boxes: list[Box]) -> Box | None:
    """Return the box that overlaps the frame most, when that is by a third or more."""
    best = max(boxes, key=lambda box: intersection_over_union(box, FRAME), default=None)
    return best if best and intersection_over_union(best, FRAME) >= 1 / 3 else None


def describe(boxes: list[Box]) -> dict[str, list[float]]:
    """Return quartiles (25, 50 and 75%) of the boxes' sides and centres in sides of the frame."""
    side, (x, y) = FRAME.width, FRAME.center
    values = {
        "side": [box.width / side for box in boxes],
        "right": [(box.center[0] - x) / side for box in boxes],
        "down": [(box.center[1] - y) / side for box in boxes],
    }
    return {
        name: [round(float(value), 3) for value in np.percentile(column, (25, 50, 75))]
        for name, column in values.items()
    }


def crop(scene: Gray, box: Box, scale: float, offset: float) -> Gray:
    """Return the crop of ``scale`` sides around a centre ``offset`` sides below the box's."""
    # What the project's rule would do is undone: this is what it is chosen by.
    side = max(1, round(scale * box.width / FACE_CROP_SCALE))
    x, y = box.center
    y += offset * box.width
    return crop_face(scene, Box(round(x - side / 2), round(y - side / 2), side, side))


def accuracy(classifier: EmotionClassifier, crops: Gray, labels: NDArray[np.int64]) -> float:
    """Return the share of right answers, 0..1."""
    answers = classifier.predict_logits(crops).argmax(axis=1)
    return round(float((answers == labels).mean()), 4)


if __name__ == "__main__":
    main()
