"""What ``card.json`` holds, name by name, wherever a page or the README reads it.

A card may say less: what a model was never measured for is left out. Names that are not listed here
are for people, and stay in the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Required, TypedDict

from msgspec import Meta

from emotion_core.emotions import EMOTIONS
from emotion_core.system.storage.json_reading import checked

Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=0)]
#: The lower and the upper bound of a 95% interval.
Interval = tuple[float, float]


class ClassFigures(TypedDict, total=False):
    """Figures of one expression; None where they are undefined, as recall without images is."""

    support: Required[Count]
    recall: Required[float | None]
    precision: float | None
    f1: float | None
    answered: float | None
    interval_95: dict[str, Interval]


class CleanFigures(TypedDict, total=False):
    """The accuracy without images that stand in training too."""

    n: Required[Count]
    accuracy: Required[float]
    interval_95: Required[Interval]


class Bin(TypedDict, total=False):
    """One bin of the reliability; without answers it has no shares."""

    low: Required[float]
    high: Required[float]
    count: Required[Count]
    correct: Count
    confidence: Required[float | None]
    accuracy: Required[float | None]


class Curve(TypedDict, total=False):
    """Shares by threshold, three lists of the same length."""

    threshold: Required[list[float]]
    coverage: Required[list[float]]
    accuracy: Required[list[float]]


class Selective(TypedDict, total=False):
    """What the certainty threshold does."""

    coverage: Required[float]
    accuracy_answered: Required[float]
    accuracy_all: Required[float]
    interval_95: Required[dict[str, Interval]]
    curve: Required[Curve]
    threshold: float
    target_accuracy: float
    least_coverage: float
    coverage_cross_fitted: float
    accuracy_answered_cross_fitted: float


class ShiftedBoxes(TypedDict, total=False):
    """The accuracy on boxes that are a little off."""

    name: Required[str]
    repeats: Required[Count]
    seed: Required[int]
    accuracy: Required[float]
    accuracy_perturbed: Required[float]
    standard_deviation: Required[float]
    n: Count
    points_lost: float


class Figures(TypedDict, total=False):
    """Figures on the images of ``measured_on``."""

    view: Literal["single", "mirrored"]
    n: Count
    accuracy: Share
    macro_f1: float
    interval_95: dict[str, Interval]
    clean: CleanFigures | None
    log_loss: float
    brier: float
    ece: float
    ece_uncalibrated: float
    ece_cross_fitted: float
    ece_if_perfect: float
    reliability: list[Bin]
    selective: Selective
    labels: list[str]
    per_class: dict[str, ClassFigures]
    confusion: list[list[Count]]
    shifted_boxes: ShiftedBoxes


class MirroredFigures(Figures, total=False):
    """Figures of the mean of each image and its mirror image, and what is fitted to it."""

    temperature: Required[Positive]
    certainty_threshold: Required[Share]


class Metrics(Figures, total=False):
    """Figures of a single view of each image, and those of both views."""

    mirrored: MirroredFigures


class Excluded(TypedDict, total=False):
    """The correction list that was used."""

    name: Required[str]
    images: Required[Count]
    checksum: Required[str]
    relabelled: Count


class Initial(TypedDict, total=False):
    """The model whose weights it began with."""

    name: Required[str]
    checksum: Required[str]


class Data(TypedDict, total=False):
    """What it learned from, and what it was judged on."""

    name: str
    fingerprint: str
    training_images: Count
    training_fingerprint: str
    training_images_also_selecting: Count
    selected_on: str
    selection_images: Count
    measured_on: str
    measured_images: Count
    measured_at: str
    teachers: list[str]
    seeds: Count
    initial: Initial | None
    excluded: Excluded | None
    run: str | None


class Card(TypedDict, total=False):
    """All of ``card.json``."""

    name: Required[str]
    created: Required[str]
    temperature: Required[float]
    architecture: Required[str]
    parameters: Required[Count]
    data: Required[Data]
    config: Required[dict[str, Any]]
    best_epoch: Required[Count]
    versions: Required[dict[str, str]]
    metrics: Required[Metrics]
    files: Required[dict[str, str]]
    labels: Required[list[str]]
    certainty_threshold: float
    sizes: dict[str, Count]
    input: str
    preprocessing: str
    output: str
    format: int
    interface: dict[str, Any] | None
    source: dict[str, str]


_FIGURES_TOGETHER: Final[dict[str, tuple[str, ...]]] = {
    "accuracy": ("n", "macro_f1"),
    "clean": ("n",),
}
_SELECTIVE_TOGETHER: Final[dict[str, tuple[str, ...]]] = {
    "target_accuracy": ("least_coverage",),
    "coverage_cross_fitted": ("accuracy_answered_cross_fitted",),
}
# Names that are read together: where the first one stands, so do the others.
_TOGETHER: Final[dict[tuple[str, ...], dict[str, tuple[str, ...]]]] = {
    ("metrics",): _FIGURES_TOGETHER,
    ("metrics", "selective"): _SELECTIVE_TOGETHER,
    ("metrics", "mirrored"): _FIGURES_TOGETHER,
    ("metrics", "mirrored", "selective"): _SELECTIVE_TOGETHER,
    ("data",): {
        "fingerprint": ("name",),
        "training_images": ("name",),
        "selected_on": ("selection_images",),
        "measured_on": ("measured_at", "measured_images"),
    },
    ("source",): {"file": ("sha256", "imported"), "sha256": ("file",), "imported": ("file",)},
}


def check_card(content: Any) -> None:
    """Compare the content of a card with what it should be.

    Args:
        content: plain JSON values.

    Raises:
        KeyError: a name is missing.
        ValueError: a value is of another type, or does not fit the others; says where.
    """
    card: Mapping[str, Any] = checked(content, Card)
    unknown = sorted(set(content) - set(Card.__annotations__))
    if unknown:
        raise ValueError(f"expected {', '.join(Card.__annotations__)}, found {unknown[0]!r:.40}")
    for path, rules in _TOGETHER.items():
        part: Mapping[str, Any] = card
        for name in path:
            part = part.get(name, {})
        for name, others in rules.items():
            for other in others:
                if name in part and other not in part:
                    where = ".".join(path)
                    raise ValueError(f"{where}: expected {other} beside {name}, found none")
    _check_metrics(card["metrics"])
    _check_metrics(card["metrics"].get("mirrored", {}))


def _check_metrics(metrics: Mapping[str, Any]) -> None:
    if (classes := metrics.get("per_class")) is not None:
        _expect("per_class", set(classes) == set(EMOTIONS), "the seven expressions", list(classes))
        names = set(classes[EMOTIONS[0]])
        for name, figures in classes.items():
            _expect(f"per_class.{name}", set(figures) == names, "the figures of the others", name)
            known = figures["recall"] is not None or not figures["support"]
            _expect(f"per_class.{name}.recall", known, "a share of its images", "none")
        images = sum(figures["support"] for figures in classes.values())
        _expect("per_class", images > 0, "some images", images)
    if (confusion := metrics.get("confusion")) is not None:
        lengths = [len(row) for row in confusion]
        fits = lengths == [len(EMOTIONS)] * len(EMOTIONS)
        _expect("confusion", fits, "seven rows of seven numbers", lengths)
    for number, bin_ in enumerate(metrics.get("reliability", ())):
        known = None not in (bin_["confidence"], bin_["accuracy"])
        _expect(f"reliability[{number}]", known or not bin_["count"], "shares of answers", "none")
    if (selective := metrics.get("selective")) is not None:
        lengths = [len(values) for values in selective["curve"].values()]
        _expect("selective.curve", len(set(lengths)) == 1, "lists of one length", lengths)


def _expect(place: str, fits: bool, expected: str, found: object) -> None:
    if not fits:
        raise ValueError(f"metrics.{place}: expected {expected}, found {found!s:.80}")
