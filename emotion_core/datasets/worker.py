"""Reads a dataset of others: run by ``apart.open_apart`` in a process of its own.

A hostile file may fill the memory, never end, or crash a decoder: here it takes a process with it
that has little of all, no network, and writes nowhere but into the cache. What was read is left on
the disk for who asked.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from emotion_core.datasets.opening import open_dataset
from emotion_core.datasets.reading.cache import write_entry
from emotion_core.errors import DatasetError, NumberedClassesError
from emotion_core.quantities import byte_size
from emotion_core.system.processes.isolation import write_only_in
from emotion_core.system.processes.serving import Limits, serve
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage.folders import cache_dir, data_dir

_SECONDS: Final = 4 * 60 * 60

#: What this process may take: enough for a million faces.
LIMITS: Final = Limits(
    memory_bytes=6_000_000_000, processor_seconds=_SECONDS, file_bytes=4_000_000_000
)

# Of the processor, for one file. FER2013 takes 3 s for 300 MB, small JPEG files 0.2 s a MB.
_SECONDS_FOR_ANY: Final = 8
_SECONDS_FOR_A_MB: Final = 4


def read(request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:
    """Read one dataset.

    Args:
        request: ``path``, ``votes_path``, ``classes``, ``skip_bad_rows`` and ``use_cache`` as
            ``open_dataset`` takes them; the folder ``below`` which paths are meant; and an empty
            ``folder``.
        progress: called with the share done.

    Returns:
        the ``folder`` with the arrays, be it the given one or that of the cache; or the
        attributes and the ``message`` of a ``NumberedClassesError``.

    Raises:
        DatasetError: it cannot be read.
    """
    os.chdir(request["below"])
    folder = Path(request["folder"])
    kept = [cache_dir()] if request["use_cache"] else []
    kept += [data_dir()] if request["classes"] is not None else []
    with suppress(OSError):  # who cannot write there says so
        for each in kept:
            each.mkdir(parents=True, exist_ok=True)
    write_only_in([folder, *filter(Path.is_dir, kept)])
    path = Path(request["path"])
    if path.is_file():
        seconds = _SECONDS_FOR_ANY + _SECONDS_FOR_A_MB * path.stat().st_size / 1e6
        Limits(LIMITS.memory_bytes, min(_SECONDS, round(seconds)), LIMITS.file_bytes).apply()
    try:
        dataset = open_dataset(
            path,
            votes_path=request["votes_path"],
            classes=request["classes"],
            skip_bad_rows=request["skip_bad_rows"],
            progress=progress,
            use_cache=request["use_cache"],
        )
        if isinstance(dataset.images, np.memmap):  # it lies in the cache
            folder = Path(str(dataset.images.filename)).parent
        else:
            write_entry(folder, dataset)
    except NumberedClassesError as error:
        told = {"source": error.source, "numbers": error.numbers, "data_id": error.data_id}
        return told | {"message": str(error)}
    except MemoryError as error:
        raise DatasetError(
            f"{path}: expected a dataset that fits into {byte_size(LIMITS.memory_bytes)} of "
            "memory, found a larger one; split it"
        ) from error
    except OSError as error:
        raise DatasetError(
            f"{path}: what was read of it cannot be written into {folder} "
            f"({error.strerror or error}); free up space"
        ) from error
    return {"folder": str(folder)}


if __name__ == "__main__":
    serve(read, limits=LIMITS)
