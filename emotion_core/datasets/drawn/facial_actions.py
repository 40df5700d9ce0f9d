"""What the parts of a face do when it shows an expression.

Expressions follow the facial actions that Ekman and Friesen's Facial Action Coding System (1978)
gives for them: lowered or raised brows, lids, lip corners, a wrinkled nose and so on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np


@dataclass(frozen=True)
class FacialActions:
    """How far each part of a face moves from rest; 0 is rest, 1 (or -1) is as far as it goes.

    Attributes:
        inner_brow: inner ends of the brows, up positive.
        outer_brow: outer ends of the brows, up positive.
        frown: vertical folds between the brows.
        upper_lid: wide open positive, drooping negative.
        lower_lid: raised, as when squinting or smiling.
        nose_wrinkle: folds beside the nose's root, nostrils raised.
        upper_lip: raised so that the upper teeth show.
        corners: corners of the mouth, up positive.
        stretch: mouth wider positive, narrower negative.
        jaw: mouth open.
        press: lips pressed to a line.
        folds: folds from the nose to the mouth's corners.
        forehead: horizontal folds of raised brows.
    """

    inner_brow: float = 0.0
    outer_brow: float = 0.0
    frown: float = 0.0
    upper_lid: float = 0.0
    lower_lid: float = 0.0
    nose_wrinkle: float = 0.0
    upper_lip: float = 0.0
    corners: float = 0.0
    stretch: float = 0.0
    jaw: float = 0.0
    press: float = 0.0
    folds: float = 0.0
    forehead: float = 0.0


#: Full strength of each expression; several variants where people show it in several ways.
EXPRESSIONS: Final[dict[str, tuple[FacialActions, ...]]] = {
    "angry": (
        FacialActions(
            inner_brow=-1.0, outer_brow=0.35, frown=1.0, upper_lid=-0.1, lower_lid=0.5,
            corners=-0.45, stretch=-0.1, press=1.0,
        ),
        FacialActions(
            inner_brow=-1.0, outer_brow=0.45, frown=1.0, upper_lid=0.3, lower_lid=0.4,
            corners=-0.3, stretch=0.2, jaw=0.35, upper_lip=0.35, folds=0.4,
        ),
    ),
    "disgust": (
        FacialActions(
            inner_brow=-0.55, outer_brow=-0.1, frown=0.4, upper_lid=-0.6, lower_lid=0.8,
            nose_wrinkle=1.0, upper_lip=1.0, corners=-0.55, folds=1.0, jaw=0.12,
        ),
    ),
    "fear": (
        FacialActions(
            inner_brow=0.95, outer_brow=0.0, frown=0.5, upper_lid=0.9, forehead=0.6,
            corners=-0.35, stretch=0.55, jaw=0.4,
        ),
    ),
    "happy": (
        FacialActions(
            upper_lid=-0.1, lower_lid=0.7, corners=1.0, stretch=0.55, jaw=0.4, upper_lip=0.3,
            folds=0.7, outer_brow=0.1,
        ),
        FacialActions(lower_lid=0.5, corners=1.0, stretch=0.5, folds=0.6),
    ),
    "sad": (
        FacialActions(
            inner_brow=0.75, outer_brow=-0.7, frown=0.3, upper_lid=-0.55, corners=-1.0,
            stretch=-0.15, folds=0.3,
        ),
    ),
    "surprise": (
        FacialActions(
            inner_brow=1.0, outer_brow=1.0, upper_lid=1.0, forehead=0.8, corners=-0.35,
            stretch=-0.55, jaw=1.0,
        ),
    ),
    "neutral": (FacialActions(),),
}  # fmt: skip


def weakened(actions: FacialActions, random: np.random.Generator) -> FacialActions:
    """Return the actions at a random strength, each a little off: nobody frowns by the book."""
    strength = random.uniform(0.5, 1.0)
    amounts = {
        field.name: strength * getattr(actions, field.name) + random.normal(0.0, 0.07)
        for field in fields(actions)
    }
    one_sided = {"frown", "lower_lid", "nose_wrinkle", "upper_lip", "jaw", "press", "folds"}
    one_sided.add("forehead")
    return FacialActions(
        **{
            name: max(0.0, amount) if name in one_sided else amount
            for name, amount in amounts.items()
        }
    )
