"""Which parts of a face an answer rests on: hide some, and see what the scores do.

RISE (Petsiuk et al. 2018, "Randomized Input Sampling for Explanation of Black-box Models"): half of
the face is hidden behind random soft patches, again and again. It asks the network itself what a
pixel is worth, so it works with any model, on LiteRT, and needs no gradients. What a map is worth
is told by hiding and uncovering the pixels in its order, against maps of the same grain that know
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.judging.measures.evaluation import Classifier
from emotion_core.models.interface import softmax

#: Pixels are hidden and uncovered in so many steps.
STEPS: Final = 24
#: Maps that know nothing, to compare with.
RANDOM_MAPS: Final = 5

# Measured with benchmarks/explanations.py: see there for the alternatives.
_MASKS: Final = 1000
_CELLS: Final = 10
#: A map that moves the score by less is drawn faint, not stretched to full colour.
_FAINTEST: Final = 0.01
#: Pixels of the blur that stands in for what is hidden.
_HIDDEN_BLUR: Final = 6.0


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """What becomes of the score as pixels are hidden or uncovered in the order of a map.

    Attributes:
        deletion: float64 ``[STEPS + 1]``, the score 0..1 as the highest pixels are hidden first:
            the faster it falls, the better the map.
        insertion: float64 ``[STEPS + 1]``, the score as they are uncovered first: the faster it
            rises, the better.
    """

    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]

    @property
    def deletion_auc(self) -> float:
        """Mean score over all steps of hiding; low is good."""
        return float(self.deletion.mean())

    @property
    def insertion_auc(self) -> float:
        """Mean score over all steps of uncovering; high is good."""
        return float(self.insertion.mean())


@dataclass(frozen=True, eq=False)
class Explanation:
    """Which pixels speak for an expression.

    Attributes:
        face: uint8 ``[48, 48]``.
        emotion: the expression that is explained.
        score: its score 0..1 for the whole face.
        heat: float32 ``[48, 48]``, how much higher the score is, on average, while the pixel is
            visible, -1..1: what is above 0 speaks for the expression, what is below against it.
        faithfulness: of this map.
        of_chance: the mean of maps of the same grain that know nothing.
    """

    face: NDArray[np.uint8]
    emotion: str
    score: float
    heat: NDArray[np.float32]
    faithfulness: Faithfulness
    of_chance: Faithfulness


def explain(
    classifier: Classifier,
    face: NDArray[np.uint8],
    *,
    emotion: str | None = None,
    temperature: float = 1.0,
    masks: NDArray[np.float32] | None = None,
    seed: int = 0,
) -> Explanation:
    """Find out which pixels speak for an expression.

    Args:
        classifier: any.
        face: uint8 ``[48, 48]``.
        emotion: the expression; None for the model's answer.
        temperature: the card's.
        masks: what to hide, see ``random_masks``, which is the default.
        seed: of the maps that know nothing.
    """

    def score(faces: NDArray[np.uint8]) -> NDArray[np.float64]:
        return softmax(classifier.predict_logits(faces), temperature)

    whole = score(face[None])[0]
    place = int(whole.argmax()) if emotion is None else EMOTIONS.index(emotion)
    masks = random_masks() if masks is None else masks
    hidden = hidden_face(face)
    scores = score(_blend(face, hidden, masks))[:, place]
    heat = heat_map(masks, scores)
    random = np.random.default_rng(seed)
    maps = [heat, *(heat_map(masks, random.permutation(scores)) for _ in range(RANDOM_MAPS))]
    orders = np.concatenate([_hiding_masks(each) for each in maps])
    curves = score(_blend(face, hidden, orders))[:, place].reshape(len(maps), 2, STEPS + 1)
    return Explanation(
        face=face,
        emotion=EMOTIONS[place],
        score=float(whole[place]),
        heat=heat,
        faithfulness=Faithfulness(*curves[0]),
        of_chance=Faithfulness(*curves[1:].mean(axis=0)),
    )


def heat_map(masks: NDArray[np.float32], scores: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return for each pixel the mean score while it is visible less that while it is hidden.

    Args:
        masks: float32 ``[M, 48, 48]``, 1 where a pixel is visible, 0 where it is hidden.
        scores: float64 ``[M]``, of the faces behind these masks.

    Returns:
        float32 ``[48, 48]``; 0 for a pixel that was never hidden, or never visible.
    """
    visible, hidden = masks.sum(axis=0), (1 - masks).sum(axis=0)
    shown = np.tensordot(scores, masks, 1) / np.maximum(visible, 1e-6)
    covered = np.tensordot(scores, 1 - masks, 1) / np.maximum(hidden, 1e-6)
    known = (visible > 1e-6) & (hidden > 1e-6)
    return np.where(known, shown - covered, 0).astype(np.float32)


@cache
def random_masks(count: int = _MASKS, cells: int = _CELLS, seed: int = 0) -> NDArray[np.float32]:
    """Return masks that hide about half of the face each, in soft patches at random places.

    Args:
        count: how many.
        cells: side of the coarse grid that decides, enlarged to the face.
        seed: of the random numbers.

    Returns:
        float32 ``[count, 48, 48]``, 1 where a pixel is visible.
    """
    random = np.random.default_rng(seed)
    cell = -(-FACE_SIZE // cells)
    side = (cells + 1) * cell
    masks = np.empty((count, FACE_SIZE, FACE_SIZE), np.float32)
    for mask in masks:
        coarse = (random.random((cells + 1, cells + 1)) < 0.5).astype(np.float32)
        large = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_LINEAR)
        top, left = random.integers(0, cell, 2)
        mask[:] = large[top : top + FACE_SIZE, left : left + FACE_SIZE]
    return masks


def hidden_face(face: NDArray[np.uint8], sigma: float = _HIDDEN_BLUR) -> NDArray[np.float32]:
    """Return what stands in for hidden pixels: the face, too blurred to show an expression.

    Not plain grey, which no face has and the network has never seen (Fong and Vedaldi 2017).

    Returns:
        float32 ``[48, 48]``.
    """
    blurred = cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)


def _blend(
    face: NDArray[np.uint8], hidden: NDArray[np.float32], masks: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Return the face behind each mask, uint8 ``[M, 48, 48]``."""
    return np.rint(hidden + masks * (face.astype(np.float32) - hidden)).astype(np.uint8)


def _hiding_masks(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``[2 * (STEPS + 1), 48, 48]``: first hide the hottest pixels, then uncover them."""
    ranks = np.empty(heat.size, np.intp)
    ranks[np.argsort(-heat.ravel(), kind="stable")] = np.arange(heat.size)
    limits = np.linspace(0, heat.size, STEPS + 1)[:, None]
    hiding = (ranks >= limits).astype(np.float32).reshape(-1, *heat.shape)
    return np.concatenate([hiding, 1 - hiding])


def heat_picture(explanation: Explanation, side: int = 480) -> NDArray[np.uint8]:
    """Draw the map over the enlarged face: orange speaks for the expression, blue against it.

    Args:
        explanation: of a face.
        side: of the picture in pixels.

    Returns:
        BGR uint8 ``[side, side, 3]``.
    """
    size = (side, side)
    gray = cv2.resize(explanation.face, size, interpolation=cv2.INTER_CUBIC)
    heat = cv2.resize(explanation.heat, size, interpolation=cv2.INTER_CUBIC)
    strongest = max(float(np.abs(explanation.heat).max()), _FAINTEST)
    strength = (heat / strongest).clip(-1, 1)
    # Orange and blue of Okabe and Ito (2008), which colour-blind people tell apart.
    tint = np.where(strength[..., None] > 0, (0, 159, 230), (178, 114, 0))
    share = 0.75 * np.abs(strength[..., None]) ** 1.5
    picture = (1 - share) * (0.15 * 255 + 0.75 * gray[..., None]) + share * tint
    return np.asarray(np.rint(picture).clip(0, 255), np.uint8)
