"""The scores by which faces are filtered and sorted, computed once for all viewers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.agreement import label_support
from emotion_core.datasets.checks.overview import DatasetOverview, survey_dataset
from emotion_core.datasets.checks.quality import ImageQuality, measure_quality
from emotion_core.system.progress import ShareProgress
from pages.opened.findings import QUALITY, quality_job
from pages.opened.predictions import known_predictions, label_mistakes, model_in_use
from pages.opened.store import OpenDataset
from pages.widgets import display
from pages.widgets.jobs import Job

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Score:
    """One number for each face.

    Attributes:
        help: what it says.
        compute: returns float32 ``[N]``; NaN where a face has none.
        text: writes one value.
        job: where ``compute`` takes seconds the first time, what it waits for.
        of_one: the value of one face, given its place, without waiting for those of all; None:
            ``compute`` is as quick.
    """

    help: str
    compute: Callable[[OpenDataset], Scores]
    text: Callable[[float], str]
    job: Callable[[OpenDataset], Job[Any]] | None = None
    of_one: Callable[[OpenDataset, int], float] | None = None

    def written(self, opened: OpenDataset, index: int) -> str:
        """Return the value of one face as the page writes it."""
        value = (
            float(self.compute(opened)[index])
            if self.of_one is None
            else self.of_one(opened, index)
        )
        return "none" if np.isnan(value) else self.text(value)


OVERVIEW: Final = "overview"


def overview_job(opened: OpenDataset) -> Job[DatasetOverview]:
    """Return the job that surveys the dataset, begun now if need be."""
    return opened.job(OVERVIEW, _survey)


def _survey(dataset: FaceDataset, _: ShareProgress) -> DatasetOverview:
    return survey_dataset(dataset)


def _sharpness(opened: OpenDataset) -> Scores:
    return quality_job(opened).result().sharpness


def _sharpness_of_one(opened: OpenDataset, index: int) -> float:
    known: ImageQuality | None = opened.known(QUALITY)
    if known is None:
        return float(measure_quality(opened.dataset.images[index : index + 1]).sharpness[0])
    return float(known.sharpness[index])


def _doubt(opened: OpenDataset) -> Scores:
    model_dir, predictions = model_in_use(), known_predictions(opened)
    if predictions is None:
        return np.full(len(opened.dataset), np.nan, np.float32)
    return label_mistakes(opened, predictions, model_dir)[0].scores


def _support(dataset: FaceDataset) -> Scores:
    if dataset.votes is None:
        return np.full(len(dataset), np.nan, np.float32)
    return label_support(dataset.labels, dataset.votes)


def _brightness(opened: OpenDataset) -> Scores:
    return overview_job(opened).result().brightness


def _contrast(opened: OpenDataset) -> Scores:
    return overview_job(opened).result().contrast


def _agreement(opened: OpenDataset) -> Scores:
    return opened.derived("agreement", _support)


#: By the name they have on the page and in addresses.
SCORES: Final[dict[str, Score]] = {
    "brightness": Score("mean grey, 0 to 255", _brightness, "{:.0f}".format),
    "contrast": Score("standard deviation of the greys", _contrast, "{:.0f}".format),
    "sharpness": Score(
        "share of the detail that is fine",
        _sharpness,
        "{:.2f}".format,
        job=quality_job,
        of_one=_sharpness_of_one,
    ),
    "mistake": Score(
        "how likely the label is wrong, according to the model", _doubt, "{:.2f}".format
    ),
    "agreement": Score("share of the FER+ votes for the label", _agreement, display.percent),
}


def scores_of(opened: OpenDataset) -> dict[str, Score]:
    """Return the scores that this dataset has, or can have without much ado."""
    missing = {"agreement"} if opened.dataset.votes is None else set()
    if known_predictions(opened) is None:  # they take a while: the section Label mistakes asks
        missing.add("mistake")
    return {name: score for name, score in SCORES.items() if name not in missing}
