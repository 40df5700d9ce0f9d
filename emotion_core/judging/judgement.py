"""All figures of a model on one split, computed from its answers alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset
from emotion_core.judging.answers import Answers, collect_answers, split_members
from emotion_core.judging.curves import ClassCurves, class_curves, mean_of_known
from emotion_core.judging.measures.evaluation import EvaluationReport, evaluate_logits
from emotion_core.judging.votes_fit import VoteFit, fit_to_votes
from emotion_core.models.folder import load_card


@dataclass(frozen=True, eq=False)
class Judgement:
    """How good a model's answers are.

    Attributes:
        answers: what is judged.
        report: the figures, with the card's temperature and certainty threshold.
        uncalibrated: the same at temperature 1, as the network itself would score.
        curves: ROC and precision-recall, one entry an expression, in the order of ``EMOTIONS``.
        votes: how the scores compare with the FER+ votes; None without any.
    """

    answers: Answers
    report: EvaluationReport
    uncalibrated: EvaluationReport
    curves: tuple[ClassCurves, ...]
    votes: VoteFit | None

    @property
    def mean_auc(self) -> float | None:
        """Unweighted mean of the areas under the ROC curves; None without any."""
        return mean_of_known([curves.auc for curves in self.curves])

    @property
    def mean_average_precision(self) -> float | None:
        """Unweighted mean of the average precisions; None without any."""
        return mean_of_known([curves.average_precision for curves in self.curves])

    def to_json(self) -> dict[str, Any]:
        """Return ``EvaluationReport.to_json`` with what this adds."""
        before = self.uncalibrated
        return self.report.to_json() | {
            "model": self.answers.card.name,
            "dataset": self.answers.dataset,
            "split": self.answers.split,
            "view": self.answers.view,
            "temperature": self.answers.card.temperature,
            "uncalibrated": {
                "ece": before.ece,
                "log_loss": before.log_loss,
                "brier": before.brier,
                "reliability": [bin_.to_json() for bin_ in before.reliability],
            },
            "mean_auc": self.mean_auc,
            "mean_average_precision": self.mean_average_precision,
            "curves": {curves.emotion: curves.to_json() for curves in self.curves},
            "votes": self.votes and self.votes.to_json(),
        }


def judge(answers: Answers) -> Judgement:
    """Compute all figures."""
    card, logits, labels = answers.card, answers.logits, answers.labels
    return Judgement(
        answers=answers,
        report=evaluate_logits(
            logits,
            labels,
            temperature=card.temperature,
            certainty_threshold=card.certainty_threshold,
            leaked=answers.leaked,
        ),
        uncalibrated=evaluate_logits(logits, labels),
        curves=class_curves(answers.scores, labels),
        votes=None
        if answers.votes is None
        else fit_to_votes(answers.scores, labels, answers.votes),
    )


def judge_model(
    model_dir: Path,
    dataset: FaceDataset,
    split: str,
    *,
    left_out: NDArray[np.bool_] | None = None,
    labels: NDArray[np.uint8] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Judgement:
    """Judge a model in LiteRT; what it has said about the split before comes from the cache.

    Args:
        model_dir: a model folder.
        dataset: all splits.
        split: as in ``SPLITS``.
        left_out: bool ``[len(dataset)]``, which images do not count; None: all do.
        labels: uint8 ``[len(dataset)]``, what the answers are compared with; None: the dataset's.
        progress: called in this thread with images done and all images; whatever it raises ends
            the work.

    Raises:
        DatasetError: the split has no image that counts.
        ModelError: the model cannot be read or run.
    """
    from emotion_core.judging.predictions.predict import (
        predict_members,  # judging answers alone needs no LiteRT
    )

    card = load_card(model_dir)
    members = split_members(dataset, split)
    counted = split_members(dataset, split, left_out)
    logits = predict_members(model_dir, dataset, members, progress=progress)
    kept = logits[np.isin(members, counted)]
    labelled = dataset if labels is None else replace(dataset, labels=labels)
    return judge(collect_answers(card, labelled, split, counted, kept))
