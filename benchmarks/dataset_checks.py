"""How fast duplicates are found, and how much is found, against perceptual hashes.

    python benchmarks/dataset_checks.py /path/to/fer2013.csv
    python benchmarks/dataset_checks.py --rows 300    # generated images, for a smoke test

Prints JSON: for each method seconds, seconds of processor time, pairs found and the process's peak
memory in MB, beside that of an open dataset. ``exact`` compares bytes, ``near`` looks for
near-duplicates and mirrored copies too. The peer is what dataset tools do: a 64-bit hash of the
lowest frequencies (``dct_hash``, as ImageHash's ``phash``) of each image, and all pairs of hashes
that differ in no more than 4 bits; it is given the same images without the exact copies.
``recall_of_exact`` is against a dictionary of bytes; ``recall`` against copies that were made here
from images of the same dataset: moved by 2 pixels, scaled by 1.06, compressed, darkened, written
on, mirrored. Every method runs in a process of its own; imports and opening are not timed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from emotion_core.datasets import FaceDataset, open_dataset

METHODS = ("nothing", "exact", "near", "dct_hash")
COPIES = 300
HASH_BITS = 4


def main() -> None:
    """Run every method in a process of its own and print what it did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", help="fer2013.csv, or anything that can be opened")
    parser.add_argument("--rows", type=int, help="generate so many images instead")
    parser.add_argument(
        "--repeat", type=int, default=1, help="runs of each method; the best counts"
    )
    parser.add_argument("--method", choices=METHODS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if (options.data is None) == (options.rows is None):
        parser.error("give either a dataset or --rows")
    dataset = generated(options.rows) if options.rows else open_dataset(options.data)
    if options.method:
        print(json.dumps(measure(options.method, dataset)))
        return
    source = ["--rows", str(options.rows)] if options.rows else [options.data]
    figures: dict[str, Any] = {"images": len(dataset)}
    for method in METHODS:
        runs = [run_apart(method, source) for _ in range(options.repeat)]
        figures[method] = min(runs, key=lambda run: run["cpu_seconds"])
        figures[method]["seconds"] = min(run["seconds"] for run in runs)
    print(json.dumps(figures, indent=2))


def run_apart(method: str, source: list[str]) -> dict[str, Any]:
    """Measure one method in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, *source, "--method", method],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measure(method: str, dataset: FaceDataset) -> dict[str, Any]:
    """Return seconds, pairs, memory and recall of one method."""
    search = {
        "nothing": no_pairs,
        "exact": exact_pairs,
        "near": near_pairs,
        "dct_hash": hash_pairs,
    }[method]
    cpu_start, start = time.process_time(), time.perf_counter()
    pairs = search(dataset.images)
    figures = {
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - cpu_start, 2),
        "pairs": len(pairs),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),  # KiB on Linux
    }
    if method in ("exact", "near"):
        found, wanted = set(pairs), naive_exact_pairs(dataset.images)
        figures["recall_of_exact"] = sum(pair in found for pair in wanted) / max(1, len(wanted))
    if method in ("near", "dct_hash"):
        figures["recall"] = recall(search, dataset.images)
    return figures


def no_pairs(_: Any) -> list[tuple[int, int]]:
    """Return nothing, to see what an open dataset costs."""
    return []


def exact_pairs(images: Any) -> list[tuple[int, int]]:
    """Return each byte-identical copy with the first of its group."""
    from emotion_core.datasets.checks.duplicates import find_duplicates

    groups = find_duplicates(whole(images), near=False).exact
    return pairs_of_groups(groups)


def near_pairs(images: Any) -> list[tuple[int, int]]:
    """Return copies of every kind: pairs, and each exact copy with the first of its group."""
    from emotion_core.datasets.checks.duplicates import find_duplicates

    found = find_duplicates(whole(images))
    assert found.pairs is not None
    near = zip(found.pairs.first.tolist(), found.pairs.second.tolist(), strict=True)
    return [*pairs_of_groups(found.exact), *near]


def hash_pairs(images: Any) -> list[tuple[int, int]]:
    """Return the pairs of different images whose 64-bit hashes differ in at most 4 bits."""
    import cv2

    _, firsts = np.unique(images.reshape(len(images), -1), axis=0, return_index=True)
    firsts.sort()
    bits = np.empty((len(firsts), 64), bool)
    for place, index in enumerate(firsts):
        small = cv2.resize(images[index], (32, 32), interpolation=cv2.INTER_AREA)
        low = cv2.dct(small.astype(np.float32))[:8, :8].ravel()
        bits[place] = low > np.median(low)
    # Two hashes agree in a bit where the product of these is 1: as many as the matrix product says.
    signs = np.where(bits, 1, -1).astype(np.float32)
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(signs), 256):
        agreeing = signs[start : start + 256] @ signs[start:].T
        rows, columns = np.nonzero(agreeing >= 64 - 2 * HASH_BITS)
        later = columns > rows
        first, second = firsts[rows[later] + start], firsts[columns[later] + start]
        pairs += zip(first.tolist(), second.tolist(), strict=True)
    return pairs


def naive_exact_pairs(images: Any) -> list[tuple[int, int]]:
    """Return each copy with the first image of the same bytes, by a dictionary."""
    first: dict[bytes, int] = {}
    pairs = []
    for index, image in enumerate(images):
        known = first.setdefault(bytes(image), index)
        if known != index:
            pairs.append((known, index))
    return pairs


def recall(search: Callable[[Any], list[tuple[int, int]]], images: Any) -> dict[str, float]:
    """Return for each kind of copy the share that ``search`` finds among all images."""
    random = np.random.default_rng(0)
    contrast = images.reshape(len(images), -1).std(axis=1)
    shares = {}
    for name, change in CHANGES.items():
        chosen = random.choice(np.flatnonzero(contrast > 20), min(COPIES, len(images) // 2), False)
        # Without the others: they do not decide whether a pair is found.
        copies = np.stack([change(images[index]) for index in chosen])
        found = set(search(np.concatenate([images[chosen], copies])))
        count = len(chosen)
        shares[name] = round(sum((n, n + count) in found for n in range(count)) / count, 3)
    return shares


def shifted(image: Any) -> Any:
    """Return the image moved by 2 pixels each way."""
    return np.pad(image, ((2, 0), (2, 0)), mode="edge")[:48, :48]


def scaled(image: Any) -> Any:
    """Return the image enlarged by 1.06 around its middle."""
    import cv2

    matrix = cv2.getRotationMatrix2D((23.5, 23.5), 0, 1.06)
    return cv2.warpAffine(image, matrix, (48, 48), borderMode=cv2.BORDER_REPLICATE)


def compressed(image: Any) -> Any:
    """Return the image after JPEG of quality 30."""
    import cv2

    content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    return cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)


def written_on(image: Any) -> Any:
    """Return the image with a word across its middle, as agencies write on photographs."""
    import cv2

    written = cv2.putText(image.copy(), "stock", (2, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255)
    return cv2.addWeighted(image, 0.5, written, 0.5, 0)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "moved": shifted,
    "scaled": scaled,
    "compressed": compressed,
    "darkened": lambda image: (image * 0.6).astype(np.uint8),
    "written on": written_on,
    "mirrored": lambda image: image[:, ::-1],
}


def pairs_of_groups(groups: Any) -> list[tuple[int, int]]:
    """Return each member of a group but the first with the first."""
    members = (groups.members(number).tolist() for number in range(groups.count))
    return [(first, other) for first, *others in members for other in others]


def whole(images: Any) -> FaceDataset:
    """Return images as a dataset."""
    zeros = np.zeros(len(images), np.uint8)
    return FaceDataset("images", images, zeros, zeros, np.arange(len(images)))


def generated(rows: int) -> FaceDataset:
    """Return smooth random images; a tenth of them stands there twice."""
    import cv2

    random = np.random.default_rng(0)
    coarse = random.normal(128, 50, (rows, 12, 12)).clip(0, 255).astype(np.uint8)
    images = [cv2.resize(each, (48, 48), interpolation=cv2.INTER_CUBIC) for each in coarse]
    return whole(np.stack([*images, *images[: max(1, rows // 10)]]))


if __name__ == "__main__":
    main()
