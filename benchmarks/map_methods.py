"""How well 2-D maps of a model's embeddings keep neighbours together: PCA, t-SNE and UMAP.

    python benchmarks/map_methods.py fer2013.csv [--images 6000]

t-SNE is the app's own (`emotion_core.judging.predictions.embedding_map`), PCA is what it starts
from, and UMAP takes part when ``umap-learn`` is installed; it is no requirement of the app. Prints
JSON, for each:

- ``neighbours_kept``: the share of an image's 10 nearest neighbours, by the cosine of their
  embeddings, that are among its 10 nearest on the map; mean over the images;
- ``same_class``: how many of the 10 nearest on the map have the image's label (``embeddings`` has
  the share before any map was made);
- ``seconds``, and their ratio to those of t-SNE.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from emotion_core.datasets import open_dataset
from emotion_core.judging.predictions.embedding_map import map_embeddings
from emotion_core.judging.predictions.predict import predict_dataset
from emotion_core.judging.predictions.tsne import project
from emotion_core.models.folder import default_model_dir

NEIGHBOURS = 10


def main() -> None:
    """Make the maps and judge them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", help="fer2013.csv, 'demo', or anything else that can be opened")
    parser.add_argument("--images", type=int, default=6000, help="drawn at random (default: 6000)")
    options = parser.parse_args()
    dataset = open_dataset(options.data)
    random = np.random.default_rng(0)
    chosen = np.sort(random.permutation(len(dataset))[: options.images])
    embeddings = predict_dataset(default_model_dir(), dataset).embeddings[chosen]
    labels = dataset.labels[chosen]
    near = nearest(embeddings)  # of length 1: by distance is by cosine
    methods: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
        "t-SNE": map_embeddings,
        "PCA": project,
    }
    if (umap := umap_method()) is not None:
        methods["UMAP"] = umap
    result: dict[str, object] = {"images": len(chosen), "embeddings": same_class(near, labels)}
    maps: dict[str, dict[str, float]] = {}
    for name, method in methods.items():
        started = time.perf_counter()
        points = method(embeddings)
        seconds = time.perf_counter() - started
        near_on_map = nearest(points)
        kept = [len(set(a) & set(b)) for a, b in zip(near, near_on_map, strict=True)]
        maps[name] = {
            "neighbours_kept": round(float(np.mean(kept)) / near.shape[1], 4),
            "same_class": same_class(near_on_map, labels),
            "seconds": round(seconds, 2),
        }
    for figures in maps.values():
        figures["times_t_sne"] = round(figures["seconds"] / maps["t-SNE"]["seconds"], 2)
    print(json.dumps({**result, "maps": maps}, indent=2))


def umap_method() -> Callable[[NDArray[np.float32]], NDArray[np.float32]] | None:
    """Return UMAP with its usual settings, or None where it is not installed."""
    try:
        from umap import UMAP
    except ImportError:
        return None
    return lambda embeddings: UMAP(metric="cosine", random_state=0).fit_transform(embeddings)


def nearest(points: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the indices of each point's nearest others, ``[N, 10]`` or as many as there are."""
    count = min(NEIGHBOURS, len(points) - 1)
    squares = np.sum(points**2, axis=1)
    rows = []
    for start in range(0, len(points), 1000):
        block = points[start : start + 1000]
        distances = squares - 2 * block @ points.T  # less a constant in each row
        distances[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        rows.append(np.argpartition(distances, count - 1, axis=1)[:, :count])
    return np.concatenate(rows)


def same_class(near: NDArray[np.intp], labels: NDArray[np.uint8]) -> float:
    """Return the mean share of neighbours that have the image's own label."""
    return round(float((labels[near] == labels[:, None]).mean()), 4)


if __name__ == "__main__":
    main()
