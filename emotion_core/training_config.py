"""Settings of a training run. Nothing here imports Keras, so that a page can offer them cheaply."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from emotion_core.errors import TrainingError


@dataclass(frozen=True)
class AugmentationConfig:
    """How far training faces are varied; all zero leaves them as they are."""

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


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run's result, besides the data and the library versions.

    Raises:
        TrainingError: a field is out of its range.
    """

    #: Key of ``network.ARCHITECTURES``.
    architecture: str = "vgg"
    #: Channels of each block of two convolutions; every block halves the resolution.
    filters: tuple[int, ...] = (32, 64, 128, 256)
    #: Share of units dropped before the last layer, 0..1; blocks drop a third of it in channels.
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
    #: How far faces are varied.
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    #: Seed of initial weights, order of images, augmentation and dropout.
    seed: int = 0
    #: Keras dtype policy: ``float32``, or ``mixed_bfloat16`` (about twice as fast where the
    #: processor has bfloat16 instructions, slower where it has not).
    precision: str = "float32"

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "dropout": (0, 0.9),
            "epochs": (1, 10_000),
            "batch_size": (2, 8192),
            "learning_rate": (1e-7, 10),
            "warmup": (0, 0.9),
            "weight_decay": (0, 1),
            "label_smoothing": (0, 0.9),
            "seed": (0, 2**31 - 1),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise TrainingError(f"{name}: expected {low} to {high}, found {value}")
        if not 1 <= len(self.filters) <= 5 or min(self.filters) < 1:
            raise TrainingError(
                f"filters: expected one to five positive numbers, found {self.filters}"
            )
        if self.precision not in ("float32", "mixed_bfloat16"):
            raise TrainingError(
                f"precision: expected float32 or mixed_bfloat16, found {self.precision!r}"
            )

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> TrainingConfig:
        """Rebuild a configuration from what ``asdict`` and JSON made of it."""
        augmentation = AugmentationConfig(**content["augmentation"])
        return cls(
            **{
                **content,
                "filters": tuple(content["filters"]),
                "augmentation": augmentation,
            }
        )


#: ``quick`` shows in a minute or two that everything works; ``standard`` is a good network in
#: about a quarter of an hour on two cores; ``best`` is the recipe of the shipped model.
PRESETS: Final[dict[str, TrainingConfig]] = {
    "quick": TrainingConfig(filters=(16, 32, 64, 128), epochs=8, batch_size=32),
    "standard": TrainingConfig(),
    "best": TrainingConfig(epochs=36),
}


def native_precision() -> str:
    """Return ``mixed_bfloat16`` where the processor has instructions for it, else ``float32``."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:  # not Linux: no cheap way to ask, and float32 is right everywhere
        return "float32"
    return "mixed_bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"
