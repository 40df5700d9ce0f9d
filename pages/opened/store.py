"""The open datasets of this process. Who opens the same data twice looks at the same arrays."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import streamlit as st

from emotion_core.datasets import DEMO_NAME, FaceDataset
from emotion_core.datasets.apart import open_apart
from emotion_core.datasets.recent import RecentDataset, path_id, remember_dataset
from emotion_core.errors import NumberedClassesError
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.persons import whose
from emotion_core.system.storage.temporary import TemporaryFolder
from pages.widgets.jobs import Job

Result = TypeVar("Result")

#: Ends the id of a dataset that was read without its bad rows.
GOOD_ROWS: Final = "-good-rows"

#: Datasets kept although nobody looks at them just now.
_KEPT: Final = 3


class OpenDataset:
    """A dataset with everything that was computed from it.

    Attributes:
        dataset: the faces.
        id: names it in addresses.
        path: where it was read; None for an upload, which is nowhere any more.
    """

    def __init__(self, dataset: FaceDataset, id_: str, path: Path | None) -> None:
        self.dataset = dataset
        self.id = id_
        self.path = path
        self._lock = threading.Lock()
        self._jobs: dict[str, Job[Any]] = {}

    def job(self, name: str, work: Callable[[FaceDataset, ShareProgress], Result]) -> Job[Result]:
        """Return the job that computes ``name``, begun now unless it was before."""
        with self._lock:
            if name not in self._jobs:
                self._jobs[name] = Job(lambda progress: work(self.dataset, progress))
            return self._jobs[name]

    def derived(self, name: str, compute: Callable[[FaceDataset], Result]) -> Result:
        """Return what ``compute`` makes of the dataset; it is called once for all viewers."""
        return self.job(name, lambda dataset, _: compute(dataset)).result()

    def known(self, name: str) -> Any | None:
        """Return the result of a job that has ended well, None otherwise."""
        with self._lock:
            job = self._jobs.get(name)
        return job.result() if job is not None and job.ended_well else None

    def forget(self, name: str) -> None:
        """Let ``name`` be computed anew when it is asked for again."""
        with self._lock:
            self._jobs.pop(name, None)


class Upload:
    """Files that a viewer uploaded; they go with the last who holds this, at the latest.

    Args:
        path: the dataset.
        folder: with nothing but it and what came with it.
    """

    def __init__(self, path: Path, folder: TemporaryFolder) -> None:
        self.path = path
        self.close = folder.remove


class DatasetStore:
    """Opens datasets, each content once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakValueDictionary[str, OpenDataset] = weakref.WeakValueDictionary()
        self._kept: deque[OpenDataset] = deque(maxlen=_KEPT)
        self._reading: dict[tuple[str, bool], Job[OpenDataset]] = {}

    def open(self, path: str, *, skip_bad_rows: bool = False) -> Job[OpenDataset]:
        """Return the job that reads ``path``; a second viewer gets the one that is running."""
        with self._lock:
            self._reading = {key: job for key, job in self._reading.items() if job.running}
            key = (path, skip_bad_rows)
            if key not in self._reading:
                self._reading[key] = Job(lambda progress: self._read(path, skip_bad_rows, progress))
            return self._reading[key]

    def open_upload(self, upload: Upload, *, skip_bad_rows: bool = False) -> Job[OpenDataset]:
        """Return the job that reads an upload into memory and then lets go of its files.

        They stay when the dataset numbers its classes: it is read again once somebody has said
        what the numbers mean.
        """

        def read(progress: ShareProgress) -> OpenDataset:
            try:
                dataset = open_apart(
                    upload.path, skip_bad_rows=skip_bad_rows, progress=progress, use_cache=False
                )
            except NumberedClassesError:
                raise
            except BaseException:
                upload.close()
                raise
            upload.close()
            id_ = f"upload-{_content_digest(dataset)}"
            return self._shared(OpenDataset(dataset, id_, None))

        return Job(read)

    def find(self, id_: str) -> OpenDataset | None:
        """Return the open dataset with this id, if there is one."""
        return self._open.get(id_)

    def close(self, path: Path) -> None:
        """Keep nothing of the dataset at ``path`` any more: its faces were deleted."""
        with self._lock:
            absolute = path.resolve()
            self._reading = {key: job for key, job in self._reading.items() if job.running}
            kept = [opened for opened in self._kept if opened.path != absolute]
            self._kept = deque(kept, maxlen=_KEPT)
            for id_, opened in list(self._open.items()):
                if opened.path == absolute:
                    del self._open[id_]

    def _read(self, path: str, skip_bad_rows: bool, progress: ShareProgress) -> OpenDataset:
        dataset = open_apart(path, skip_bad_rows=skip_bad_rows, progress=progress)
        if path == DEMO_NAME:
            return self._shared(OpenDataset(dataset, DEMO_NAME, None))
        absolute = str(Path(path).resolve())
        remember_dataset(RecentDataset(absolute, dataset.name, len(dataset)))
        id_ = path_id(absolute) + (GOOD_ROWS if skip_bad_rows else "")
        return self._shared(OpenDataset(dataset, id_, Path(absolute)))

    def _shared(self, opened: OpenDataset) -> OpenDataset:
        """Return the dataset that is open already when its content is the same."""
        with self._lock:
            known = self._open.get(opened.id)
            if known is not None and _content_digest(known.dataset) == _content_digest(
                opened.dataset
            ):
                opened = known
            self._open[opened.id] = opened
            if opened in self._kept:
                self._kept.remove(opened)
            self._kept.append(opened)
            return opened


def _content_digest(dataset: FaceDataset) -> str:
    votes = b"" if dataset.votes is None else dataset.votes.tobytes()
    return hashlib.sha256(dataset.fingerprint.encode() + votes).hexdigest()[:12]


def dataset_store() -> DatasetStore:
    """Return the store of this process, for whoever looks: an id finds nobody else's dataset."""
    return store_of(whose())


@st.cache_resource(show_spinner=False)
def store_of(person: str | None) -> DatasetStore:  # noqa: ARG001 - a key
    """Return the store of one person; None without accounts: everybody's."""
    return DatasetStore()
