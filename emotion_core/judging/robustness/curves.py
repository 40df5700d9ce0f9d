"""Accuracy against the strength of what happens to faces, on a random sample of a split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.evaluation import Classifier
from emotion_core.judging.measures.intervals import Estimate, wilson_interval
from emotion_core.judging.robustness.changes import CHANGES, Change
from emotion_core.models.folder import load_card
from emotion_core.system.progress import CountProgress
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.disk_cache import CacheKey
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.json_reading import checked, read_json

#: Images of the sample: enough for intervals of about 4 points to either side.
SAMPLE: Final = 500

#: Raised whenever the same model and faces give other curves.
_FORMAT: Final = 1

_CURVES: Final = "curves.json"


@dataclass(frozen=True)
class RobustnessPoint:
    """What one strength leaves.

    Attributes:
        strength: in the unit of the change.
        n: number of images.
        correct: how many of them are answered rightly.
    """

    strength: float
    n: int
    correct: int

    @property
    def accuracy(self) -> Estimate:
        """Share of right answers with a Wilson interval."""
        return wilson_interval(self.correct, self.n)


@dataclass(frozen=True)
class RobustnessCurve:
    """What one change costs.

    Attributes:
        change: its name.
        points: in the order of its strengths, without the unchanged one.
    """

    change: str
    points: tuple[RobustnessPoint, ...]


@dataclass(frozen=True)
class RobustnessCurves:
    """What every change costs.

    Attributes:
        n: images in the sample.
        of: images it was drawn from.
        seed: of all random numbers.
        correct: right answers on the images as they are.
        curves: one for each of ``changes.CHANGES``.
    """

    n: int
    of: int
    seed: int
    correct: int
    curves: tuple[RobustnessCurve, ...]

    @property
    def accuracy(self) -> Estimate:
        """Share of right answers on the images as they are."""
        return wilson_interval(self.correct, self.n)

    def to_json(self) -> dict[str, Any]:
        """Return the curves as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> RobustnessCurves:
        """Return what ``to_json`` returned.

        Raises:
            ValueError, KeyError: it is something else.
        """
        return checked(content, cls)


def breaking_strength(change: Change, curve: RobustnessCurve, accuracy: float) -> float | None:
    """Return the gentlest strength at which half of the accuracy above guessing is lost.

    Args:
        change: what the curve is of.
        curve: measured.
        accuracy: on the faces as they are, 0..1.

    Returns:
        the strength; None where none of them costs as much.
    """
    guessing = 1 / len(EMOTIONS)
    limit = (guessing + accuracy) / 2
    lost = [point.strength for point in curve.points if point.accuracy.value < limit]
    return min(lost, key=lambda strength: abs(strength - change.unchanged), default=None)


def sample_places(count: int, size: int, seed: int = 0) -> NDArray[np.intp]:
    """Return ``size`` of ``count`` places drawn at random, ascending; all if there are no more."""
    if count <= size:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, size, replace=False))


def measure_curves(
    classifier: Classifier,
    faces: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    *,
    of: int,
    seed: int = 0,
    changes: Sequence[Change] = CHANGES,
    progress: CountProgress | None = None,
) -> RobustnessCurves:
    """Measure the accuracy under every strength of every change.

    All strengths of a change get the same random numbers, so that a curve shows the strength and
    not the luck.

    Args:
        classifier: any.
        faces: uint8 ``[N, 48, 48]`` with N of at least 1, the sample.
        labels: uint8 ``[N]``.
        of: images the sample was drawn from, see ``sample_places``.
        seed: of all random numbers.
        changes: which.
        progress: called after every strength.
    """
    steps = 1 + sum(len(change.strengths) for change in changes)
    done = 0

    def count_correct(shown: NDArray[np.uint8]) -> int:
        nonlocal done
        correct = int((classifier.predict_logits(shown).argmax(axis=1) == labels).sum())
        done += 1
        if progress is not None:
            progress(done, steps)
        return correct

    correct = count_correct(faces)
    curves = []
    for number, change in enumerate(changes):
        points = []
        for strength in change.strengths:
            changed = change.apply(faces, strength, np.random.default_rng([seed, number]))
            points.append(RobustnessPoint(strength, len(faces), count_correct(changed)))
        curves.append(RobustnessCurve(change.name, tuple(points)))
    return RobustnessCurves(len(faces), of, seed, correct, tuple(curves))


def load_curves(
    model_dir: Path, faces: NDArray[np.uint8], labels: NDArray[np.uint8], *, of: int
) -> RobustnessCurves | None:
    """Return what ``robustness_of`` has measured earlier, or None.

    Raises:
        ModelError: the model has no readable card.
    """
    return disk_cache.load(_key(model_dir, faces, labels, of), _read)


def robustness_of(
    model_dir: Path,
    faces: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    *,
    of: int,
    progress: CountProgress | None = None,
) -> RobustnessCurves:
    """Return the curves of a model in LiteRT, from the cache where they are there.

    Args:
        model_dir: a model folder.
        faces: see ``measure_curves``.
        labels: see ``measure_curves``.
        of: see ``measure_curves``.
        progress: called after every strength.

    Raises:
        ModelError: the model cannot be read or run.
    """
    from emotion_core.judging.predictions.predict import (
        ParallelClassifier,  # curves of Keras need no LiteRT
    )

    known = load_curves(model_dir, faces, labels, of=of)
    if known is not None:
        return known
    classifier = ParallelClassifier.load(model_dir)
    curves = measure_curves(classifier, faces, labels, of=of, progress=progress)
    disk_cache.store(
        _key(model_dir, faces, labels, of),
        lambda folder: write_json(folder / _CURVES, curves.to_json()),
        _read,
        lost="the robustness is not cached and will be measured again",
    )
    return curves


def _read(folder: Path) -> RobustnessCurves:
    return RobustnessCurves.from_json(read_json(folder / _CURVES))


def _key(model_dir: Path, faces: NDArray[np.uint8], labels: NDArray[np.uint8], of: int) -> CacheKey:
    digest = hashlib.sha256(np.ascontiguousarray(faces).data)
    digest.update(labels.tobytes())
    changes = [(change.name, change.strengths) for change in CHANGES]
    source = load_card(model_dir).network_id, digest.hexdigest(), of, changes
    return CacheKey("robustness", _FORMAT, source)
