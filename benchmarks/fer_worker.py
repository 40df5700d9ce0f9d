"""The peer: PyPI `fer` with its Haar detector; runs in the environment that `live_callback` names.

Made to be timed by `frame_work`: finding and reading the faces, nothing else.
"""

from __future__ import annotations

import time
from importlib.metadata import version

from frame_work import Work, serve

if __name__ == "__main__":
    start = time.perf_counter()
    from fer.fer import FER

    seconds = time.perf_counter() - start
    detector = FER(mtcnn=False)
    serve(
        lambda _: Work(lambda image: image, detector.detect_emotions, len),
        {"version": version("fer"), "seconds_to_import": round(seconds, 2)},
    )
