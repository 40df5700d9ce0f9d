"""What a model's file does not say, and how a network is used once somebody has said it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from emotion_core.emotions import EMOTION_ALIASES, EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.models.interface import ModelInterface

#: Ranges of values that networks take, by what people call them.
RANGES: Final[dict[str, dict[str, Any]]] = {
    "0 to 255": {"low": 0.0, "high": 255.0},
    "0 to 1": {"low": 0.0, "high": 1.0},
    "-1 to 1": {"low": -1.0, "high": 1.0},
    "mean 0, deviation 1": {"standardized": True},
    "ImageNet, 0 to 1": {
        "low": 0.0,
        "high": 1.0,
        "mean": (0.485, 0.456, 0.406),
        "deviation": (0.229, 0.224, 0.225),
    },
    "ImageNet, 0 to 255": {"low": 0.0, "high": 255.0, "mean": (123.68, 116.779, 103.939)},
}

#: Orders of classes in use: of FER2013's numbers, of folders by name, of other datasets.
CLASS_ORDERS: Final[dict[str, tuple[str, ...]]] = {
    "FER2013": EMOTIONS,
    "by name": ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
    "RAF-DB": ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"),
    "AffectNet": ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry"),
    "FER+": ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"),
    "AffectNet, 8": (
        "neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt",
    ),
    "by name, 8": (
        "angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise",
    ),
    "CK+": ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"),
    "FER2013 without disgust": ("angry", "fear", "happy", "sad", "surprise", "neutral"),
    "FER2013 without neutral": ("angry", "disgust", "fear", "happy", "sad", "surprise"),
    "by name, without disgust": ("angry", "fear", "happy", "neutral", "sad", "surprise"),
    "by name, 5": ("angry", "happy", "neutral", "sad", "surprise"),
}  # fmt: skip


@dataclass(frozen=True)
class FoundNetwork:
    """What a network tells of itself.

    Attributes:
        side: height and width of its input in pixels.
        channels: 1 or 3.
        outputs: number of classes.
        probabilities: whether its answers are some: not negative, adding up to 1.
        one_by_one: whether it takes one picture at a time.
        weights: numbers it learned.
        scales: whether its first layer makes pixels of 0 to 255 small, as this project's own do.
        milliseconds: that it took for one picture on this machine, the median; 0 where unknown.
    """

    side: int
    channels: int
    outputs: int
    probabilities: bool
    one_by_one: bool
    weights: int
    scales: bool = False
    milliseconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class ImportAnswers:
    """What a file does not say.

    Attributes:
        values: a key of ``RANGES``.
        classes: what each output names, in any of its usual words; what is none of the seven is
            left out of the scores.
        probabilities: whether the last layer is a softmax.
        color: ``rgb`` or ``bgr``; without meaning for one channel.
    """

    values: str
    classes: tuple[str, ...]
    probabilities: bool
    color: str = "rgb"

    def interface(self, found: FoundNetwork) -> ModelInterface:
        """Return how the network is to be used.

        Raises:
            ModelError: the answers do not fit the network.
        """
        if self.values not in RANGES:
            raise ModelError(f"range: expected one of {', '.join(RANGES)}, found {self.values!r}")
        if len(self.classes) != found.outputs:
            raise ModelError(
                f"classes: expected {found.outputs} names, one for each output, found "
                f"{len(self.classes)}: {', '.join(self.classes)}"
            )
        scaling = dict(RANGES[self.values])
        if "mean" in scaling and found.channels == 1:
            raise ModelError(
                f"range: expected one for grey pictures, found {self.values}, which has a mean for "
                "each of three colours"
            )
        if self.color == "bgr":
            scaling |= {key: scaling[key][::-1] for key in ("mean", "deviation") if key in scaling}
        return ModelInterface(
            side=found.side,
            color="grey" if found.channels == 1 else self.color,
            returns="probabilities" if self.probabilities else "logits",
            classes=tuple(EMOTION_ALIASES.get(name.strip().lower()) for name in self.classes),
            one_by_one=found.one_by_one,
            **scaling,
        )


def orders_for(outputs: int) -> dict[str, tuple[str, ...]]:
    """Return the orders of so many classes, the most usual one first."""
    return {name: order for name, order in CLASS_ORDERS.items() if len(order) == outputs}


def guess_answers(found: FoundNetwork) -> ImportAnswers:
    """Return what is most usual for such a network.

    64x64 grey pictures are what the mini-XCEPTION of Arriaga et al. (2017) takes, from -1 to 1.
    """
    orders = orders_for(found.outputs)
    named = next(iter(orders.values()), ("",) * found.outputs)
    values = "-1 to 1" if (found.side, found.channels) == (64, 1) else "0 to 1"
    if found.scales:
        values = "0 to 255"
    return ImportAnswers(values, named, found.probabilities)
