"""How much accuracy a classifier loses when the faces come as a camera and a detector give them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset
from emotion_core.emotions import FACE_SIZE
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import FACE_CROP_SCALE, crop_face
from emotion_core.judging.measures.evaluation import Classifier

#: A shifted box moves by up to this share of its side, in x and in y.
LARGEST_SHIFT: Final = 0.08
#: A shifted box is scaled by a factor between these two.
SCALES: Final = (0.85, 1.15)


@dataclass(frozen=True)
class Perturbation:
    """A change of faces.

    Attributes:
        name: what it does, such as "blurred by 2 pixels".
        apply: takes faces, uint8 ``[N, 48, 48]``, and the generator of its random numbers, and
            returns the changed faces, uint8 ``[N, 48, 48]``.
    """

    name: str
    apply: Callable[[NDArray[np.uint8], np.random.Generator], NDArray[np.uint8]]


@dataclass(frozen=True)
class RobustnessReport:
    """What a perturbation costs.

    Attributes:
        name: the perturbation's.
        n: number of images.
        seed: of the random numbers.
        accuracy: share of right answers on the images as they are, 0..1.
        perturbed: the same on perturbed images, one value a repeat.
    """

    name: str
    n: int
    seed: int
    accuracy: float
    perturbed: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean accuracy on perturbed images, 0..1."""
        return float(np.mean(self.perturbed))

    @property
    def deviation(self) -> float:
        """Standard deviation of the repeats; 0 for a single one."""
        return float(np.std(self.perturbed, ddof=1)) if len(self.perturbed) > 1 else 0.0

    @property
    def points_lost(self) -> float:
        """Percentage points of accuracy lost."""
        return 100 * (self.accuracy - self.mean)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "name": self.name,
            "n": self.n,
            "seed": self.seed,
            "repeats": len(self.perturbed),
            "accuracy": self.accuracy,
            "accuracy_perturbed": self.mean,
            "standard_deviation": self.deviation,
            "points_lost": self.points_lost,
        }


def shift_boxes(faces: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Crop each face again, by a box that is off as a detector's may be.

    The box that shows the whole picture is moved by up to ``LARGEST_SHIFT`` of its side in x and in
    y and scaled by a factor within ``SCALES``, all drawn uniformly and rounded to whole pixels.
    ``crop_face`` cuts it out: beyond the picture its border's pixels are repeated.

    Args:
        faces: uint8 ``[N, 48, 48]``; N may be 0.
        random: draws shifts and scales.

    Returns:
        uint8 ``[N, 48, 48]``.
    """
    whole = FACE_SIZE / FACE_CROP_SCALE
    shifts = random.uniform(-LARGEST_SHIFT * whole, LARGEST_SHIFT * whole, (len(faces), 2))
    sides = np.rint(whole * random.uniform(*SCALES, len(faces))).astype(int).tolist()
    crops = np.empty_like(faces)
    for number, (shift, side) in enumerate(zip(shifts, sides, strict=True)):
        x, y = (round(FACE_SIZE / 2 + offset - side / 2) for offset in shift)
        crops[number] = crop_face(faces[number], Box(x, y, side, side))
    return crops


#: What a face detector does to a face from one frame to the next.
SHIFTED_BOXES: Final = Perturbation(
    f"boxes shifted by up to {100 * LARGEST_SHIFT:.0f}% of their side in x and y and scaled by "
    f"{SCALES[0]} to {SCALES[1]}",
    shift_boxes,
)


def measure_robustness(
    classifier: Classifier,
    faces: FaceDataset,
    perturbation: Perturbation,
    *,
    repeats: int = 5,
    seed: int = 0,
) -> RobustnessReport:
    """Compare the accuracy on perturbed faces with that on the same faces as they are.

    Args:
        classifier: LiteRT or Keras classifier.
        faces: what to judge it on, usually one split.
        perturbation: applied anew to all faces in each repeat.
        repeats: at least 1.
        seed: of the random numbers; equal seeds give equal perturbations.
    """
    random = np.random.default_rng(seed)

    def accuracy(images: NDArray[np.uint8]) -> float:
        return float((classifier.predict_logits(images).argmax(axis=1) == faces.labels).mean())

    return RobustnessReport(
        name=perturbation.name,
        n=len(faces),
        seed=seed,
        accuracy=accuracy(faces.images),
        perturbed=tuple(accuracy(perturbation.apply(faces.images, random)) for _ in range(repeats)),
    )
