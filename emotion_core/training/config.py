"""Settings of a training run. Nothing here imports Keras, so that a page can offer them cheaply."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import TrainingError
from emotion_core.training.architectures import ARCHITECTURES

#: Least and greatest value of each number of an ``AugmentationConfig``.
AUGMENTATION_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "rotation_degrees": (0, 180),
    "shift": (0, 0.5),
    "zoom": (0, 0.9),
    "erase_probability": (0, 1),
    "light_probability": (0, 1),
    "camera_probability": (0, 1),
    "mixup": (0, 10),
}
#: Least and greatest value of each number of a ``TrainingConfig``.
TRAINING_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "border": (0, 12),
    "dropout": (0, 0.9),
    "epochs": (1, 10_000),
    "batch_size": (2, 8192),
    "learning_rate": (1e-7, 10),
    "warmup": (0, 0.9),
    "weight_decay": (0, 1),
    "label_smoothing": (0, 0.9),
    "vote_weight": (0, 1),
    "distillation_weight": (0, 1),
    "distillation_temperature": (0.1, 20),
    "seed": (0, 2**31 - 1),
}
PRECISIONS: Final = ("float32", "mixed_bfloat16")


@dataclass(frozen=True)
class AugmentationConfig:
    """How far training faces are varied; all zero leaves them as they are.

    Raises:
        TrainingError: a field is out of its range.
    """

    #: Rotation drawn from -degrees to +degrees.
    rotation_degrees: float = 10.0
    #: Shift in each direction, drawn from -share to +share of the face's side.
    shift: float = 0.08
    #: Size drawn from 1 - zoom to 1 + zoom.
    zoom: float = 0.12
    #: Whether half of the faces are mirrored.
    flip: bool = True
    #: Share of faces with one rectangle blanked out (random erasing, Zhong et al. 2020).
    erase_probability: float = 0.1
    #: Share of faces whose light is changed: gamma and a gradient from side to side.
    light_probability: float = 0.0
    #: Share of faces that are given, each with an even chance, a cheap camera's blur, noise and
    #: JPEG compression.
    camera_probability: float = 0.0
    #: Concentration of the Beta distribution that mixes pairs of faces and their targets (mixup,
    #: Zhang et al. 2018); 0 switches it off.
    mixup: float = 0.0

    def __post_init__(self) -> None:
        _check_limits(self, AUGMENTATION_LIMITS)


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run's result, besides the data and the library versions.

    Raises:
        TrainingError: a field is out of its range.
    """

    #: Key of ``architectures.ARCHITECTURES``.
    architecture: str = "vgg"
    #: Channels of each stage; every stage after the first halves the resolution.
    filters: tuple[int, ...] = (32, 64, 128, 256)
    #: Blocks of each stage: convolutions, or residual blocks of two.
    depths: tuple[int, ...] = (1, 2, 2, 2)
    #: Pixels cut off at each side of a face: hair and background vary more than they tell, and 44 x
    #: 44 pixels cost a sixth less than 48 x 48.
    border: int = 2
    #: Share of units dropped before the last layer, 0..1; stages drop a third of it in channels.
    dropout: float = 0.3
    #: Passes over the training images.
    epochs: int = 24
    #: Faces a step.
    batch_size: int = 128
    #: Peak learning rate of AdamW (Loshchilov and Hutter 2019), after warm-up.
    learning_rate: float = 3e-3
    #: Share of all steps over which the rate rises linearly; it then falls to 0 along a cosine.
    warmup: float = 0.15
    #: Decoupled weight decay; biases and batch norm are exempt.
    weight_decay: float = 0.02
    #: Probability mass spread evenly over all classes (Szegedy et al. 2016), 0..1.
    label_smoothing: float = 0.05
    #: Share of the target that comes from the FER+ votes, 0..1, where an image has any.
    vote_weight: float = 0.0
    #: Share of the loss that is the divergence from the teachers' softened scores, 0..1; the rest
    #: is the cross-entropy to the target (Hinton et al. 2015).
    distillation_weight: float = 0.0
    #: Divisor of the logits of teachers and student in that divergence.
    distillation_temperature: float = 2.0
    #: Whether the teachers also score each face's mirror image, and the mean of both teaches: a
    #: better answer for twice their time.
    mirrored_teaching: bool = False
    #: How far faces are varied.
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    #: Seed of initial weights, order of images, augmentation and dropout.
    seed: int = 0
    #: Keras dtype policy: ``float32``, or ``mixed_bfloat16`` (about twice as fast where the
    #: processor has bfloat16 instructions, slower where it has not).
    precision: str = "float32"

    def __post_init__(self) -> None:
        _check_limits(self, TRAINING_LIMITS)
        for name in ("filters", "depths"):
            value = getattr(self, name)
            if not 1 <= len(value) <= 5 or min(value) < 1:
                raise TrainingError(f"{name}: expected one to five positive numbers, found {value}")
        if len(self.filters) != len(self.depths):
            raise TrainingError(
                "filters and depths: expected one number each for every stage, found "
                f"{self.filters} and {self.depths}"
            )
        if self.architecture not in ARCHITECTURES:
            raise TrainingError(
                f"architecture: expected {', '.join(ARCHITECTURES)}, found {self.architecture!r}"
            )
        if self.precision not in PRECISIONS:
            raise TrainingError(
                f"precision: expected {' or '.join(PRECISIONS)}, found {self.precision!r}"
            )

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> TrainingConfig:
        """Rebuild a configuration from what ``asdict`` and JSON made of it."""
        return cls(
            **{
                **content,
                "filters": tuple(content["filters"]),
                "depths": tuple(content["depths"]),
                "augmentation": AugmentationConfig(**content["augmentation"]),
            }
        )


def with_settings(config: TrainingConfig, settings: Mapping[str, str]) -> TrainingConfig:
    """Return ``config`` with some fields replaced by what a user typed.

    An architecture comes in its own shape, unless filters and depths are given too.

    Args:
        config: where all other fields come from.
        settings: values by field name, such as ``{"filters": "16,32", "augmentation.flip": "no"}``.

    Raises:
        TrainingError: a name is unknown, or a value does not fit its field.
    """
    variation = {
        name.removeprefix(_PREFIX): text
        for name, text in settings.items()
        if name.startswith(_PREFIX)
    }
    plain = {name: text for name, text in settings.items() if not name.startswith(_PREFIX)}
    if (known := ARCHITECTURES.get(plain.get("architecture", ""))) is not None:
        config = replace(
            config, architecture=plain["architecture"], filters=known.filters, depths=known.depths
        )
    augmentation = replace(config.augmentation, **_parsed(config.augmentation, variation, _PREFIX))
    return replace(config, augmentation=augmentation, **_parsed(config, plain))


_PREFIX: Final = "augmentation."
_SWITCH: Final = {"yes": True, "true": True, "no": False, "false": False}


def _parsed(config: Any, settings: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    """Return the values of ``settings`` in the types of the fields of ``config``."""
    names = [
        entry.name for entry in fields(config) if not is_dataclass(getattr(config, entry.name))
    ]
    values: dict[str, Any] = {}
    for name, text in settings.items():
        if name not in names:
            raise TrainingError(
                f"expected a setting of {', '.join(prefix + known for known in names)}, found "
                f"{prefix + name!r}"
            )
        kind = type(getattr(config, name))
        try:
            if kind is bool:
                values[name] = _SWITCH[text.lower()]
            elif kind is tuple:
                values[name] = tuple(int(part) for part in text.split(","))
            else:
                values[name] = kind(text)
        except (ValueError, KeyError):
            expected = {
                bool: "yes or no",
                tuple: "whole numbers such as 32,64",
                int: "a whole number",
            }
            raise TrainingError(
                f"{prefix}{name}: expected {expected.get(kind, 'a number')}, found {text!r}"
            ) from None
    return values


def flat_settings(config: TrainingConfig) -> dict[str, Any]:
    """Return every setting by the name that ``with_settings`` takes, in the order of the fields."""
    content = asdict(config)
    augmentation = content.pop("augmentation")
    return content | {_PREFIX + name: value for name, value in augmentation.items()}


def setting_text(value: Any) -> str:
    """Return a setting's value as one would type it for ``with_settings``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


@cache
def setting_help() -> Mapping[str, str]:
    """Return what the comment of each field above says, by the names of ``flat_settings``."""
    plain, variation = (_comments(each) for each in (TrainingConfig, AugmentationConfig))
    return plain | {_PREFIX + name: text for name, text in variation.items()}


def _comments(config: type) -> dict[str, str]:
    comments: dict[str, str] = {}
    text: list[str] = []
    for line in map(str.strip, inspect.getsource(config).splitlines()):
        if line.startswith("#:"):
            text.append(line.removeprefix("#:").strip())
        elif text:
            comments[line.partition(":")[0]] = " ".join(text).replace("``", "`")
            text = []
    return comments


def _check_limits(config: Any, limits: Mapping[str, tuple[float, float]]) -> None:
    """Raise TrainingError unless every named field lies within its limits."""
    for name, (low, high) in limits.items():
        value = getattr(config, name)
        if not low <= value <= high:
            raise TrainingError(f"{name}: expected {low} to {high}, found {value}")


#: Variation for long runs: what boxes and cameras do to a face, further than a short run can use.
_LONG: Final = AugmentationConfig(
    rotation_degrees=12,
    shift=0.1,
    zoom=0.15,
    erase_probability=0.2,
    light_probability=0.25,
    camera_probability=0.15,
)

_BEST: Final = TrainingConfig(epochs=90, weight_decay=0.05, label_smoothing=0.1, augmentation=_LONG)

#: ``quick`` shows in a minute or two that everything works; ``standard`` is a good network in
#: about twenty minutes on two cores; ``best`` takes more than an hour; ``distill``, two hours,
#: learns from other networks besides the labels, whose scores regularize it already.
PRESETS: Final[dict[str, TrainingConfig]] = {
    "quick": TrainingConfig(filters=(16, 32, 64, 128), epochs=8, batch_size=32),
    "standard": TrainingConfig(),
    "best": _BEST,
    "distill": replace(
        _BEST, epochs=108, label_smoothing=0.0, dropout=0.2, distillation_weight=0.6
    ),
}


def native_precision() -> str:
    """Return ``mixed_bfloat16`` where the processor has instructions for it, else ``float32``."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:  # not Linux: no cheap way to ask, and float32 is right everywhere
        return "float32"
    return "mixed_bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"
