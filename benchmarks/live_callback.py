"""How long the live page works on a frame, against PyPI `fer` on the very same frames.

    python benchmarks/live_callback.py --fer-python /tmp/ferenv/bin/python --media FOLDER
    python benchmarks/live_callback.py --seconds 1 --rounds 1      # for a smoke test
    python benchmarks/live_callback.py --before CHECKOUT           # against an earlier version

The app's part is the whole callback, decoded frame in, decoded frame out: conversion to an array,
finding, following and reading the faces, drawing, conversion back; on one thread, in a process of
its own. `fer` (with its Haar detector) has the array at hand and only finds and reads the faces;
it uses as many threads as it likes. Both work on 30 frames in turn, so that a busy machine slows
both. To make an environment for `fer`, which needs an older setuptools than others want:

    python3.11 -m venv /tmp/ferenv
    /tmp/ferenv/bin/pip install fer==25.10.3 "setuptools<80"

Films: scikit-image's portrait of an astronaut, swaying; with ``--media`` the two clips too, cut to
640x480. Prints JSON: milliseconds on the clock (``wall``) and of the processor, all threads added
(``cpu``); how many faces a frame each of them found; and how many times as fast the app is. The
first frames of every film are not counted.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from app_process import memory_mb
from clips import CLIP_RATE, CLIPS, FILM_RATE, Image, film_of_faces, read_clip
from frame_work import Worker

from emotion_core.system.storage.files import write_json

HERE = Path(__file__).parent
BLOCK = 30
LEFT_OUT = "left out; name the Python of its environment with --fer-python (see --help)"

Times = dict[str, list[float]]


@dataclass(frozen=True)
class Scene:
    """A film to work on.

    Attributes:
        images: its frames.
        rate: so many a second.
        for_peer: whether the peer works on it too.
    """

    images: Iterator[Image]
    rate: float
    for_peer: bool = True


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fer-python", help="Python of an environment with fer (see above)")
    parser.add_argument("--before", type=Path, help="folder of another version of this project")
    parser.add_argument("--media", type=Path, help="folder of the two clips")
    parser.add_argument("--seconds", type=float, default=10, help="of each film (default: 10)")
    parser.add_argument("--rounds", type=int, default=4, help="times each is played (default: 4)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    workers = {"app": Worker(sys.executable, HERE / "live_worker.py")}
    if options.before:
        workers["before"] = Worker(sys.executable, options.before / "benchmarks" / "live_worker.py")
    if options.fer_python:
        workers["fer"] = Worker(options.fer_python, HERE / "fer_worker.py")
    figures: dict[str, Any] = {"processors": os.cpu_count(), "load_before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        for name, scene in scenes(options.seconds, options.media).items():
            film = Path(folder) / "film.npy"
            frames = write_film(film, scene.images)
            chosen = {
                worker: workers[worker] for worker in workers if worker != "fer" or scene.for_peer
            }
            for worker in chosen.values():
                worker.show(film, scene.rate)
            figures[name] = compare(in_turn(chosen, frames, options.rounds))
    if "fer" in workers:
        figures["fer"] = workers["fer"].about | {"memory_mb": memory_mb(workers["fer"].pid)}
    else:
        figures["fer"] = LEFT_OUT
    for worker in workers.values():
        worker.end()
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def scenes(seconds: float, media: Path | None) -> dict[str, Scene]:
    """Return the films by name."""
    films = {
        "640x480, one face": Scene(film_of_faces(1, seconds, (640, 480)), FILM_RATE),
        "640x480, three faces": Scene(film_of_faces(3, seconds, (640, 480)), FILM_RATE),
        "1280x720, one face": Scene(
            film_of_faces(1, seconds, (1280, 720)), FILM_RATE, for_peer=False
        ),
    }
    if media:
        for clip in CLIPS:
            films[clip] = Scene(map(camera_picture, read_clip(media, clip)), CLIP_RATE)
    return films


def camera_picture(image: Image) -> Image:
    """Return the middle of a wide picture as a camera would show it, 640x480."""
    height, width = image.shape[:2]
    left = (width - height * 4 // 3) // 2
    middle = image[:, left : width - left]
    return np.asarray(cv2.resize(middle, (640, 480), interpolation=cv2.INTER_AREA), np.uint8)


def write_film(path: Path, images: Iterator[Image]) -> int:
    """Write a film where workers read it; return its number of frames."""
    frames = np.stack(list(images))
    np.save(path, frames)
    return len(frames)


def in_turn(workers: dict[str, Worker], frames: int, rounds: int) -> dict[str, Times]:
    """Let all work on one block of frames after the other.

    The film is played to and fro, so that no face ever jumps.
    """
    forth = list(range(frames))
    order = list(itertools.chain.from_iterable([forth, forth[::-1]] * ((rounds + 1) // 2)))
    order = order[: rounds * frames]
    blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
    times: dict[str, Times] = {name: {"wall": [], "cpu": [], "faces": []} for name in workers}
    for worker in workers.values():
        worker.time(blocks[0][::-1])
    for block in blocks:
        for name, worker in workers.items():
            for kind, values in worker.time(block).items():
                times[name][kind] += values
    return times


def compare(times: dict[str, Times]) -> dict[str, Any]:
    """Return what the times of one film come to."""
    figures: dict[str, Any] = {
        name: {
            **{
                f"{kind}_ms_p{share}": round(float(np.percentile(own[kind], share)), 2)
                for kind in ("wall", "cpu")
                for share in (50, 95)
            },
            "faces_a_frame": round(float(np.mean(own["faces"])), 2),
            "frames": len(own["wall"]),
        }
        for name, own in times.items()
    }
    if "fer" in figures:
        figures["times_as_fast"] = {
            kind: round(figures["fer"][kind] / figures["app"][kind], 1)
            for kind in figures["app"]
            if "_ms_" in kind
        }
    return figures


if __name__ == "__main__":
    main()
