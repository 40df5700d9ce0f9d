"""What a model says about every image of a dataset: logits and embeddings, computed once.

Results lie in the cache as ``.npy`` files, which any number of viewers and processes map into
memory; an entry is named by the model's and the data's fingerprints.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.datasets.types import FaceDataset
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.judging.predictions.embeddings import unit_rows, with_embeddings
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import LITERT_FILE, ModelCard, load_card, read_model_file
from emotion_core.models.litert import LiteRtNetwork
from emotion_core.system.processes.serving import let_thread_give_way
from emotion_core.system.progress import CountProgress
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.disk_cache import CacheKey
from emotion_core.system.storage.json_reading import checked, read_json

#: Raised whenever the same model and data give other arrays.
FORMAT: Final = 1

#: Faces in one go.
BATCH: Final = 32

_LOGITS: Final = "logits.npy"
_EMBEDDINGS: Final = "embeddings.npy"
_META: Final = "meta.json"


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says about every image.

    Attributes:
        logits: float32 ``[N, 7]``, before the temperature.
        embeddings: float32 ``[N, D]``, what the last layer sees, every row of length 1; None where
            the model has none.
        why_no_embeddings: the reason for that, as one sentence; empty where there are some.
    """

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32] | None
    why_no_embeddings: str = ""


def predictions_key(model_dir: Path, dataset: FaceDataset) -> CacheKey:
    """Return what names the entry of a model and a dataset in the cache.

    Raises:
        ModelError: the model has no readable card.
    """
    source = load_card(model_dir).network_id, dataset.fingerprint
    return CacheKey("predictions", FORMAT, source)


def load_predictions(model_dir: Path, dataset: FaceDataset) -> Predictions | None:
    """Return what was computed earlier, mapped into memory read-only, or None.

    Raises:
        ModelError: the model has no readable card.
    """
    return disk_cache.load(predictions_key(model_dir, dataset), _reader(dataset))


def predict_dataset(
    model_dir: Path,
    dataset: FaceDataset,
    *,
    threads: int | None = None,
    progress: CountProgress | None = None,
) -> Predictions:
    """Return a model's logits and embeddings for every image, from the cache where they are there.

    Args:
        model_dir: a model folder.
        dataset: any split, any number of images.
        threads: how many compute, each with its own interpreter; default: one a processor.
        progress: called in this thread with images done and all images.

    Raises:
        ModelError: the model cannot be read or run.
    """
    known = load_predictions(model_dir, dataset)
    if known is not None:
        if progress is not None:
            progress(len(dataset), len(dataset))
        return known
    computed = _compute(model_dir, dataset, threads or os.cpu_count() or 1, progress)
    stored = disk_cache.store(
        predictions_key(model_dir, dataset),
        partial(_write, predictions=computed),
        _reader(dataset),
        lost="predictions are not cached and will be computed again",
    )
    return stored or computed


def predict_part(
    model_dir: Path,
    dataset: FaceDataset,
    members: NDArray[np.intp],
    *,
    progress: CountProgress | None = None,
) -> Predictions:
    """Return what a model says of some images, from the cache of all images or of just these.

    Args:
        model_dir: a model folder.
        dataset: where the images are.
        members: intp ``[M]``, their places, ascending; M is at least 1.
        progress: called in this thread with images done and all of these images.

    Raises:
        ModelError: the model cannot be read or run.
    """
    of_all = load_predictions(model_dir, dataset)
    if of_all is not None:
        embeddings = None if of_all.embeddings is None else of_all.embeddings[members]
        return Predictions(of_all.logits[members], embeddings, of_all.why_no_embeddings)
    part = dataset if len(members) == len(dataset) else dataset.subset(members)
    return predict_dataset(model_dir, part, progress=progress)


def predict_members(
    model_dir: Path,
    dataset: FaceDataset,
    members: NDArray[np.intp],
    *,
    progress: CountProgress | None = None,
) -> NDArray[np.float32]:
    """Return a model's logits for some images, float32 ``[M, 7]``; see ``predict_part``.

    Raises:
        ModelError: the model cannot be read or run.
    """
    return np.array(predict_part(model_dir, dataset, members, progress=progress).logits)


class ParallelClassifier:
    """Runs a model over many faces in several threads, which give way to live video.

    Other than an ``EmotionClassifier`` it may be called from any thread; a single face waits longer
    for it.

    Args:
        content: a ``.tflite`` file.
        card: of the model.
        threads: how many compute, each with its own interpreter; default: one a processor.
    """

    def __init__(self, content: bytes, card: ModelCard, *, threads: int | None = None) -> None:
        self._content = content
        self._card = card
        self._threads = threads or os.cpu_count() or 1

    @classmethod
    def load(cls, model_dir: Path, *, threads: int | None = None) -> ParallelClassifier:
        """Load the model in a folder.

        Raises:
            ModelError: the folder is no model, or its ``model.tflite`` is not what the card says.
        """
        EmotionClassifier.load(model_dir)  # refuses what is no classifier of faces, and says why
        card = load_card(model_dir)
        return cls(read_model_file(model_dir, card, LITERT_FILE), card, threads=threads)

    def predict_logits(
        self, crops: NDArray[np.uint8], progress: CountProgress | None = None
    ) -> NDArray[np.float32]:
        """Return float32 logits ``[N, 7]`` of uint8 grey faces ``[N, 48, 48]``; N may be 0.

        Args:
            crops: the faces.
            progress: called in this thread with faces done and all faces; whatever it raises ends
                the work.
        """
        runner = _Runner(self._content, self._card, crops)
        for done in _run_all(runner, self._threads):
            if progress is not None:
                progress(done, len(crops))
        return runner.logits


def _compute(
    model_dir: Path, dataset: FaceDataset, threads: int, progress: CountProgress | None
) -> Predictions:
    EmotionClassifier.load(model_dir)  # refuses what is no classifier of faces, and says why
    card = load_card(model_dir)
    content, reason = read_model_file(model_dir, card, LITERT_FILE), ""
    try:
        content = with_embeddings(content)
    except ModelError as error:
        reason = str(error)
    runner = _Runner(content, card, dataset.images)
    for done in _run_all(runner, threads):
        if progress is not None:
            progress(done, len(dataset))
    return Predictions(runner.logits, runner.embeddings, reason)


def _run_all(runner: _Runner, threads: int) -> Iterator[int]:
    """Compute all batches and yield the number of images done now and then.

    When the caller gives up, batches that have not begun never do.
    """
    with ThreadPoolExecutor(threads, "predictions", initializer=let_thread_give_way) as pool:
        pending: set[Future[int]] = {pool.submit(runner.run, start) for start in runner.starts()}
        done = 0
        try:
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                done += sum(future.result() for future in finished)
                yield done
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Runner:
    """Runs a model over images, batch by batch, in as many threads as call it.

    Args:
        content: a ``.tflite`` file with one output, or two where it gives features.
        card: of the model; its interface says what the network takes and returns.
        images: uint8 ``[N, 48, 48]``.
    """

    def __init__(self, content: bytes, card: ModelCard, images: NDArray[np.uint8]) -> None:
        self._content = content
        self._card = card
        self._images = images
        self._local = threading.local()  # an interpreter must stay with its thread
        self._lock = threading.Lock()
        self.logits = np.empty((len(images), len(EMOTIONS)), np.float32)
        self.embeddings: NDArray[np.float32] | None = None

    def starts(self) -> range:
        """Return where the batches begin."""
        return range(0, len(self._images), BATCH)

    def run(self, start: int) -> int:
        """Compute the batch that begins at ``start`` and return its size."""
        faces = self._images[start : start + BATCH]
        logits, *features = self._invoke(faces)
        self.logits[start : start + len(faces)] = logits
        if features:
            rows = unit_rows(features[0])
            self._rows(rows.shape[1])[start : start + len(faces)] = rows
        return len(faces)

    def _rows(self, count: int) -> NDArray[np.float32]:
        with self._lock:
            if self.embeddings is None:
                self.embeddings = np.empty((len(self._images), count), np.float32)
            return self.embeddings

    def _invoke(self, faces: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        interface = self._card.interface
        if not hasattr(self._local, "network"):
            one_by_one = interface is not None and interface.one_by_one
            self._local.network = LiteRtNetwork(self._content, one_by_one=one_by_one)
        if interface is None:
            outputs: list[NDArray[np.float32]] = self._local.network.run(
                faces[..., None].astype(np.float32)
            )
            return outputs
        output, *features = self._local.network.run(interface.prepare(faces))
        return [interface.to_logits(output), *features]


def _reader(dataset: FaceDataset) -> Callable[[Path], Predictions]:
    return partial(_read, count=len(dataset))


def _read(folder: Path, count: int) -> Predictions:
    reason = checked(read_json(folder / _META), dict[str, str])["why_no_embeddings"]
    logits = np.load(folder / _LOGITS, mmap_mode="r", allow_pickle=False)
    embeddings = None
    if not reason:
        embeddings = np.load(folder / _EMBEDDINGS, mmap_mode="r", allow_pickle=False)
    if len(logits) != count or (embeddings is not None and len(embeddings) != count):
        raise ValueError(f"expected {count} rows, found {len(logits)}")
    return Predictions(logits, embeddings, reason)


def _write(folder: Path, predictions: Predictions) -> None:
    np.save(folder / _LOGITS, predictions.logits, allow_pickle=False)
    if predictions.embeddings is not None:
        np.save(folder / _EMBEDDINGS, predictions.embeddings, allow_pickle=False)
    meta = {"why_no_embeddings": predictions.why_no_embeddings}
    (folder / _META).write_text(json.dumps(meta) + "\n", encoding="utf-8")
