"""How well and how fast each finder's faces are followed on live video, against a cascade on every
frame.

    python benchmarks/live_tracking.py --media FOLDER --json figures.json
    python benchmarks/live_tracking.py --seconds 1 --repeat 1    # films only, for a smoke test

Clips (``--media``): the share of visible faces with a box that overlaps the face's label by half
(Jaccard index 0.5), how many numbers each person had, how many numbers two persons shared, boxes
that overlap no label by half, and the same when the video starts later in the clip. Labels are in
``benchmarks/data``; every face is visible in every frame. ``delay_ms``: how long until everybody
has a box when the clip, at 30 frames a second, follows on a film of nobody. ``small_faces``, with
the smallest face at 5% of the picture's height: a clip with two people who walk up (overlap by a
third, for the faces are small), and the boxes in one with nobody's face.

Films of scikit-image's pictures, panned and zoomed: frames with a box though there is no face.
Time: milliseconds that a session's callback takes with its classifier and drawing, on one thread,
best of several runs; processor time (``cpu``), which a busy machine changes less, and time on the
clock (``wall``).

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
from emotion_core.faces.finding.detectors import FRONTAL_SETTINGS, HaarFaceDetector
from emotion_core.faces.finding.finders import FINDERS, live_finder
from emotion_core.faces.pictures.images import to_gray
from emotion_core.faces.readings import EmotionDetector
from emotion_core.faces.tracking import SMALLEST_FACE, FaceTracker
from emotion_core.live.reader import LiveFace, LiveFaceReader
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.system.storage.files import write_json

#: Boxes by number (or by place for the baseline, which knows none) of the next frame.
Follow = Callable[[Image, float], dict[int, Box]]
BASELINE = "baseline"
SYSTEMS = (*FINDERS, BASELINE)
#: Clips with faces that are small, and with nobody's; and the smallest one looked for there.
SMALL_FACES = ("two-people-walking-up", "shop-from-behind")
SMALLEST = 0.05


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, help="folder of the clips")
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
        if all((options.media / f"{clip}.mp4").is_file() for clip in SMALL_FACES):
            figures["small_faces"] = measure_small_faces(options.media)
    figures["films_without_faces"] = measure_false_faces(options.seconds)
    figures["milliseconds_a_frame"] = measure_times(options.seconds, options.repeat)
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def make(system: str, smallest_face: float = SMALLEST_FACE) -> Follow:
    """Return a fresh tracker with one of the finders, or the baseline."""
    if system == BASELINE:
        detector = HaarFaceDetector(FRONTAL_SETTINGS)
        return lambda image, _: dict(enumerate(detector.detect(image)))
    tracker = FaceTracker(live_finder(system), smallest_face)
    return lambda image, now: {track.id: track.box for track in tracker.update(to_gray(image), now)}


def measure_clip(frames: list[Image], clip: str) -> dict[str, Any]:
    """Return the figures of one clip."""
    labels = labelled_faces(clip, len(frames))
    figures: dict[str, Any] = {
        "frames": len(frames),
        "faces": sum(len(faces) for faces in labels),
        **{system: follow_clip(make(system), frames, labels) for system in SYSTEMS},
    }
    del figures[BASELINE]["numbers"], figures[BASELINE]["shared_numbers"]
    starts = range(0, len(frames) * 2 // 3, 5)
    for finder in FINDERS:
        later = {
            start: follow_clip(make(finder), frames[start:], labels[start:]) for start in starts
        }
        figures[finder]["started_at_frame"] = {
            start: {key: own[key] for key in ("coverage", "numbers")}
            for start, own in later.items()
        }
        figures[finder]["delay_ms"] = measure_delay(finder, frames, labels)
    return figures


def measure_delay(
    finder: str, frames: list[Image], labels: list[dict[str, Box]]
) -> dict[str, float]:
    """Return how long it takes until each face has a box, its mean and maximum."""
    size = frames[0].shape[1], frames[0].shape[0]
    nobody = list(film_without_faces("coffee", 0.5, size))
    delays: list[float] = []
    for start in range(0, len(frames) * 2 // 3, 9):
        for before in range(10, 13):
            follow, found = make(finder), dict[str, float]()
            for index in range(before):
                follow(nobody[index], index / FILM_RATE)
            for index in range(45):
                place = min(start + int(index * CLIP_RATE / FILM_RATE), len(frames) - 1)
                boxes = follow(frames[place], (before + index) / FILM_RATE).values()
                for person, face in labels[place].items():
                    if any(intersection_over_union(box, face) >= 0.5 for box in boxes):
                        found.setdefault(person, 1000 * index / FILM_RATE)
            delays += [found.get(person, 1500.0) for person in labels[start]]
    return {"mean": round(float(np.mean(delays))), "max": round(max(delays))}


def measure_small_faces(media: Path) -> dict[str, Any]:
    """Return how many small faces have a box, and how many boxes there are where nobody is."""
    walking, empty = (read_clip(media, clip) for clip in SMALL_FACES)
    labels = labelled_faces(SMALL_FACES[0], len(walking))
    return {
        finder: {
            SMALL_FACES[0]: follow_clip(make(finder, SMALLEST), walking, labels, enough=1 / 3),
            SMALL_FACES[1]: sum(
                len(follow(frame, index / CLIP_RATE))
                for follow in [make(finder, SMALLEST)]
                for index, frame in enumerate(empty)
            ),
        }
        for finder in FINDERS
    }


def follow_clip(
    follow: Follow,
    frames: Iterable[Image],
    labels: list[dict[str, Box]],
    enough: float = 0.5,
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
            if best is not None and intersection_over_union(free.pop(best), face) >= enough:
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
        "960x540, no face": (0, (960, 540)),
        "960x540, one face": (1, (960, 540)),
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
        figures[name] = best | {
            "times_as_fast": {
                finder: round(best[BASELINE]["cpu_p50"] / best[finder]["cpu_p50"], 2)
                for finder in FINDERS
            }
        }
    return figures


def time_session(system: str, frames: list[Image]) -> dict[str, float]:
    """Return the milliseconds of the callback over ``frames``, as if 30 came a second."""
    reader: LiveFaceReader | EveryFrame = EveryFrame()
    if system != BASELINE:
        reader = LiveFaceReader.load()
        reader.use_finder(live_finder(system))
    taken = time_frames(callback_work(reader, FILM_RATE), frames)
    return {
        **{
            f"{kind}_p{share}": round(float(np.percentile(taken[kind], share)), 2)
            for kind in ("cpu", "wall")
            for share in (50, 95, 100)
        },
        **{f"{kind}_mean": round(float(np.mean(taken[kind])), 2) for kind in ("cpu", "wall")},
        "faces_shown": round(sum(taken["faces"]) / len(frames), 3),
    }


if __name__ == "__main__":
    main()
