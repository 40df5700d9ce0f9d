"""A synthetic dataset drawn in code, so that everything works with nothing downloaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.drawn.faces import draw_face
from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.errors import DatasetError

#: Its name wherever it is shown: nobody should take these faces for people.
DEMO_DATASET_NAME: Final = "demo (synthetic drawn faces)"

#: With fewer, a class would lack one of the three splits.
MIN_IMAGES_PER_CLASS: Final = 3
_TEST_SHARE: Final = 0.15  # each of PublicTest and PrivateTest


def demo_dataset(
    images_per_class: int = 120,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> FaceDataset:
    """Draw a dataset of the seven expressions: 70% Training, 15% each of the two test splits.

    Args:
        images_per_class: at least 3, so that every split holds every expression.
        seed: equal seeds give equal images.
        progress: called with the share that is drawn, 0.0 to 1.0.

    Raises:
        DatasetError: ``images_per_class`` is too small.
    """
    if images_per_class < MIN_IMAGES_PER_CLASS:
        raise DatasetError(
            f"images_per_class: expected at least {MIN_IMAGES_PER_CLASS}, one for each split, "
            f"found {images_per_class}"
        )
    random = np.random.default_rng(seed)
    labels = np.tile(np.arange(len(EMOTIONS), dtype=np.uint8), images_per_class)
    images = np.empty((len(labels), FACE_SIZE, FACE_SIZE), np.uint8)
    for place, label in enumerate(labels):
        images[place] = draw_face(EMOTIONS[label], random)
        if progress is not None:
            progress((place + 1) / len(labels))
    return FaceDataset(
        name=DEMO_DATASET_NAME,
        images=images,
        labels=labels,
        splits=np.repeat(_splits_of_one_class(images_per_class), len(EMOTIONS)),
        rows=np.arange(len(labels), dtype=np.int64),
    )


def _splits_of_one_class(count: int) -> NDArray[np.uint8]:
    test = max(1, round(_TEST_SHARE * count))
    codes = np.arange(len(SPLITS), dtype=np.uint8)
    return np.repeat(codes, [count - 2 * test, test, test])
