"""What a model answers to the images of one split."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import SPLITS, FaceDataset, byte_identical_to
from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.errors import DatasetError
from emotion_core.judging.measures.ranking import ranked
from emotion_core.models.folder import SINGLE, ModelCard
from emotion_core.models.interface import softmax

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model answers to some labelled images.

    Attributes:
        card: the model's.
        dataset: name of the dataset.
        split: name of the split, as in ``SPLITS``.
        indices: intp ``[N]``, the images' places in the dataset, ascending; N is at least 1.
        rows: int64 ``[N]``, their rows in the source file.
        labels: uint8 ``[N]``, index into ``EMOTIONS``.
        logits: float32 ``[N, 7]``, before the temperature.
        leaked: bool ``[N]``, whether the image also stands in Training, byte for byte; None where
            that means nothing: in Training itself, or without it.
        votes: uint8 ``[N, 10]``, FER+ votes in the order of ``VOTE_NAMES``, or None.
        view: what was read of each image, one of ``emotion_core.models.views.VIEWS``.
    """

    card: ModelCard
    dataset: str
    split: str
    indices: NDArray[np.intp]
    rows: NDArray[np.int64]
    labels: NDArray[np.uint8]
    logits: NDArray[np.float32]
    leaked: NDArray[np.bool_] | None = None
    votes: NDArray[np.uint8] | None = None
    view: str = SINGLE

    def __post_init__(self) -> None:
        expected = (len(self.labels), len(EMOTIONS))
        if self.logits.shape != expected:
            raise ValueError(f"logits: expected shape {expected}, found {self.logits.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Calibrated probabilities ``[N, 7]``."""
        return softmax(self.logits, self.card.temperature)

    @cached_property
    def emotions(self) -> NDArray[np.intp]:
        """The expression with the highest score, intp ``[N]``."""
        return np.asarray(self.logits.argmax(axis=1), np.intp)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """The highest score of each image ``[N]``, 0..1."""
        return np.asarray(self.scores.max(axis=1))

    @cached_property
    def label_scores(self) -> NDArray[np.float64]:
        """The score of each image's label ``[N]``, 0..1."""
        return np.asarray(self.scores[np.arange(len(self)), self.labels])

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """Whether the answer is the label, bool ``[N]``."""
        return np.asarray(self.emotions == self.labels)

    def in_cell(self, label: int, answer: int) -> NDArray[np.intp]:
        """Return the places among these answers of one cell of the confusion matrix.

        The most confident ones come first.
        """
        members = np.flatnonzero((self.labels == label) & (self.emotions == answer))
        return members[ranked(self.confidence[members])]

    def confident_mistakes(self) -> NDArray[np.intp]:
        """Return the places of the wrong answers, the most confident first."""
        wrong = np.flatnonzero(~self.correct)
        return wrong[ranked(self.confidence[wrong])]

    def hardest(self) -> NDArray[np.intp]:
        """Return all places, the image whose label gets the lowest score first."""
        return ranked(-self.label_scores)

    def least_certain(self) -> NDArray[np.intp]:
        """Return all places, the image with the lowest highest score first."""
        return ranked(-self.confidence)


def split_members(
    dataset: FaceDataset, split: str, left_out: NDArray[np.bool_] | None = None
) -> NDArray[np.intp]:
    """Return the places of the images of a split, ascending.

    Args:
        dataset: where they are.
        split: as in ``SPLITS``.
        left_out: bool ``[len(dataset)]``, which images do not count; None: all do.

    Raises:
        DatasetError: none is there.
    """
    members = dataset.splits == SPLITS.index(split)
    if left_out is not None:
        members &= ~left_out
    if not members.any():
        raise DatasetError(
            f"{dataset.name}: expected {split} images to judge a model on, found none; choose "
            "another split" + (", or another correction list" if left_out is not None else "")
        )
    return np.flatnonzero(members)


def collect_answers(
    card: ModelCard,
    dataset: FaceDataset,
    split: str,
    members: NDArray[np.intp],
    logits: NDArray[np.float32],
    view: str = SINGLE,
) -> Answers:
    """Put a model's logits beside what is known of the images.

    Args:
        card: the model's.
        dataset: all splits; its Training split tells which images leaked.
        split: as in ``SPLITS``.
        members: what ``split_members`` returns.
        logits: float32 ``[N, 7]`` of these images.
        view: what was read of each.
    """
    training = np.flatnonzero(dataset.splits == SPLITS.index("Training"))
    leaked = None
    if split != "Training" and len(training):
        leaked = byte_identical_to(dataset.images[members], dataset.images[training])
    return Answers(
        card=card,
        dataset=dataset.name,
        split=split,
        indices=members,
        rows=dataset.rows[members],
        labels=dataset.labels[members],
        logits=np.asarray(logits),
        leaked=leaked,
        votes=None if dataset.votes is None else dataset.votes[members],
        view=view,
    )


def answers_table(answers: Answers, places: NDArray[np.intp] | None = None) -> DataFrame:
    """Return one line an image, in the order of ``places``, for a page or a CSV file.

    Columns: ``index`` in the dataset, ``row`` of its file, split, label, emotion, confidence
    (0..1), answer (the emotion, or "uncertain"), correct, label_score (0..1), leaked where that is
    known, the score of each of ``EMOTIONS``, and the view that was read.

    Args:
        answers: of a model.
        places: which of them; None for all.
    """
    import pandas as pd

    chosen = np.arange(len(answers)) if places is None else places
    names = np.array(EMOTIONS)
    emotions, confidence = names[answers.emotions[chosen]], answers.confidence[chosen]
    columns: dict[str, Any] = {
        "index": answers.indices[chosen],
        "row": answers.rows[chosen],
        "split": answers.split,
        "label": names[answers.labels[chosen]],
        "emotion": emotions,
        "confidence": confidence.round(6),
        "answer": np.where(
            confidence >= answers.card.certainty_threshold, emotions, np.array(UNCERTAIN)
        ),
        "correct": answers.correct[chosen],
        "label_score": answers.label_scores[chosen].round(6),
    }
    if answers.leaked is not None:
        columns["leaked"] = answers.leaked[chosen]
    columns |= dict(zip(EMOTIONS, answers.scores[chosen].T.round(6), strict=True))
    columns["view"] = answers.view
    return pd.DataFrame(columns)
