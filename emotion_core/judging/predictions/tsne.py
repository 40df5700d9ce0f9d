"""Makes a map of embeddings: run by ``embedding_map.map_embeddings`` in a process of its own."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.system.processes.children import packed, unpacked
from emotion_core.system.processes.serving import give_way, serve
from emotion_core.system.progress import ShareProgress

#: Steps that pull neighbours together with exaggerated force, and those that settle: openTSNE's.
EXAGGERATED_STEPS: Final = 250
SETTLING_STEPS: Final = 500
STEPS: Final = EXAGGERATED_STEPS + SETTLING_STEPS

#: How many neighbours count, about; the usual value.
PERPLEXITY: Final = 30

_REPORT_STEPS: Final = 10
_PAUSE_SECONDS: Final = 0.5

_TRIAL_IMAGES: Final = 1000
# 0.3 s for 1,000 images, 3.9 for 8,000, 23 for 32,298.
_NEIGHBOURS_GROWTH: Final = 1.25

# Images from which openTSNE lays a grid over the map, see ``share_of_time``.
_GRID_IMAGES: Final = 10_000
# Steps, and the share of their processor time after them, on all of FER2013.
_PACE_WITH_GRID: Final = (
    (0, 250, 350, 450, 550, 650, 750),
    (0, 0.15, 0.22, 0.33, 0.50, 0.73, 1),
)


def project(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the two principal components, float32 ``[N, 2]``: a rough map in a second.

    Its signs are fixed: in each component the feature with the largest weight counts positive.

    Args:
        embeddings: float32 ``[N, D]``; with one image, or one feature, what is missing is 0.
    """
    centred = embeddings - embeddings.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    largest = directions[:, ::-1][:, :2]
    signs = np.sign(largest[np.abs(largest).argmax(axis=0), np.arange(largest.shape[1])])
    points = np.zeros((len(embeddings), 2), np.float32)
    points[:, : largest.shape[1]] = centred @ (largest * signs)
    return points


def _tsne(embeddings: NDArray[np.float32], progress: ShareProgress) -> NDArray[np.float32]:
    from openTSNE import TSNE  # type: ignore[import-untyped]

    calls = 0
    before = _neighbours_share(len(embeddings))

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1
        done = share_of_time(calls * _REPORT_STEPS, len(embeddings))
        progress(before + (1 - before) * done)

    affinities = _neighbours(embeddings, progress)
    start = project(embeddings).astype(np.float64)
    start *= 1e-4 / start[:, 0].std()  # t-SNE begins small
    fitted = TSNE(
        initialization=start,
        early_exaggeration_iter=EXAGGERATED_STEPS,
        n_iter=SETTLING_STEPS,
        random_state=0,
        n_jobs=os.cpu_count() or 1,
        callbacks=count,
        callbacks_every_iters=_REPORT_STEPS,
    ).fit(affinities=affinities)
    return np.asarray(fitted, np.float32)


def share_of_time(steps: int, images: int) -> float:
    """Return the share 0..1 of the time that the first ``steps`` of ``STEPS`` take.

    With many images, openTSNE lays a grid over the map and each step takes longer as that grows;
    with fewer, all take about as long.
    """
    if images < _GRID_IMAGES:
        return min(1.0, steps / STEPS)
    return float(np.interp(steps, *_PACE_WITH_GRID))


def _neighbours_share(images: int) -> float:
    """Return about the share of the time in which neighbours are found, before the first step."""
    return 0.07 if images < _GRID_IMAGES else 0.2


def _neighbours(embeddings: NDArray[np.float32], progress: ShareProgress) -> Any:
    """Return openTSNE's affinities, as ``TSNE.fit`` makes them.

    They are found without a word: progress is what those of a few images let expect.
    """
    from openTSNE.affinity import MultiscaleMixture  # type: ignore[import-untyped]

    def find(rows: NDArray[np.float32]) -> Any:
        return MultiscaleMixture(
            rows,
            min(PERPLEXITY, (len(rows) - 1) / 3),
            metric="cosine",
            n_jobs=os.cpu_count() or 1,
            random_state=0,
        )

    if len(embeddings) <= _TRIAL_IMAGES:
        return find(embeddings)
    started = time.monotonic()
    find(embeddings[:_TRIAL_IMAGES])
    trial = time.monotonic() - started
    expected = trial * (len(embeddings) / _TRIAL_IMAGES) ** _NEIGHBOURS_GROWTH
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(find, embeddings)
        started = time.monotonic()
        while not wait([found], timeout=_PAUSE_SECONDS).done:
            passed = (time.monotonic() - started) / expected
            progress(_neighbours_share(len(embeddings)) * min(1.0, passed))
        return found.result()


def _answer(request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:
    return {"points": packed(_tsne(unpacked(request["embeddings"]), progress))}


if __name__ == "__main__":
    give_way()
    serve(_answer)
