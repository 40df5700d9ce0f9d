"""Starting libraries of native code: TensorFlow, Keras, LiteRT."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def start_keras() -> None:
    """Import Keras quietly, and without what nobody here needs of it.

    For a process of its own: Keras imports scikit-learn for its wrappers where that is installed,
    which is a third of the time that it takes to start.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.modules.setdefault("sklearn", None)  # type: ignore[arg-type]  # Python's way to say: not there
    with quiet_native_libraries():
        import keras  # noqa: F401


@contextmanager
def quiet_native_libraries() -> Iterator[None]:
    """Discard what native code writes to stderr while it starts.

    LiteRT and TensorFlow greet there with build details, past Python and with no setting to turn
    all of them off; a user who is told of bad input in one line should find that line.
    """
    kept = os.dup(2)
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device, not a path of ours
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
