"""A 2-D map of a dataset: images that a network finds alike lie close together.

t-SNE (van der Maaten and Hinton 2008, accelerated as by Linderman et al. 2019 in openTSNE), started
from the two principal components so that the far order means something too (Kobak and Berens 2019).
It runs in a child process: the libraries it needs take hundreds of megabytes, which a server should
get back, and a child can be ended at any moment.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import EmotionCoreError
from emotion_core.judging.predictions.tsne import STEPS, project
from emotion_core.models.folder import load_card
from emotion_core.system.processes.children import Child, ChildError, packed, unpacked
from emotion_core.system.progress import CountProgress
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.disk_cache import CacheKey

#: Raised whenever the same embeddings give another map.
FORMAT: Final = 1

#: Fewer images than this have no neighbourhoods worth a t-SNE: they are projected.
LEAST_IMAGES: Final = 50

#: As many images are mapped in about 20 seconds, by a model that reads 350 faces a second.
SAMPLE_IMAGES: Final = 2000

# Of the time with the number of images: 10 s for 2,000 of FER2013, 105 s for all 32,298. Less than
# linear, for openTSNE takes a quicker way with more than 10,000.
_GROWTH: Final = 0.85

_POINTS: Final = "points.npy"


def load_map(model_dir: Path, dataset: FaceDataset) -> NDArray[np.float32] | None:
    """Return the map made earlier, float32 ``[N, 2]``, mapped into memory read-only, or None.

    Raises:
        ModelError: the model has no readable card.
    """
    return disk_cache.load(map_key(model_dir, dataset), partial(_read, count=len(dataset)))


def map_dataset(
    model_dir: Path,
    dataset: FaceDataset,
    embeddings: NDArray[np.float32],
    *,
    progress: CountProgress | None = None,
) -> NDArray[np.float32]:
    """Return the map of a dataset, from the cache where it is there.

    Args:
        model_dir: the model that the embeddings are of.
        dataset: the images that they are of.
        embeddings: float32 ``[N, D]``, as ``predict.predict_dataset`` gives them.
        progress: see ``map_embeddings``.

    Returns:
        float32 ``[N, 2]``.

    Raises:
        ModelError: the model has no readable card.
        EmotionCoreError: see ``map_embeddings``.
    """
    known = load_map(model_dir, dataset)
    if known is not None:
        if progress is not None:
            progress(STEPS, STEPS)
        return known
    points = map_embeddings(embeddings, progress=progress)
    stored = disk_cache.store(
        map_key(model_dir, dataset),
        lambda folder: np.save(folder / _POINTS, points, allow_pickle=False),
        partial(_read, count=len(dataset)),
        lost="the map is not cached and will be made again",
    )
    return points if stored is None else stored


def sample_members(dataset: FaceDataset) -> NDArray[np.intp]:
    """Return the images that stand for a large dataset on a first map, always the same ones.

    Each image is as likely as any other, so that classes and splits keep their shares.

    Returns:
        intp ``[SAMPLE_IMAGES]`` or, of a smaller dataset, all, ascending.
    """
    count = min(SAMPLE_IMAGES, len(dataset))
    chosen = np.random.default_rng(0).choice(len(dataset), count, replace=False)
    return np.sort(chosen).astype(np.intp)


def seconds_for_all(of_sample: float, sampled: int, count: int) -> float:
    """Return about how long mapping all images takes, given how long a sample of them took.

    Args:
        of_sample: seconds that ``map_embeddings`` took.
        sampled: images it took them for.
        count: all images.
    """
    return float(of_sample * (count / sampled) ** _GROWTH)


def map_key(model_dir: Path, dataset: FaceDataset) -> CacheKey:
    """Return what names the map of a dataset in the cache.

    Raises:
        ModelError: the model has no readable card.
    """
    return CacheKey("maps", FORMAT, (load_card(model_dir).network_id, dataset.fingerprint))


def _read(folder: Path, count: int) -> NDArray[np.float32]:
    points: NDArray[np.float32] = np.load(folder / _POINTS, mmap_mode="r", allow_pickle=False)
    if points.shape != (count, 2):
        raise ValueError(f"expected {count} points, found shape {points.shape}")
    return points


def map_embeddings(
    embeddings: NDArray[np.float32], *, progress: CountProgress | None = None
) -> NDArray[np.float32]:
    """Return a point for each image, the same ones for the same embeddings on the same machine.

    Args:
        embeddings: float32 ``[N, D]``; N may be 1.
        progress: called in this thread several times a second with the steps done and all steps.
            When it raises, the child process is ended.

    Returns:
        float32 ``[N, 2]``.

    Raises:
        EmotionCoreError: the child process failed, as for want of memory.
    """
    if len(embeddings) < LEAST_IMAGES or not np.ptp(embeddings, axis=0).any():
        return project(embeddings)
    report = None if progress is None else lambda share: progress(round(share * STEPS), STEPS)
    try:
        # Threads that wait for each other would spin; on a busy machine that made it 60 times
        # slower.
        with Child(
            "emotion_core.judging.predictions.tsne", environment={"OMP_WAIT_POLICY": "PASSIVE"}
        ) as child:
            answer = child.ask({"embeddings": packed(embeddings)}, progress=report)
    except ChildError as error:
        raise EmotionCoreError(
            f"expected a map from the process that makes it, found none ({error.reason}); install "
            "what requirements.txt lists, or choose a smaller dataset"
        ) from error
    return unpacked(answer["points"])
