"""How fast recorded video is read, and how well, against PyPI `fer` on the very same films.

    python benchmarks/recorded.py --media FOLDER --fer-python /tmp/ferenv/bin/python
    python benchmarks/recorded.py --seconds 2 --workers 1      # for a smoke test

Films: scikit-image's portrait of an astronaut, swaying, 640x480; with ``--media`` the clips of
people turning their heads and walking, played again and again, 1280x720; both H.264, 30 frames a
second. ``frames_a_second`` counts everything from the file to the recording: processes started,
every frame decoded, faces found, followed and read, tables written. ``cpu`` is the processor's time
in milliseconds a frame, without decoding. ``memory_mb`` is the highest resident size of one process
that reads, and of one that decodes. `fer` (its `Video.analyze` with its Haar detector, nothing
saved) reads the first seconds of the same films; how to make its environment stands in
``live_callback.py``.

Faces (``--media``): the share of the labelled faces of the two clips that have a box, and numbers
of persons, as in ``live_tracking.py``, for each finder; of two more, whose faces are small or not
to be seen, how many a frame have a box, with the smallest face an eighth and a twelfth of the
picture's height. Prints JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
import cv2
import numpy as np
from clips import CLIPS, FILM_RATE, Image, film_of_faces, labelled_faces, read_clip

from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.finding.finders import FINDERS
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.analysis import VideoAnalyst
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.sessions.storage import open_session
from emotion_core.sessions.tables import read_tables
from emotion_core.system.storage.files import write_json
from emotion_core.video.sources import VideoFile

HERE = Path(__file__).parent
ONE_FACE = "640x480, one face"
CLIPS_720 = "1280x720, two or three faces"
SMALL_FACES = ("two-people-walking-up", "shop-from-behind")
SMALLEST = (round(1 / 8, 4), round(1 / 12, 4))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--media", type=Path, help="folder of the two clips")
    parser.add_argument("--fer-python", help="Python of the environment that has fer")
    parser.add_argument("--seconds", type=float, default=240.0, help="length of each film")
    parser.add_argument("--fer-seconds", type=float, default=10.0, help="what fer reads of it")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.media:
            figures["faces"] = {clip: measure_clip(options.media, clip, folder) for clip in CLIPS}
        if options.media:
            figures["faces_a_frame"] = {
                clip: {
                    share: faces_a_frame(options.media / f"{clip}.mp4", share, folder)
                    for share in SMALLEST
                }
                for clip in SMALL_FACES
            }
        for film, images, size in films(options.media):
            figures[film] = measure_film(list_of(images, options.seconds), size, folder, options)
    print(json.dumps(figures, indent=2))
    if options.json:
        write_json(options.json, figures)


def films(media: Path | None) -> Iterator[tuple[str, Iterable[Image], tuple[int, int]]]:
    """Yield each film's name, pictures without end, and size."""
    yield ONE_FACE, itertools.cycle(film_of_faces(1, 20.0, (640, 480))), (640, 480)
    if media is not None:
        clips = [image for clip in CLIPS for image in read_clip(media, clip)]
        images = [np.asarray(cv2.resize(image, (1280, 720)), np.uint8) for image in clips]
        yield CLIPS_720, itertools.cycle(images), (1280, 720)


def list_of(images: Iterable[Image], seconds: float) -> Iterator[Image]:
    """Return the pictures of so many seconds."""
    return itertools.islice(images, round(seconds * FILM_RATE))


def write_film(path: Path, images: Iterable[Image], size: tuple[int, int], rate: int = 30) -> int:
    """Write a film as phones do, and return how many frames it has."""
    frames = 0
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
            frames += 1
        container.mux(stream.encode())
    return frames


def measure_film(
    images: Iterable[Image], size: tuple[int, int], folder: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """Return the figures of one film."""
    film = folder / f"{size[0]}.mp4"
    frames = write_film(film, images, size)
    figures: dict[str, Any] = {"frames": frames}
    for workers in options.workers:
        figures[f"workers_{workers}"] = measure_pool(film, frames, folder, workers)
    if options.fer_python:
        figures["fer"] = measure_fer(film, folder, options)
        fastest = max(figures[f"workers_{n}"]["frames_a_second"] for n in options.workers)
        figures["times_as_fast"] = round(fastest / figures["fer"]["frames_a_second"], 1)
    return figures


def measure_pool(film: Path, frames: int, folder: Path, workers: int) -> dict[str, Any]:
    """Return how fast a film is read by so many processes, and what they take."""
    job = VideoJob(
        VideoFile.at(film),
        folder / f"{film.stem}-{workers}",
        default_model_dir(),
        RecordedSettings(),
    )
    highest: dict[str, float] = {}

    def look(_: VideoPool) -> None:
        for name, megabytes in memory_of_children():
            highest[name] = max(highest.get(name, 0.0), megabytes)

    cpu, start = sum(os.times()[2:4]), time.perf_counter()
    pool = VideoPool([job], workers=workers, again=True)
    pool.run(look)
    seconds = time.perf_counter() - start
    (video,) = pool.videos
    if video.frames != frames:
        raise SystemExit(f"{film}: expected {frames} frames, found {video.frames}: {video.problem}")
    faces = int(read_tables(job.target)[0]["faces"].sum())
    return {
        "frames_a_second": round(frames / seconds, 1),
        "cpu_ms_a_frame": round(1000 * (sum(os.times()[2:4]) - cpu) / frames, 2),
        "memory_mb": {name: round(megabytes) for name, megabytes in highest.items()},
        "faces_a_frame": round(faces / frames, 3),
        "persons": video.persons,
    }


def memory_of_children(size: str = "VmHWM:") -> Iterator[tuple[str, float]]:
    """Yield what each process below this one does, and its highest resident size so far, in MB.

    "VmRSS:" is the size now.
    """
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        try:
            parents[int(entry.name)] = int(
                (entry / "stat").read_text().rpartition(")")[2].split()[1]
            )
        except (ValueError, OSError, IndexError):
            continue
    own = {os.getpid()}
    for _ in range(3):
        own |= {process for process, parent in parents.items() if parent in own}
    for process in own - {os.getpid()}:
        try:
            command = Path(f"/proc/{process}/cmdline").read_text()
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:
            continue
        for name in ("pool.worker", "video.worker"):
            if name in command and size in status:
                yield name, 1.024 * int(status.partition(size)[2].split()[0]) / 1000


def measure_fer(film: Path, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return how fast the peer reads the beginning of a film."""
    answer = subprocess.run(
        [
            *(options.fer_python, HERE / "fer_video.py", film),
            *(str(round(options.fer_seconds * FILM_RATE)), folder),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(answer.stdout.strip().splitlines()[-1]))


def measure_clip(media: Path, clip: str, folder: Path) -> dict[str, Any]:
    """Return how many of a clip's labelled faces have a box, and numbers, with each finder."""
    frames = len(read_clip(media, clip))
    labels = labelled_faces(clip, frames)
    figures: dict[str, Any] = {"faces": sum(len(faces) for faces in labels)}
    for finder in FINDERS:
        job = VideoJob(
            VideoFile.at(media / f"{clip}.mp4"),
            folder / f"{clip}-{finder}",
            default_model_dir(),
            RecordedSettings(finder=finder),
        )
        start = time.process_time()
        with VideoAnalyst() as analyst:
            session = analyst.analyze(job)
        figures[finder] = judge(open_session(session.folder).folder, labels) | {
            "cpu_ms_a_frame": round(1000 * (time.process_time() - start) / frames, 1)
        }
    return figures


def faces_a_frame(film: Path, smallest: float, folder: Path) -> float:
    """Return how many faces of a clip have a box, a frame."""
    settings = RecordedSettings(smallest_face=smallest)
    target = folder / f"{film.stem}-{smallest}"
    with VideoAnalyst() as analyst:
        analyst.analyze(VideoJob(VideoFile.at(film), target, default_model_dir(), settings))
    return round(float(read_tables(target)[0]["faces"].mean()), 2)


def judge(recording: Path, labels: list[dict[str, Box]]) -> dict[str, Any]:
    """Return coverage, numbers and false boxes of a recording of a clip."""
    _, faces = read_tables(recording)
    covered, false = 0, 0
    numbers: dict[str, set[int]] = {person: set() for person in labels[0]}
    for index, labelled in enumerate(labels):
        rows = faces[faces["frame"] == index + 1]
        free = {
            Box(row.x, row.y, row.width, row.height): row.person
            for row in rows.itertuples(index=False)
        }
        for person, face in labelled.items():
            best = max(free, key=lambda box: intersection_over_union(box, face), default=None)
            if best is not None and intersection_over_union(best, face) >= 0.5:
                covered += 1
                number = free.pop(best)
                if number == number:
                    numbers[person].add(int(number))
        false += len(free)
    every = [number for own in numbers.values() for number in own]
    return {
        "coverage": round(covered / sum(len(faces) for faces in labels), 3),
        "numbers": {person: len(own) for person, own in numbers.items()},
        "shared_numbers": len(every) - len(set(every)),
        "false_boxes": false,
    }


if __name__ == "__main__":
    main()
