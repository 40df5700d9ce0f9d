"""Settings of a training run. Nothing here imports Keras, so that a page can offer them cheaply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from emotion_core.errors import TrainingError
from emotion_core.system.storage.json_reading import checked
from emotion_core.training.architectures import ARCHITECTURES

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PRECISIONS: Final = ("float32", "mixed_bfloat16")

#: Which settings stand together where somebody chooses them.
Group = Literal["Basics", "Network", "Steps", "Targets", "Teachers", "Augmentation"]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Setting:
    """What is known of a setting besides its value.

    Attributes:
        group: the settings that it belongs to.
        help: what it does, in Markdown.
        limits: least and greatest value; None: it is no number.
        title: what to call it.
        step: from one value to the next when somebody turns it up or down.
    """

    group: Group
    help: str
    limits: tuple[float, float] | None
    title: str
    step: float


_KEY: Final = "setting"


def _setting(
    default: Value,
    group: Group,
    text: str,
    *,
    limits: tuple[float, float] | None = None,
    title: str = "",
    step: float = 0.05,
) -> Value:
    """Return a field with a default, and beside it what else is known of the setting."""
    known = Setting(group, text, limits, title, step)
    value: Value = field(default=default, metadata={_KEY: known})
    return value


@dataclass(frozen=True)
class AugmentationConfig:
    """How far training faces are varied; all zero leaves them as they are.

    Raises:
        TrainingError: a field is out of its range.
    """

    rotation_degrees: float = _setting(
        10.0, "Augmentation", "Rotation drawn from -degrees to +degrees.", limits=(0, 180), step=1.0
    )
    shift: float = _setting(
        0.08,
        "Augmentation",
        "Shift in each direction, drawn from -share to +share of the face's side.",
        limits=(0, 0.5),
        step=0.01,
    )
    zoom: float = _setting(
        0.12, "Augmentation", "Size drawn from 1 - zoom to 1 + zoom.", limits=(0, 0.9), step=0.01
    )
    flip: bool = _setting(
        True, "Augmentation", "Whether half of the faces are mirrored.", title="Mirror"
    )
    erase_probability: float = _setting(
        0.1,
        "Augmentation",
        "Share of faces with one rectangle blanked out (random erasing, Zhong et al. 2020).",
        limits=(0, 1),
    )
    light_probability: float = _setting(
        0.0,
        "Augmentation",
        "Share of faces whose light is changed: gamma and a gradient from side to side.",
        limits=(0, 1),
    )
    camera_probability: float = _setting(
        0.0,
        "Augmentation",
        "Share of faces that are given, each with an even chance, a cheap camera's blur, noise and "
        "JPEG compression.",
        limits=(0, 1),
    )
    mixup: float = _setting(
        0.0,
        "Augmentation",
        "Concentration of the Beta distribution that mixes pairs of faces and their targets "
        "(mixup, Zhang et al. 2018); 0 switches it off.",
        limits=(0, 10),
        step=0.1,
    )

    def __post_init__(self) -> None:
        _check_limits(self)


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run's result, besides the data and the library versions.

    Raises:
        TrainingError: a field is out of its range.
    """

    architecture: str = _setting("vgg", "Basics", "Key of `architectures.ARCHITECTURES`.")
    filters: tuple[int, ...] = _setting(
        (32, 64, 128, 256),
        "Network",
        "Channels of each stage; every stage after the first halves the resolution.",
    )
    depths: tuple[int, ...] = _setting(
        (1, 2, 2, 2),
        "Network",
        "Blocks of each stage: convolutions, or residual blocks of two.",
        title="Blocks",
    )
    border: int = _setting(
        2,
        "Network",
        "Pixels cut off at each side of a face: hair and background vary more than they tell, and "
        "44 x 44 pixels cost a sixth less than 48 x 48.",
        limits=(0, 12),
    )
    dropout: float = _setting(
        0.3,
        "Network",
        "Share of units dropped before the last layer, 0..1; stages drop a third of it in "
        "channels.",
        limits=(0, 0.9),
    )
    epochs: int = _setting(24, "Basics", "Passes over the training images.", limits=(1, 10_000))
    batch_size: int = _setting(128, "Steps", "Faces in each step.", limits=(2, 8192))
    learning_rate: float = _setting(
        3e-3,
        "Steps",
        "Peak learning rate of AdamW (Loshchilov and Hutter 2019), after warm-up.",
        limits=(1e-7, 10),
        step=0.0005,
    )
    warmup: float = _setting(
        0.15,
        "Steps",
        "Share of all steps over which the rate rises linearly; it then falls to 0 along a cosine.",
        limits=(0, 0.9),
    )
    weight_decay: float = _setting(
        0.02,
        "Steps",
        "Decoupled weight decay; biases and batch norm are exempt.",
        limits=(0, 1),
        step=0.005,
    )
    label_smoothing: float = _setting(
        0.05,
        "Targets",
        "Probability mass spread evenly over all classes (Szegedy et al. 2016), 0..1.",
        limits=(0, 0.9),
    )
    vote_weight: float = _setting(
        0.0,
        "Targets",
        "Share of the target that comes from the FER+ votes, 0..1, where an image has any.",
        limits=(0, 1),
    )
    distillation_weight: float = _setting(
        0.0,
        "Teachers",
        "Share of the loss that is the divergence from the teachers' softened scores, 0..1; the "
        "rest is the cross-entropy to the target (Hinton et al. 2015).",
        limits=(0, 1),
        title="Weight of the teachers",
    )
    distillation_temperature: float = _setting(
        2.0,
        "Teachers",
        "Divisor of the logits of teachers and student in that divergence.",
        limits=(0.1, 20),
        title="Temperature of the teachers",
        step=0.5,
    )
    mirrored_teaching: bool = _setting(
        False,
        "Teachers",
        "Whether the teachers also score each face's mirror image, and the mean of both teaches: a "
        "better answer for twice their time.",
        title="Mirror images too",
    )
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    seed: int = _setting(
        0,
        "Basics",
        "Seed of initial weights, order of images, augmentation and dropout.",
        limits=(0, 2**31 - 1),
    )
    precision: str = _setting(
        "float32",
        "Network",
        "Keras dtype policy: `float32`, or `mixed_bfloat16` (about twice as fast where the "
        "processor has bfloat16 instructions, slower where it has not).",
    )

    def __post_init__(self) -> None:
        _check_limits(self)
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
        """Rebuild a configuration from what ``asdict`` and JSON made of it.

        Raises:
            KeyError: a value is missing.
            ValueError: one is unknown, or of another type.
            TrainingError: one is out of its range.
        """
        needed = {name: content[name] for name in ("filters", "depths", "augmentation")}
        return checked({**content, **needed}, cls)


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


def _check_limits(config: DataclassInstance) -> None:
    """Raise TrainingError unless every number lies within its limits."""
    for name, setting in _settings(config).items():
        value = getattr(config, name)
        if setting.limits is not None and not setting.limits[0] <= value <= setting.limits[1]:
            low, high = setting.limits
            raise TrainingError(f"{name}: expected {low} to {high}, found {value}")


def _settings(config: DataclassInstance | type[DataclassInstance]) -> dict[str, Setting]:
    known = {each.name: each.metadata[_KEY] for each in fields(config) if _KEY in each.metadata}
    return {
        name: replace(setting, title=setting.title or name.replace("_", " ").capitalize())
        for name, setting in known.items()
    }


#: What is known of each setting, by the names of ``flat_settings`` and in their order.
SETTINGS: Final[Mapping[str, Setting]] = _settings(TrainingConfig) | {
    _PREFIX + name: setting for name, setting in _settings(AugmentationConfig).items()
}


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
