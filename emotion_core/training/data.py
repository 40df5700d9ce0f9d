"""Which images train, which select the best epoch, and in which order they come."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.reading.votes import VOTES_NAME
from emotion_core.datasets.types import SPLITS, VOTE_NAMES, FaceDataset
from emotion_core.emotions import EMOTION_ALIASES, EMOTIONS
from emotion_core.errors import TrainingError
from emotion_core.quantities import counted
from emotion_core.training.config import TrainingConfig

#: Share of Training held out for selection when the data has no PublicTest split.
HELD_OUT_SHARE: Final = 0.1


@dataclass(frozen=True)
class TrainingCounts:
    """How many images a run on some data learns from and selects its best epoch with.

    Attributes:
        training: to learn from.
        selecting: to select with.
        held_out: whether those are a part of Training, for want of PublicTest.
        votes: whether there are FER+ votes.
        emotions: the expressions there is any image of to learn from.
    """

    training: int
    selecting: int
    held_out: bool
    votes: bool
    emotions: tuple[str, ...]


def count_for_training(dataset: FaceDataset) -> TrainingCounts:
    """Return how ``split_for_training`` would divide the images, without copying any.

    Raises:
        DatasetError: there is no Training image.
        TrainingError: there are too few.
    """
    of_split = [dataset.splits == code for code in range(len(SPLITS))]
    training, selecting = int(of_split[0].sum()), int(of_split[1].sum())
    held_out = not selecting
    if not training:
        dataset.split("Training")  # says what there is instead
    counts = np.bincount(dataset.labels[of_split[0]], minlength=len(EMOTIONS)).tolist()
    if held_out:
        aside = [math.ceil(count * HELD_OUT_SHARE) for count in counts]
        counts = [count - without for count, without in zip(counts, aside, strict=True)]
        training, selecting = sum(counts), sum(aside)
        if not training:
            raise _too_few(dataset, selecting)
    emotions = tuple(emotion for emotion, count in zip(EMOTIONS, counts, strict=True) if count)
    return TrainingCounts(training, selecting, held_out, dataset.votes is not None, emotions)


def split_for_training(dataset: FaceDataset, seed: int) -> tuple[FaceDataset, FaceDataset]:
    """Return the images to learn from and the images that select the best epoch.

    These are the official Training and PublicTest splits. Data without PublicTest gives up a tenth
    of Training, drawn per class.

    Raises:
        DatasetError: there is no Training image, or too few to hold any out.
    """
    training = dataset.split("Training")
    if (dataset.splits == SPLITS.index("PublicTest")).any():
        return training, dataset.split("PublicTest")
    random = np.random.default_rng(seed)
    held_out = np.zeros(len(training), bool)
    for label in range(len(EMOTIONS)):
        members = random.permutation(np.flatnonzero(training.labels == label))
        held_out[members[: math.ceil(len(members) * HELD_OUT_SHARE)]] = True
    if held_out.all():
        raise _too_few(dataset, len(training))
    return training.subset(~held_out), training.subset(held_out, f"{training.name} (held out)")


def _too_few(dataset: FaceDataset, images: int) -> TrainingError:
    return TrainingError(
        f"{dataset.name}: expected at least two images of some expression to train on and select "
        f"with, found {counted(images, 'image')} in all; add more, or join another dataset"
    )


def training_targets(
    dataset: FaceDataset, *, label_smoothing: float = 0.0, vote_weight: float = 0.0
) -> NDArray[np.float32]:
    """Return what each image's scores are held to, float32 ``[N, 7]``; every row sums to 1.

    Args:
        dataset: the images.
        label_smoothing: share spread evenly over all classes, 0..1.
        vote_weight: share that comes from the FER+ votes, 0..1, where an image has any vote for one
            of the seven expressions.

    Raises:
        TrainingError: votes are asked for and the data has none.
    """
    targets = np.eye(len(EMOTIONS), dtype=np.float32)[dataset.labels]
    if vote_weight:
        if dataset.votes is None:
            raise TrainingError(
                f"{dataset.name}: vote_weight {vote_weight:g} needs the FER+ votes, and there are "
                f"none; put {VOTES_NAME} beside the CSV file, or set vote_weight to 0"
            )
        names = [EMOTION_ALIASES.get(name) for name in VOTE_NAMES]  # None: contempt and the like
        votes = dataset.votes[:, [names.index(emotion) for emotion in EMOTIONS]]
        counts = votes.sum(axis=1, keepdims=True)
        shares = votes / np.maximum(counts, 1)
        targets = np.where(counts > 0, (1 - vote_weight) * targets + vote_weight * shares, targets)
    smoothed = (1 - label_smoothing) * targets + label_smoothing / len(EMOTIONS)
    return smoothed.astype(np.float32)


def batches(
    dataset: FaceDataset, config: TrainingConfig, first_epoch: int
) -> Iterator[tuple[dict[str, NDArray[Any]]]]:
    """Yield ``faces`` uint8 ``[B, 48, 48, 1]`` and ``targets`` float32 ``[B, 7]`` without end.

    The order depends on seed and epoch alone, so a resumed run sees what an uninterrupted run would
    have seen. The last, smaller batch of an epoch is kept.
    """
    targets = training_targets(
        dataset, label_smoothing=config.label_smoothing, vote_weight=config.vote_weight
    )
    epoch = first_epoch
    while True:
        order = np.random.default_rng((config.seed, epoch)).permutation(len(dataset))
        for start in range(0, len(order), config.batch_size):
            chosen = order[start : start + config.batch_size]
            yield ({"faces": dataset.images[chosen][..., None], "targets": targets[chosen]},)
        epoch += 1
