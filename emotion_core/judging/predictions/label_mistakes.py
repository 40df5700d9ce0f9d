"""Ranks images by how likely their label is wrong, and judges the ranking by the FER+ votes.

The score is the normalized margin of Northcutt et al. 2021 ("Confident Learning: Estimating
Uncertainty in Dataset Labels") as cleanlab ranks by: how far the model prefers another expression
to the label. Scores of images that the model learned from are in-sample: it has seen their labels,
so mistakes it learned by heart rank too low; only on other images are they held out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.checks.agreement import VOTE_LABELS
from emotion_core.datasets.types import SPLITS, VOTE_NAMES, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.ranking import ranked, roc_auc
from emotion_core.models.folder import ModelCard
from emotion_core.models.interface import softmax
from emotion_core.models.seen_images import SeenImages, image_hashes

if TYPE_CHECKING:
    from pandas import DataFrame

#: Images at the top of the ranking that its precision is counted on.
TOP: Final = 100


@dataclass(frozen=True, eq=False)
class LabelMistakes:
    """What a model holds of every label.

    Attributes:
        scores: float32 ``[N]``, 0..1, how likely the label is wrong; above 0.5 where the model
            answers another expression.
        suggested: uint8 ``[N]``, the other expression it holds most likely.
        label_scores: float32 ``[N]``, calibrated probability of the label, 0..1.
        suggested_scores: float32 ``[N]``, that of the suggested expression.
    """

    scores: NDArray[np.float32]
    suggested: NDArray[np.uint8]
    label_scores: NDArray[np.float32]
    suggested_scores: NDArray[np.float32]

    def ranking(self, mask: NDArray[np.bool_] | None = None) -> NDArray[np.intp]:
        """Return the indices of the images in ``mask``, or of all, the likeliest mistake first."""
        order = ranked(self.scores)
        return order if mask is None else order[mask[order]]


def find_label_mistakes(
    logits: NDArray[np.float32], labels: NDArray[np.uint8], temperature: float
) -> LabelMistakes:
    """Return how likely each label is wrong.

    Args:
        logits: float32 ``[N, 7]``; N may be 0.
        labels: uint8 ``[N]``, index into ``EMOTIONS``.
        temperature: the card's temperature.
    """
    others = softmax(logits, temperature)
    each = np.arange(len(labels))
    label_scores = others[each, labels]
    others[each, labels] = -1
    suggested = others.argmax(axis=1)
    suggested_scores = others[each, suggested]
    return LabelMistakes(
        scores=((1 + suggested_scores - label_scores) / 2).astype(np.float32),
        suggested=suggested.astype(np.uint8),
        label_scores=label_scores.astype(np.float32),
        suggested_scores=suggested_scores.astype(np.float32),
    )


def seen_in_training(
    card: ModelCard, dataset: FaceDataset, seen: SeenImages | None = None
) -> NDArray[np.bool_]:
    """Return for each image whether the model is known to have learned from it.

    Where ``seen`` does not tell, these are the Training images of the dataset that the card names.
    Of others nothing is known.

    Args:
        card: the model's.
        dataset: any images.
        seen: what the model's folder says of the images that it has seen.

    Returns:
        bool ``[N]``.
    """
    if seen is not None:
        return seen.trained_on(image_hashes(dataset.images))
    training = dataset.splits == SPLITS.index("Training")
    same = card.data.get("fingerprint") == dataset.fingerprint
    if not same and training.any():
        # The same Training images may stand here without others, or beside other test images.
        same = card.data.get("training_fingerprint") == dataset.subset(training).fingerprint
    return training if same else np.zeros_like(training)


@dataclass(frozen=True, eq=False)
class VoteVerdicts:
    """What the FER+ voters say of every label.

    Attributes:
        judged: bool ``[N]``, whether more than half of the votes are for one of the seven
            expressions. Contempt, unknown and no face are votes but none of the seven: an image
            where they or nobody has the majority is not judged.
        contradicted: bool ``[N]``, judged and that expression is not the label.
    """

    judged: NDArray[np.bool_]
    contradicted: NDArray[np.bool_]


def votes_contradict(labels: NDArray[np.uint8], votes: NDArray[np.uint8]) -> VoteVerdicts:
    """Return which labels the majority of the voters judge, and which they contradict.

    Args:
        labels: uint8 ``[N]``.
        votes: uint8 ``[N, 10]`` in the order of ``VOTE_NAMES``.
    """
    chosen = np.array(VOTE_LABELS)[votes.argmax(axis=1)]
    has_majority = 2 * votes.max(axis=1).astype(np.intp) > votes.sum(axis=1, dtype=np.intp)
    judged = has_majority & (chosen >= 0)
    return VoteVerdicts(judged, judged & (chosen != labels))


@dataclass(frozen=True)
class RankingQuality:
    """How well a ranking finds the labels that the votes contradict.

    Attributes:
        images: all ranked images.
        judged: those whose votes have a majority for one of the seven expressions.
        contradicted: those of them where it is not the label.
        auc: area under the ROC curve over the judged images, 0..1: the probability that a
            contradicted image ranks before a confirmed one.
        auc_within_label: the same among images with the same label, which the class alone cannot
            raise above 0.5; None where no label has both kinds.
        precision: share of contradicted ones among the ``top`` judged images that rank first.
        top: how many these are, 100 or all.
        top_contradicted: of as many images that rank first of all, how many are contradicted,
        top_confirmed: how many confirmed,
        top_undecided: and how many not judged.
    """

    images: int
    judged: int
    contradicted: int
    auc: float
    auc_within_label: float | None
    precision: float
    top: int
    top_contradicted: int
    top_confirmed: int
    top_undecided: int


def judge_ranking(
    scores: NDArray[np.floating[Any]],
    labels: NDArray[np.uint8],
    verdicts: VoteVerdicts,
    top: int = TOP,
) -> RankingQuality | None:
    """Return how well scores find contradicted labels; None unless some are and some are not.

    Args:
        scores: float ``[N]``, high where the label is likely wrong.
        labels: uint8 ``[N]``.
        verdicts: of the same images.
        top: how many of the images that rank first to count.
    """
    judged, contradicted = verdicts.judged, verdicts.contradicted[verdicts.judged]
    if contradicted.all() or not contradicted.any():
        return None
    of_judged = scores[judged]
    first_judged = contradicted[ranked(of_judged)[:top]]
    first = ranked(scores)[:top]
    top_contradicted = int(verdicts.contradicted[first].sum())
    top_judged = int(judged[first].sum())
    return RankingQuality(
        images=len(scores),
        judged=int(judged.sum()),
        contradicted=int(contradicted.sum()),
        auc=roc_auc(of_judged, contradicted),
        auc_within_label=_auc_within_label(of_judged, labels[judged], contradicted),
        precision=float(first_judged.mean()),
        top=len(first),
        top_contradicted=top_contradicted,
        top_confirmed=top_judged - top_contradicted,
        top_undecided=len(first) - top_judged,
    )


def _auc_within_label(
    scores: NDArray[np.floating[Any]], labels: NDArray[np.uint8], positive: NDArray[np.bool_]
) -> float | None:
    """Return the mean area over the labels, weighted by the pairs of images that each compares."""
    areas, pairs = [], []
    for label in range(len(EMOTIONS)):
        of_label = labels == label
        kinds = positive[of_label]
        count = int(kinds.sum()) * int((~kinds).sum())
        if count:
            areas.append(roc_auc(scores[of_label], kinds))
            pairs.append(count)
    return float(np.average(areas, weights=pairs)) if pairs else None


def mistakes_table(
    dataset: FaceDataset, mistakes: LabelMistakes, indices: Sequence[int] | NDArray[np.intp]
) -> DataFrame:
    """Return one line an image, in the order of ``indices``, for a page or a CSV file.

    Columns: ``index`` in the dataset, ``row`` of its file, split, label, suggested, score,
    label_score and suggested_score (all 0..1), and the FER+ votes by name where there are some.
    """
    import pandas as pd

    chosen = np.asarray(indices, np.intp)
    names = np.array(EMOTIONS)
    columns: dict[str, Any] = {
        "index": chosen,
        "row": dataset.rows[chosen],
        "split": np.array(SPLITS)[dataset.splits[chosen]],
        "label": names[dataset.labels[chosen]],
        "suggested": names[mistakes.suggested[chosen]],
        "score": mistakes.scores[chosen],
        "label_score": mistakes.label_scores[chosen],
        "suggested_score": mistakes.suggested_scores[chosen],
    }
    if dataset.votes is not None:
        columns |= dict(
            zip((f"votes_{name}" for name in VOTE_NAMES), dataset.votes[chosen].T, strict=True)
        )
    return pd.DataFrame(columns)
