"""What tells people on video apart: how often the same person looks more alike than others do.

    python benchmarks/looks.py --media FOLDER --json figures.json

The two clips of ``--media``, whose faces are labelled (``benchmarks/data``) and followed. Pairs of
boxes of one person, more than a second apart, against pairs of two people, of either clip: the
share of the first that is nearer than all but one in a thousand of the second. ``other_light``: the
second box of each pair is from a picture with other brightness (85 to 115%) and white balance (96
to 104%). Candidates: the colours of `emotion_core.faces.persons.looks`, all three regions as the
project weighs them, in colour and in grey, and each region alone; a grey thumbnail of the upright
face (correlation); and the features of the shipped emotion network (cosine). Milliseconds are for
one face, on one thread.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from clips import CLIP_RATE, CLIPS, Image, labelled_faces, read_clip

from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.crops import crop_face
from emotion_core.faces.persons.looks import WEIGHTS, looks_of
from emotion_core.faces.pictures.images import to_gray
from emotion_core.faces.tracking import FaceTracker
from emotion_core.judging.predictions.embeddings import unit_rows, with_embeddings
from emotion_core.models.folder import default_model_dir
from emotion_core.system.storage.files import write_json

#: Makes of a picture and a box rows ``[R, D]`` of length 1, one a region.
Describe = Callable[[Image, Box], np.ndarray]
_EVERY: Final = 3


@dataclass(frozen=True)
class Sight:
    """A face of a clip."""

    person: str
    frame: int
    image: Image
    box: Box


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, required=True, help="folder of the two clips")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    sights = [sight for clip in CLIPS for sight in followed(options.media, clip)][::_EVERY]
    figures = measure(sights)
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def followed(media: Path, clip: str) -> list[Sight]:
    """Return the followed faces of a clip, by the label they overlap best."""
    frames = read_clip(media, clip)
    tracker = FaceTracker()
    sights = []
    for index, (image, faces) in enumerate(
        zip(frames, labelled_faces(clip, len(frames)), strict=True)
    ):
        for track in tracker.update(to_gray(image), index / CLIP_RATE):
            best = max(faces, key=lambda name: intersection_over_union(track.box, faces[name]))
            if intersection_over_union(track.box, faces[best]) >= 0.5:
                sights.append(Sight(f"{clip} {best}", index, image, track.tilted_box))
    return sights


def measure(sights: list[Sight]) -> dict[str, Any]:
    """Return the figures of all candidates."""
    random = np.random.default_rng(0)
    lit = [other_light(sight.image, random) for sight in sights]
    same = np.array([[one.person == other.person for other in sights] for one in sights])
    apart = np.array(
        [[abs(one.frame - other.frame) >= CLIP_RATE for other in sights] for one in sights]
    )
    figures: dict[str, Any] = {"faces": len(sights), "pairs_of_one": int((same & apart).sum())}
    network = network_features()
    candidates: dict[str, tuple[Describe, np.ndarray]] = {
        "hair, face and clothes": (colours, WEIGHTS),
        "the same, grey": (lambda image, box: colours(to_gray(image), box), WEIGHTS),
        "hair": (colours, np.array((1, 0, 0))),
        "face": (colours, np.array((0, 1, 0))),
        "clothes": (colours, np.array((0, 0, 1))),
        "grey thumbnail of the face": (thumbnail, np.ones(1)),
        "emotion network": (network, np.ones(1)),
    }
    for name, (describe, weights) in candidates.items():
        started = time.process_time()
        here = np.stack([describe(sight.image, sight.box) for sight in sights])
        milliseconds = 1000 * (time.process_time() - started) / len(sights)
        there = np.stack(
            [describe(image, sight.box) for image, sight in zip(lit, sights, strict=True)]
        )
        figures[name] = {
            "same_light": recall(here, here, weights, same, apart),
            "other_light": recall(here, there, weights, same, apart),
            "milliseconds": round(milliseconds, 2),
        }
    return figures


def recall(
    first: np.ndarray, second: np.ndarray, weights: np.ndarray, same: np.ndarray, apart: np.ndarray
) -> float:
    """Return how many pairs of one person are nearer than all but 0.1% of those of two."""
    alike = np.einsum("ird,jrd,r->ij", first, second, weights / weights.sum(), optimize=True)
    return round(float((alike[same & apart] > np.quantile(alike[~same], 0.999)).mean()), 3)


def other_light(image: Image, random: np.random.Generator) -> Image:
    """Return the picture brighter or darker, and a little tinted."""
    factors = random.uniform(0.85, 1.15) * random.uniform(0.96, 1.04, 3)
    return np.clip(image * factors, 0, 255).astype(np.uint8)


def colours(image: Image, box: Box) -> np.ndarray:
    """Return the roots of the colours' shares: their products are Bhattacharyya coefficients."""
    return np.sqrt(looks_of(image, box).colours)


def thumbnail(image: Image, box: Box) -> np.ndarray:
    """Return the upright face without its brightness and contrast."""
    face = crop_face(to_gray(image), box).astype(np.float32)
    small = cv2.resize(face, (24, 24), interpolation=cv2.INTER_AREA).reshape(1, -1)
    centred = small - small.mean()
    return centred / max(1e-6, float(np.linalg.norm(centred)))


def network_features() -> Describe:
    """Return what reads a face with the shipped model and gives what its last layer sees."""
    model = with_embeddings((default_model_dir() / "model.tflite").read_bytes())
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    features = interpreter.get_output_details()[1]["index"]

    def describe(image: Image, box: Box) -> np.ndarray:
        crop = crop_face(to_gray(image), box).reshape(given["shape"]).astype(given["dtype"])
        interpreter.set_tensor(given["index"], crop)
        interpreter.invoke()
        return unit_rows(interpreter.get_tensor(features))

    return describe


if __name__ == "__main__":
    main()
