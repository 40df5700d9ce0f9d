"""What a slow model costs the live page: frames, and the age of the answers.

    python benchmarks/slow_model.py
    python benchmarks/slow_model.py --seconds 1 --milliseconds 30    # for a smoke test

A film of a face is played at 30 frames a second into the whole callback; a frame that comes while
the one before is worked on is dropped unless it is the newest, as on the live page. The model is
the shipped one, and after each face it keeps a processor busy until so many milliseconds have
passed (0: as it is), without Python's lock, as LiteRT does. Each is played in both ways: read in
the thread of the frames, and in one of its own. The app chooses by the model's time: see
``chosen``.

Prints JSON: frames a second that come back; milliseconds in the callback; the age in milliseconds
of the answer that a frame shows (from the frame that was read to the one it is shown on, and the
time in the callback); answers a second.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
import cv2
import numpy as np
from clips import FILM_RATE, Image, film_of_faces
from numpy.typing import NDArray

from emotion_core.live import background
from emotion_core.live.reader import LiveFaceReader
from emotion_core.live.session import LiveSession
from emotion_core.models.classifier import EmotionClassifier

QUICK = background.QUICK_SECONDS


class Slowed:
    """The shipped model, which takes at least so long for a face."""

    def __init__(self, seconds: float) -> None:
        self._inner = EmotionClassifier.load()
        self._seconds = seconds
        self._noise = np.zeros((256, 256), np.uint8)
        self.seconds_a_face = max(seconds, self._inner.seconds_a_face)
        self.answers = 0

    def predict_scores(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the model returns, later."""
        ends = time.perf_counter() + self._seconds * len(crops)
        scores = self._inner.predict_scores(crops)
        while time.perf_counter() < ends:
            cv2.GaussianBlur(self._noise, (0, 0), 3)
        self.answers += len(crops)
        return scores


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10, help="of each film (default: 10)")
    parser.add_argument(
        "--milliseconds", type=float, nargs="+", default=[0, 5, 10, 20, 50, 225], help="a face"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    film = list(film_of_faces(1, 4, (640, 480)))
    figures: dict[str, Any] = {"processors": os.cpu_count(), "load_before": os.getloadavg()[0]}
    for milliseconds in options.milliseconds:
        ways = {
            "in the frames' thread": float("inf"),
            "in a thread of its own": -1.0,
        }
        chosen = list(ways)[milliseconds / 1000 > QUICK]
        figures[f"{milliseconds:g} ms"] = {"chosen": chosen} | {
            way: play(film, options.seconds, milliseconds / 1000, limit)
            for way, limit in ways.items()
        }
    print(json.dumps(figures, indent=2))


def play(film: list[Image], seconds: float, slow: float, limit: float) -> dict[str, float]:
    """Play the film and return the figures; ``limit`` decides where faces are read."""
    background.QUICK_SECONDS = limit  # type: ignore[misc]
    classifier = Slowed(slow)
    reader = LiveFaceReader(classifier)
    session = LiveSession(reader)
    frames = [
        av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        for image in film
    ]
    begun = time.monotonic()
    number, spent, ages, done = 0, [], [], 0
    while (now := time.monotonic()) < begun + seconds:
        newest = int((now - begun) * FILM_RATE)
        if newest < number:
            time.sleep(max(0.0, begun + number / FILM_RATE - now))
            continue
        number = newest + 1
        # To and fro, so that the face never jumps.
        place = newest % (2 * len(frames))
        session.on_frame(frames[min(place, 2 * len(frames) - 1 - place)])
        ended = time.monotonic()
        if now - begun < 1:
            classifier.answers = 0
            continue
        done += 1
        spent.append(ended - now)
        ages += [ended - memory.read_at for memory in reader._memories.values()]
    if session.snapshot.errors:
        raise SystemExit(f"the session failed: {session.snapshot.last_error}")
    if (reading := reader._used.background) is not None:
        reading.close()
        if (thread := reading.thread) is not None:
            thread.join()
    measured = max(seconds - 1, 0.001)
    return {
        "frames_per_second": round(done / measured, 1),
        **percentiles("callback_ms", spent),
        **percentiles("age_ms", ages),
        "answers_per_second": round(classifier.answers / measured, 1),
    }


def percentiles(name: str, values: list[float]) -> dict[str, float]:
    """Return median and 95th percentile in milliseconds."""
    if not values:
        return {}
    return {
        f"{name}_p{share}": round(1000 * float(np.percentile(values, share)), 1)
        for share in (50, 95)
    }


if __name__ == "__main__":
    main()
