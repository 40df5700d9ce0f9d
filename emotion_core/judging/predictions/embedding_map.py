"""A 2-D map of a data set: images that a network finds alike lie close together.

t-SNE (van der Maaten and Hinton 2008, accelerated as by Linderman et al. 2019 in openTSNE), started
from the two principal components so that the far order means something too (Kobak and Berens 2019).
It runs in a child process: the libraries it needs take hundreds of megabytes, which a server should
get back, and a child can be ended at any moment.

Run as a module, this file is that child: it reads a line with the number of images and then their
embeddings from standard input, and writes a line for each report with the steps done, an empty
line, and the points to standard output; arrays as float32 in the machine's byte order.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import EmotionCoreError
from emotion_core.models.folder import load_card
from emotion_core.system import disk_cache
from emotion_core.system.disk_cache import CacheKey
from emotion_core.system.folders import PROJECT

#: Called with the steps done and all steps; whatever it raises ends the work.
Progress = Callable[[int, int], None]

#: Raised whenever the same embeddings give another map.
FORMAT: Final = 1

#: Fewer images than this have no neighbourhoods worth a t-SNE: they are projected.
LEAST_IMAGES: Final = 50

#: Steps that pull neighbours together with exaggerated force, and those that settle: openTSNE's.
EXAGGERATED_STEPS: Final = 250
SETTLING_STEPS: Final = 500
STEPS: Final = EXAGGERATED_STEPS + SETTLING_STEPS

#: How many neighbours count, about; the usual value.
PERPLEXITY: Final = 30

_POINTS: Final = "points.npy"
_REPORT_STEPS: Final = 10
_POLL_SECONDS: Final = 0.2


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
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Return the map of a data set, from the cache where it is there.

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


def map_key(model_dir: Path, dataset: FaceDataset) -> CacheKey:
    """Return what names the map of a data set in the cache.

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
    embeddings: NDArray[np.float32], *, progress: Progress | None = None
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
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-m", "emotion_core.judging.predictions.embedding_map"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=PROJECT,
            # Threads that wait for each other would spin; on a busy machine that made it 60 times
            # slower.
            env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},
        ) as child,
    ):
        conversation = _Conversation(child, embeddings)
        try:
            while conversation.is_alive():
                if progress is not None:
                    progress(conversation.done, STEPS)
                conversation.join(_POLL_SECONDS)
        finally:
            child.kill()  # no harm once it has ended
            conversation.join()
        points = conversation.points
        if points is None:
            raise EmotionCoreError(_failure(errors))
    return points


def _failure(errors: BinaryIO) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    reason = lines[-1] if lines else "it was ended from outside, perhaps for want of memory"
    return (
        f"expected a map from the process that makes it, found none ({reason}); install what "
        "requirements.txt lists, or choose a smaller data set"
    )


class _Conversation(threading.Thread):
    """Gives a child the embeddings and takes its progress and its points.

    Attributes:
        done: steps.
        points: float32 ``[N, 2]``; None until the child has sent all of them.
    """

    def __init__(self, child: subprocess.Popen[bytes], embeddings: NDArray[np.float32]) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self.points: NDArray[np.float32] | None = None
        self._child = child
        self._embeddings = embeddings
        self.start()

    def run(self) -> None:
        """Write everything, then read until the child ends."""
        stdin, stdout = self._child.stdin, self._child.stdout
        assert stdin is not None
        assert stdout is not None
        rows = np.ascontiguousarray(self._embeddings, np.float32)
        try:
            stdin.write(b"%d\n" % len(rows))
            stdin.write(rows.data)
            stdin.close()
        except OSError:  # it ended early and says why on stderr
            return
        while line := stdout.readline().strip():
            self.done = int(line)
        content = stdout.read()
        if len(content) == len(self._embeddings) * 2 * 4:
            self.points = np.frombuffer(content, np.float32).reshape(-1, 2)


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


def _main() -> None:
    if hasattr(os, "nice"):
        os.nice(10)  # live video goes first
    count = int(sys.stdin.buffer.readline())
    embeddings = np.frombuffer(sys.stdin.buffer.read(), np.float32).reshape(count, -1)
    points = _tsne(embeddings, _report)
    sys.stdout.buffer.write(b"\n" + points.tobytes())
    sys.stdout.buffer.flush()


def _report(done: int) -> None:
    sys.stdout.buffer.write(b"%d\n" % done)
    sys.stdout.buffer.flush()  # raises when nobody listens any more, which ends the process


def _tsne(embeddings: NDArray[np.float32], report: Callable[[int], None]) -> NDArray[np.float32]:
    from openTSNE import TSNE  # type: ignore[import-untyped]

    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1
        report(min(STEPS, calls * _REPORT_STEPS))

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


if __name__ == "__main__":
    _main()
