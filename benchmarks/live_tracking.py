"""How well and how fast faces are followed on live video, against a cascade on every frame.

    python benchmarks/live_tracking.py --media FOLDER --json figures.json
    python benchmarks/live_tracking.py --seconds 1 --repeat 1    # films only, for a smoke test

Clips (``--media``): the share of visible faces with a box that overlaps the face's label by half
(Jaccard index 0.5), how many numbers each person had, how many numbers two persons shared, boxes
that overlap no label by half, and the same when the video starts later in the clip. Labels are in
``benchmarks/data``; every face is visible in every frame. Films of scikit-image's pictures, panned
and zoomed: frames with a box though there is no face. Time: milliseconds that a session's callback
takes with its classifier and drawing, on one thread, best of several runs; processor time
(``cpu``), which a busy machine changes less, and time on the clock (``wall``).

The baseline is what the project did before: one frontal cascade on every frame, every face read in
every frame, no numbers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from clips import (
    CLIP_RATE,
    CLIPS,
    FACELESS,
    FILM_RATE,
    MORE_FACELESS,
    Image,
    film_of_faces,
    film_without_faces,
    labelled_faces,
    read_clip,
)
from frame_work import time_frames
from live_worker import callback_work

from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.detectors import FRONTAL_SETTINGS, HaarFaceDetector
from emotion_core.faces.images import to_gray
from emotion_core.faces.readings import EmotionDetector
from emotion_core.faces.tracking import FaceTracker
from emotion_core.live.reader import LiveFace, LiveFaceReader
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.system.files import write_json

#: Boxes by number (or by place for the baseline, which knows none) of the next frame.
Follow = Callable[[Image, float], dict[int, Box]]
SYSTEMS = ("tracker", "baseline")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, help="folder of the two clips")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--seconds", type=float, default=12.0, help="length of each film")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each time measured")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    figures: dict[str, Any] = {}
    if options.media:
        figures["clips"] = {
            clip: measure_clip(read_clip(options.media, clip), clip) for clip in CLIPS
        }
    figures["films_without_faces"] = measure_false_faces(options.seconds)
    figures["milliseconds_a_frame"] = measure_times(options.seconds, options.repeat)
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def make(system: str) -> Follow:
    """Return a fresh tracker, or the baseline."""
    if system == "baseline":
        detector = HaarFaceDetector(FRONTAL_SETTINGS)
        return lambda image, _: dict(enumerate(detector.detect(image)))
    tracker = FaceTracker()
    return lambda image, now: {track.id: track.box for track in tracker.update(to_gray(image), now)}


def measure_clip(frames: list[Image], clip: str) -> dict[str, Any]:
    """Return the figures of one clip."""
    labels = labelled_faces(clip, len(frames))
    figures: dict[str, Any] = {
        "frames": len(frames),
        "faces": sum(len(faces) for faces in labels),
        **{system: follow_clip(make(system), frames, labels) for system in SYSTEMS},
    }
    del figures["baseline"]["numbers"], figures["baseline"]["shared_numbers"]
    starts = range(0, len(frames) * 2 // 3, 5)
    figures["tracker_started_at_frame"] = {
        start: {
            "coverage": (later := follow_clip(make("tracker"), frames[start:], labels[start:]))[
                "coverage"
            ],
            "numbers": later["numbers"],
        }
        for start in starts
    }
    return figures


def follow_clip(
    follow: Follow, frames: Iterable[Image], labels: list[dict[str, Box]]
) -> dict[str, Any]:
    """Return coverage, numbers and false boxes of one run over a clip."""
    covered, false = 0, 0
    numbers: dict[str, set[int]] = {person: set() for person in labels[0]}
    for index, (frame, faces) in enumerate(zip(frames, labels, strict=True)):
        boxes = follow(frame, index / CLIP_RATE)
        free = dict(boxes)
        for person, face in faces.items():
            best = max(
                free, key=lambda number: intersection_over_union(free[number], face), default=None
            )
            if best is not None and intersection_over_union(free.pop(best), face) >= 0.5:
                covered += 1
                numbers[person].add(best)
            elif best is not None:
                free[best] = boxes[best]
        false += len(free)
    every = [number for own in numbers.values() for number in own]
    return {
        "coverage": round(covered / sum(len(faces) for faces in labels), 3),
        "covered": covered,
        "numbers": {person: len(own) for person, own in numbers.items()},
        "shared_numbers": len(every) - len(set(every)),
        "false_boxes": false,
    }


def measure_false_faces(seconds: float) -> dict[str, Any]:
    """Return how many frames of films without a face got a box."""
    return {
        system: {
            name: sum(
                bool(follow(frame, index / FILM_RATE))
                for index, frame in enumerate(film_without_faces(name, seconds, (640, 480)))
            )
            for name in (*FACELESS, *MORE_FACELESS)
            for follow in [make(system)]
        }
        for system in SYSTEMS
    }


class EveryFrame:
    """The baseline as the reader of a session."""

    def __init__(self) -> None:
        self.detector = EmotionDetector(
            HaarFaceDetector(FRONTAL_SETTINGS), EmotionClassifier.load()
        )

    def read(self, image: Image, *_: float) -> list[LiveFace]:
        """Find and read every face anew."""
        faces = self.detector.detect(image)
        return [LiveFace(number, face, face) for number, face in enumerate(faces)]

    def hidden_places(self) -> list[Box]:
        """Return nothing: nothing is to be hidden here."""
        return []

    def reset(self) -> None:
        """Do nothing: nothing is remembered."""

    def forget_persons(self) -> None:
        """Do nothing: nobody is known."""


def measure_times(seconds: float, repeat: int) -> dict[str, Any]:
    """Return the milliseconds a frame of both systems; they take turns, the best run counts."""
    films = {
        "640x480, no face": (0, (640, 480)),
        "640x480, one face": (1, (640, 480)),
        "640x480, three faces": (3, (640, 480)),
        "1280x720, one face": (1, (1280, 720)),
    }
    figures: dict[str, Any] = {}
    for name, (faces, size) in films.items():
        film = film_of_faces(faces, seconds, size) if faces else None
        frames = list(film or film_without_faces("coffee", seconds, size))
        runs: dict[str, list[dict[str, float]]] = {system: [] for system in SYSTEMS}
        for _ in range(repeat):
            for system in SYSTEMS:
                runs[system].append(time_session(system, frames))
        best = {
            system: {key: min(run[key] for run in own) for key in own[0]}
            for system, own in runs.items()
        }
        ratio = best["baseline"]["cpu_p50"] / best["tracker"]["cpu_p50"]
        figures[name] = best | {"times_as_fast": round(ratio, 2)}
    return figures


def time_session(system: str, frames: list[Image]) -> dict[str, float]:
    """Return the milliseconds of the callback over ``frames``, as if 30 came a second."""
    reader = LiveFaceReader.load() if system == "tracker" else EveryFrame()
    taken = time_frames(callback_work(reader, FILM_RATE), frames)
    return {
        **{
            f"{kind}_p{share}": round(float(np.percentile(taken[kind], share)), 2)
            for kind in ("cpu", "wall")
            for share in (50, 95, 100)
        },
        "faces_shown": round(sum(taken["faces"]) / len(frames), 3),
    }


if __name__ == "__main__":
    main()
