"""What a model of another project takes and returns, and how that becomes what this one does.

This project's own networks take grey faces of 48x48 pixels as they are and return logits of the
seven expressions. Others differ in size, colour, range of values, order and number of classes; a
card with a `ModelInterface` says how, and whatever runs the model converts by it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import ModelError
from emotion_core.system.storage.json_reading import checked

#: Channels of each kind of input.
CHANNELS: Final[dict[str, int]] = {"grey": 1, "rgb": 3, "bgr": 3}
#: Whether the last layer is a softmax, or what comes before one.
RETURNS: Final = ("probabilities", "logits")

#: Sides of an input in pixels that are accepted.
SIDES: Final = range(16, 513)
#: Numbers of classes that are accepted.
CLASS_COUNTS: Final = range(2, 65)

# A probability of 0 has no logarithm.
_SMALLEST: Final = 1e-12


@dataclass(frozen=True)
class ModelInterface:
    """What a network takes and returns.

    Attributes:
        side: height and width of its input in pixels.
        color: ``grey``, ``rgb`` or ``bgr``. Faces are grey here, so every channel gets the same
            picture; the order matters for ``mean`` and ``deviation``.
        low: what black (0) becomes.
        high: what white (255) becomes.
        mean: is subtracted after that, one number a channel in the order of ``color``.
        deviation: what remains is divided by this, one number a channel.
        standardized: whether each picture is scaled to mean 0 and deviation 1 by itself instead.
        returns: one of ``RETURNS``.
        classes: what each output names, in order: one of ``EMOTIONS``, or None for a class that is
            none of them. An expression may be named by several outputs, which are added, or none.
        one_by_one: whether it takes one face at a time.

    Raises:
        ModelError: a value is out of its range.
    """

    side: int
    color: str
    returns: str
    classes: tuple[str | None, ...]
    low: float = 0.0
    high: float = 255.0
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    standardized: bool = False
    one_by_one: bool = False

    def __post_init__(self) -> None:
        _check("side", self.side in SIDES, f"{SIDES[0]} to {SIDES[-1]} pixels", self.side)
        _check("color", self.color in CHANNELS, f"one of {', '.join(CHANNELS)}", self.color)
        _check("returns", self.returns in RETURNS, f"one of {', '.join(RETURNS)}", self.returns)
        bounds = float(self.low), float(self.high)
        _check("low, high", bool(np.isfinite(bounds).all()), "two numbers", bounds)
        _check("low, high", bounds[0] < bounds[1], "a range, the lower number first", bounds)
        for name in ("mean", "deviation"):
            values = np.asarray(getattr(self, name), np.float64)
            fits = values.size in (0, self.channels) and bool(np.isfinite(values).all())
            _check(name, fits, f"nothing, or {self.channels} numbers", getattr(self, name))
        _check("deviation", all(each > 0 for each in self.deviation), "positive", self.deviation)
        count = len(self.classes)
        _check("classes", count in CLASS_COUNTS, f"{CLASS_COUNTS[0]} to {CLASS_COUNTS[-1]}", count)
        for label in self.classes:
            _check("classes", label is None or label in EMOTIONS, ", ".join(EMOTIONS), label)
        known = {name for name in self.classes if name}
        _check("classes", len(known) >= 2, "at least two of our expressions", sorted(known))

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> ModelInterface:
        """Return the interface that ``to_json`` made ``content`` of.

        Raises:
            KeyError: a value is missing.
            ValueError: one is unknown, or of another type.
            ModelError: see the class.
        """
        return checked(content, cls)

    def to_json(self) -> dict[str, Any]:
        """Return the interface as plain JSON values."""
        return asdict(self)

    @property
    def channels(self) -> int:
        """1 or 3."""
        return CHANNELS[self.color]

    @property
    def missing(self) -> tuple[str, ...]:
        """Expressions that no output names: the model never answers with them."""
        return tuple(name for name in EMOTIONS if name not in self.classes)

    def prepare(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return faces as the network takes them.

        Args:
            crops: uint8 ``[N, 48, 48]``, grey 0..255; N may be 0.

        Returns:
            float32 ``[N, side, side, channels]``.
        """
        faces = np.empty((len(crops), self.side, self.side), np.float32)
        smaller = self.side < FACE_SIZE
        for index, crop in enumerate(crops):
            cv2.resize(
                crop.astype(np.float32),
                (self.side, self.side),
                dst=faces[index],
                interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR,
            )
        faces = faces * np.float32((self.high - self.low) / 255) + np.float32(self.low)
        if self.standardized:
            mean = faces.mean(axis=(1, 2), keepdims=True)
            faces = (faces - mean) / (faces.std(axis=(1, 2), keepdims=True) + np.float32(1e-7))
        prepared = np.repeat(faces[..., None], self.channels, axis=-1)
        if self.mean:
            prepared -= np.asarray(self.mean, np.float32)
        if self.deviation:
            prepared /= np.asarray(self.deviation, np.float32)
        return prepared

    def to_logits(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits of the seven expressions for what the network returned.

        Their softmax gives the network's own probabilities: those of outputs with the same
        expression added, those of outputs with none left out and the rest scaled to a sum of 1.

        Args:
            output: float32 ``[N, K]``, a column for each of ``classes``.

        Returns:
            float32 ``[N, 7]`` in the order of ``EMOTIONS``.
        """
        probabilities = output.astype(np.float64)
        if self.returns == "logits":
            probabilities = softmax(output)
        logits = np.log(np.maximum(probabilities @ self._adding(), _SMALLEST))
        return logits.astype(np.float32)

    def _adding(self) -> NDArray[np.float64]:
        """Return the matrix ``[K, 7]`` that adds the outputs up to expressions."""
        matrix = np.zeros((len(self.classes), len(EMOTIONS)))
        for row, name in enumerate(self.classes):
            if name is not None:
                matrix[row, EMOTIONS.index(name)] = 1
        return matrix

    def describe_input(self) -> str:
        """Return what the network takes, in words."""
        shape = f"[N, {self.side}, {self.side}, {self.channels}]"
        if self.standardized:
            return f"float32 {shape}, {self.color}, each picture with mean 0 and deviation 1"
        values = f"{self.low:g}..{self.high:g}"
        mean = f", minus {_listed(self.mean)}" if any(self.mean) else ""
        deviation = f", divided by {_listed(self.deviation)}" if self.deviation else ""
        return f"float32 {shape}, {self.color} {values}{mean}{deviation}"

    def describe_output(self) -> str:
        """Return what the network returns, in words."""
        names = ", ".join(name or "(left out)" for name in self.classes)
        return f"{self.returns} [N, {len(self.classes)}]: {names}"


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return probabilities ``[N, K]`` whose rows sum to 1.

    Args:
        logits: float ``[N, K]``.
        temperature: positive divisor of the logits; above 1 softens (Guo et al. 2017).
    """
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _listed(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)


def _check(name: str, fits: bool, expected: str, found: object) -> None:
    if not fits:
        raise ModelError(f"interface, {name}: expected {expected}, found {found}")
