"""The peer: PyPI `fer` with its Haar detector; runs in the environment that `live_callback` names.

Made to be timed by `frame_work`: finding and reading the faces, nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from frame_work import Work, serve


def begin() -> tuple[Callable[[float], Work], dict[str, Any]]:
    """Import and load it; see `frame_work.serve`."""
    start = time.perf_counter()
    from fer.fer import FER

    seconds = time.perf_counter() - start
    work = Work(lambda image: image, FER(mtcnn=False).detect_emotions, len)
    return lambda _: work, {"version": version("fer"), "seconds_to_import": round(seconds, 2)}


if __name__ == "__main__":
    serve(begin)
