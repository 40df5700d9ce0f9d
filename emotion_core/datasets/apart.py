"""Opens a dataset of others in a process of its own, which comes to harm in place of the app."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from emotion_core.datasets.opening import DEMO_NAME, open_dataset
from emotion_core.datasets.own.storage import own_data_dir, own_path
from emotion_core.datasets.reading.cache import read_entry
from emotion_core.datasets.types import FaceDataset
from emotion_core.errors import DatasetError, NumberedClassesError
from emotion_core.system.processes.children import Child, ChildEndedError, ChildError
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.folders import (
    CACHE_DIR_VARIABLE,
    DATA_DIR_VARIABLE,
    base_dir,
    cache_dir,
)
from emotion_core.system.storage.locks import Turns
from emotion_core.system.storage.persons import environment_of, whose
from emotion_core.system.storage.temporary import TemporaryFolder

_WORKER: Final = "emotion_core.datasets.worker"
# What takes longer gives way to live video; what is read at once is waited for.
_SECONDS_FIRST: Final = 2.0
# Each may take 6 GB; what more viewers open waits.
_turns: Final = Turns(3)


def open_apart(
    path: str | os.PathLike[str],
    *,
    votes_path: str | os.PathLike[str] | None = None,
    classes: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    progress: ShareProgress | None = None,
    use_cache: bool = True,
) -> FaceDataset:
    """Do as ``open_dataset``, in a process with limits of memory and time, and give way to others.

    Three are read at a time, whoever opens them: others wait for their turn, which ``progress`` is
    told. When ``progress`` raises, which it may at least every ``children.PAUSE``, that process
    ends. What this project made itself is opened here: the demo, and the user's own datasets.

    Raises:
        NumberedClassesError: its classes are numbers, and nobody has said what they mean.
        DatasetError: the dataset cannot be read, is not what it should be, or takes more memory
            or time than one of its size may.
    """
    if _is_ours(path):
        return open_dataset(
            path,
            votes_path=votes_path,
            classes=classes,
            skip_bad_rows=skip_bad_rows,
            progress=progress,
            use_cache=use_cache,
        )
    request = {
        "path": os.fspath(path),
        "votes_path": None if votes_path is None else os.fspath(votes_path),
        "classes": None if classes is None else dict(classes),
        "below": str(Path.cwd()),
        "skip_bad_rows": skip_bad_rows,
        "use_cache": use_cache,
    }
    name = Path(path).name
    try:
        with _turns.take(progress), TemporaryFolder("data") as folder:
            return _read_into(folder, name, request, progress)
    except OSError as error:
        raise DatasetError(
            f"{name}: what reads it cannot be started, or what it read is gone "
            f"({error.strerror or error}); free up space, and open it again"
        ) from error


def _read_into(
    folder: Path, name: str, request: Mapping[str, Any], progress: ShareProgress | None
) -> FaceDataset:
    environment = {
        DATA_DIR_VARIABLE: str(base_dir().absolute()),
        **environment_of(whose()),
        CACHE_DIR_VARIABLE: str(cache_dir().absolute()),
        # Arrow's own allocator begins by reserving a gigabyte of addresses.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    try:
        with Child(_WORKER, environment=environment, bare=True) as worker:
            begun = time.monotonic()

            def follow(share: float) -> None:
                if time.monotonic() > begun + _SECONDS_FIRST:
                    worker.give_way()
                if progress is not None:
                    progress(share)

            answer = worker.ask(dict(request) | {"folder": str(folder)}, progress=follow)
    except ChildEndedError as error:
        raise DatasetError(
            f"{name}: expected a dataset, found one that took more memory or time than one of its "
            f"size may, or crashed what read it (exit code {error.code}); it is damaged or "
            "malicious"
        ) from error
    except ChildError as error:
        raise DatasetError(error.reason) from error
    if "numbers" in answer:
        raise NumberedClassesError(
            answer["message"],
            source=answer["source"],
            numbers=tuple(answer["numbers"]),
            data_id=answer["data_id"],
        )
    return read_entry(Path(answer["folder"]), mapped=answer["folder"] != str(folder))


def _is_ours(path: str | os.PathLike[str]) -> bool:
    if os.fspath(path) == DEMO_NAME:
        return True
    if own_path(Path(path)) is not None and not Path(path).exists():
        return True
    return Path(path).absolute().is_relative_to(own_data_dir().absolute())
