"""Arrays of weights in HDF5, judged before anybody reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import h5py
import numpy as np

from emotion_core.errors import ModelError
from emotion_core.quantities import byte_size

#: The largest network accepted, as bytes of weights when unpacked: 25 times a VGG of 10 M weights.
MAX_WEIGHT_BYTES: Final = 1_000_000_000


def open_hdf5(path: Path) -> h5py.File:
    """Open a file for reading.

    Raises:
        ModelError: it is no HDF5 file.
        OSError: it is damaged.
    """
    if not h5py.is_hdf5(path):
        raise ModelError(f"{path}: expected an HDF5 file, found something else")
    return h5py.File(path, "r")


def judge_hdf5(path: Path, file: h5py.File) -> None:
    """Refuse arrays that are too large together, not in the file itself, or no numbers.

    Args:
        path: for messages.
        file: open for reading.

    Raises:
        ModelError: says which of these.
        OSError: it is damaged.
    """
    arrays, total = [], 0
    for array in _arrays(path, file):
        total += array.size * array.dtype.itemsize
        if total > MAX_WEIGHT_BYTES:
            raise ModelError(
                f"{path}: expected weights under {byte_size(MAX_WEIGHT_BYTES)}, found "
                f"{byte_size(total)}"
            )
        arrays.append(array)
    for array in arrays:
        if array.dtype.kind == "f" and not np.isfinite(array[()]).all():
            raise ModelError(f"{path} has weights that are not numbers (NaN or infinite)")


def _arrays(path: Path, file: h5py.File) -> Iterator[h5py.Dataset]:
    """Yield every array, each group once; refuse what is elsewhere."""
    groups, seen = [file], set()
    while groups:
        group = groups.pop()
        place = h5py.h5o.get_info(group.id).addr
        if place in seen:  # a group may contain itself
            continue
        seen.add(place)
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ModelError(f"{path}: expected weights only, found a link to another place")
            item = group[name]
            if isinstance(item, h5py.Group):
                groups.append(item)
            elif item.is_virtual or item.external:
                raise ModelError(f"{path}: expected weights only, found some in another file")
            else:
                yield item
