"""Which images train, which select the best epoch, and in which order they come."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import TrainingError
from emotion_core.training_config import TrainingConfig

#: Share of Training held out for selection when the data has no PublicTest split.
HELD_OUT_SHARE: Final = 0.1


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
        raise TrainingError(
            f"{dataset.name}: expected at least two images of some expression to train on and "
            f"select with, found {len(training)} images in all"
        )
    return training.subset(~held_out), training.subset(held_out, f"{training.name} (held out)")


def batches(
    dataset: FaceDataset, config: TrainingConfig, first_epoch: int
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Yield ``(faces uint8 [B, 48, 48, 1], one-hot float32 [B, 7])`` without end.

    The order depends on seed and epoch alone, so a resumed run sees what an uninterrupted run would
    have seen. The last, smaller batch of an epoch is kept.
    """
    one_hot = np.eye(len(EMOTIONS), dtype=np.float32)
    epoch = first_epoch
    while True:
        order = np.random.default_rng((config.seed, epoch)).permutation(len(dataset))
        for start in range(0, len(order), config.batch_size):
            chosen = order[start : start + config.batch_size]
            yield dataset.images[chosen][..., None], one_hot[dataset.labels[chosen]]
        epoch += 1
