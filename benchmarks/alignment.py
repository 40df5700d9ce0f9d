"""What turning and framing FER2013's own faces by BlazeFace's points gives, in accuracy.

    python benchmarks/alignment.py --data fer2013.csv --json figures.json
    python benchmarks/alignment.py --data fer2013.csv --images 900 --angles 10 20 30 45

Each PublicTest picture is set into a wider one that repeats its border and is turned by an angle,
once each way, as in ``tilt.py``. BlazeFace looks close at the face, as it does at one that the live
tracker follows. The shipped model reads the face four ways: ``as it is``, from FER2013's frame;
``turned``, the same frame turned upright by the points; ``framed``, the box that the points give,
not turned; ``aligned``, that box turned upright, as the live page does. A face in which no points
are found is read as it is. ``found``: the share with points; ``tilt``: by how many degrees these
call a face tilted that is as it is (quartiles of the absolute value); ``side``: of the points'
box in sides of the frame (quartiles).

``against_as_it_is``: McNemar's test of each way over all pictures and both ways of turning.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.crop_rule import FRAME, Gray, in_scene, pictures
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face
from emotion_core.faces.finding.blazeface.looking import BlazeFaceLook
from emotion_core.judging.paired_comparison import PairedCounts
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.system.storage.files import write_json

WAYS: Final = ("as it is", "turned", "framed", "aligned")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv")
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument("--images", type=int, default=3589, help="how many pictures (default: all)")
    parser.add_argument(
        "--angles", type=int, nargs="*", default=[0], help="degrees to turn by (default 0)"
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    images, labels = pictures(options.data, options.images)
    classifier = EmotionClassifier.load(options.model)
    look = BlazeFaceLook()
    figures: dict[str, Any] = {
        "pictures": len(images),
        "model": classifier.card.name,
        "angles": {
            angle: figures_at(angle, images, labels, classifier, look) for angle in options.angles
        },
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def figures_at(
    angle: int,
    images: Gray,
    labels: NDArray[np.int64],
    classifier: EmotionClassifier,
    look: BlazeFaceLook,
) -> dict[str, Any]:
    """Return the figures of scenes turned by ``angle`` degrees."""
    turns = (angle, -angle) if angle else (0,)
    crops: dict[str, list[Gray]] = {way: [] for way in WAYS}
    boxes: list[Box | None] = []
    for turn in turns:
        matrix = cv2.getRotationMatrix2D(FRAME.center, turn, 1.0)
        for image in images:
            scene = in_scene(image)
            if turn:
                scene = np.asarray(cv2.warpAffine(scene, matrix, scene.shape[::-1]), np.uint8)
            box = look.follow(scene, FRAME)
            boxes.append(box)
            for way, chosen in zip(WAYS, ways_to_crop(box), strict=True):
                crops[way].append(crop_face(scene, chosen))
    truth = np.tile(labels, len(turns))
    right = {way: rightly(classifier, np.stack(own), truth) for way, own in crops.items()}
    found = np.array([box is not None for box in boxes])
    return {
        "found": round(float(found.mean()), 4),
        **described(boxes),
        "accuracy": {way: share(own) for way, own in right.items()},
        "accuracy_of_found": {way: share(own[found]) for way, own in right.items()},
        "against_as_it_is": {way: against(right[way], right[WAYS[0]]) for way in WAYS[1:]},
    }


def ways_to_crop(box: Box | None) -> Sequence[Box]:
    """Return the boxes of `WAYS` for the box that the points give; the frame without points."""
    if box is None:
        return (FRAME,) * len(WAYS)
    return FRAME, replace(FRAME, angle=box.angle), replace(box, angle=0.0), box


def rightly(
    classifier: EmotionClassifier, crops: Gray, labels: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which crops are read rightly, bool ``[N]``."""
    return np.asarray(classifier.predict_logits(crops).argmax(axis=1) == labels, np.bool_)


def described(boxes: Sequence[Box | None]) -> dict[str, list[float]]:
    """Return quartiles of the boxes' tilt and side."""
    there = [box for box in boxes if box is not None]
    if not there:
        return {}
    return {
        name: np.percentile(values, (25, 50, 75)).round(3).tolist()
        for name, values in (
            ("tilt", [abs(box.angle) for box in there]),
            ("side", [box.width / FRAME.width for box in there]),
        )
    }


def against(way: NDArray[np.bool_], base: NDArray[np.bool_]) -> dict[str, float]:
    """Return how two ways differ on the same pictures."""
    counts = PairedCounts(
        int((way & base).sum()), int((way & ~base).sum()),
        int((~way & base).sum()), int((~way & ~base).sum()),
    )  # fmt: skip
    return {
        "only_this": counts.only_first,
        "only_as_it_is": counts.only_second,
        "p": round(counts.p_value, 4),
    }


def share(right: NDArray[np.bool_]) -> float:
    """Return the share that is right, 0..1."""
    return round(float(right.mean()), 4)


if __name__ == "__main__":
    main()
