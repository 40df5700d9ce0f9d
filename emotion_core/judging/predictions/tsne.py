"""Makes a map of embeddings: run by ``embedding_map.map_embeddings`` in a process of its own."""

from __future__ import annotations

import os
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.system.children import packed, unpacked
from emotion_core.system.progress import ShareProgress
from emotion_core.system.serving import give_way, serve

#: Steps that pull neighbours together with exaggerated force, and those that settle: openTSNE's.
EXAGGERATED_STEPS: Final = 250
SETTLING_STEPS: Final = 500
STEPS: Final = EXAGGERATED_STEPS + SETTLING_STEPS

#: How many neighbours count, about; the usual value.
PERPLEXITY: Final = 30

_REPORT_STEPS: Final = 10


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

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1
        progress(min(1.0, calls * _REPORT_STEPS / STEPS))

    start = project(embeddings).astype(np.float64)
    start *= 1e-4 / start[:, 0].std()  # t-SNE begins small
    fitted = TSNE(
        perplexity=min(PERPLEXITY, (len(embeddings) - 1) / 3),
        metric="cosine",
        initialization=start,
        early_exaggeration_iter=EXAGGERATED_STEPS,
        n_iter=SETTLING_STEPS,
        random_state=0,
        n_jobs=os.cpu_count() or 1,
        callbacks=count,
        callbacks_every_iters=_REPORT_STEPS,
    ).fit(embeddings)
    return np.asarray(fitted, np.float32)


def _answer(request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:
    return {"points": packed(_tsne(unpacked(request["embeddings"]), progress))}


if __name__ == "__main__":
    give_way()
    serve(_answer)
