"""The videos of ``analyze``: read by a pool of processes, recorded, told."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from emotion_core.cli.options import time_in_video
from emotion_core.cli.video_progress import Teller
from emotion_core.errors import EmotionCoreError, SourceError
from emotion_core.recorded.addresses import name_of, send
from emotion_core.recorded.job import VideoJob, recorded_video
from emotion_core.recorded.pool.carrying import AddressedJob
from emotion_core.recorded.pool.engine import Engine
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.pool.processes import ProcessEngine
from emotion_core.recorded.pool.state import bytes_of
from emotion_core.recorded.settings import RecordedSettings, usual_video_finder
from emotion_core.system.names import fitted
from emotion_core.system.storage.files import write_json
from emotion_core.system.storage.temporary import TemporaryFolder
from emotion_core.video.sources import VideoFile

#: Kinds of the table of a video.
FORMATS: Final = ("csv", "parquet")
#: What reads videos: processes of this machine, or a cluster's.
ENGINES: Final = ("processes", "ray")

_MOST_WORKERS: Final = {"processes": 256, "ray": 100_000}


def add_video_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that concern videos alone."""
    videos = parser.add_argument_group("videos")
    videos.add_argument(
        "--every",
        type=float,
        metavar="SECONDS",
        help="record one frame every so many seconds (default: every frame)",
    )
    videos.add_argument(
        "--from",
        dest="start",
        type=time_in_video,
        default=0.0,
        metavar="TIME",
        help="where to begin: seconds, or minutes as 1:30, or hours as 1:02:03",
    )
    videos.add_argument(
        "--to",
        dest="end",
        type=time_in_video,
        metavar="TIME",
        help="where to end (default: the end)",
    )
    videos.add_argument(
        "--people",
        type=int,
        metavar="N",
        help="record at most N people, those seen longest (default: all)",
    )
    videos.add_argument(
        "--annotated",
        action="store_true",
        help="put a video with the boxes, and the sound, into each recording: video.mp4, of "
        "1280x720 pixels at most",
    )
    videos.add_argument(
        "--format",
        choices=FORMATS,
        default="csv",
        help="of the table of each video (default: csv)",
    )
    videos.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that read at the same time; each decodes and reads on a core or two "
        "(default: 1, and with --engine ray one for each core of the cluster)",
    )
    videos.add_argument(
        "--engine",
        choices=ENGINES,
        default=ENGINES[0],
        help="who reads: processes of this machine (default), or those of a Ray cluster, which "
        "needs requirements-cluster.txt; see docs/scale.md",
    )
    videos.add_argument(
        "--address",
        metavar="ADDRESS",
        help="of the Ray cluster that this machine belongs to, such as 10.0.0.5:6379 (default: "
        "the one that was started here last)",
    )
    videos.add_argument(
        "--again",
        action="store_true",
        help="read photos and videos again that were analyzed before",
    )


def video_settings(arguments: argparse.Namespace) -> RecordedSettings:
    """Return how videos are to be read.

    Raises:
        SourceError: a value is out of its range.
    """
    workers, most = arguments.workers, _MOST_WORKERS[arguments.engine]
    if workers is not None and not 1 <= workers <= most:
        raise SourceError(
            f"--workers: expected 1 to {most}, found {workers}; choose as many as there are cores "
            "to spare"
        )
    if arguments.address is not None and arguments.engine != "ray":
        raise SourceError(
            "--address: expected --engine ray beside it, found none; add that, or leave it out"
        )
    return RecordedSettings(
        every=arguments.every,
        start=arguments.start,
        end=arguments.end,
        people=arguments.people,
        finder=arguments.detector or usual_video_finder(),
    )


def analyze_videos(
    files: Sequence[Path | str],
    settings: RecordedSettings,
    model: Path,
    arguments: argparse.Namespace,
) -> list[EmotionCoreError]:
    """Read videos, say what was found, and return what is wrong with those that cannot be read."""
    out: Path | str = arguments.out
    sources = list(
        dict.fromkeys(each if isinstance(each, str) else each.absolute() for each in files)
    )
    jobs = (
        _job(source, target, model.absolute(), settings, arguments.annotated)
        for source, target in zip(sources, _targets(sources, out), strict=True)
    )
    pool = VideoPool(
        jobs,
        engine=_engine(arguments),
        again=arguments.again,
        table=arguments.format,
        count=len(sources),
        size=bytes_of(sources),
    )
    teller = Teller(arguments.format, keep=arguments.json)
    try:
        pool.run(teller.look, teller.over)
    except KeyboardInterrupt:
        teller.clear()
        print(
            "emotion_core: what has been read is kept; the same command goes on with it",
            file=sys.stderr,
        )
        raise
    finally:
        if arguments.json and pool.over:
            _write_rows(out, teller.rows(map(str, sources), pool))
    return [*teller.failures()]


def _job(
    source: Path | str, target: Path | str, model: Path, settings: RecordedSettings, annotated: bool
) -> VideoJob | AddressedJob:
    if isinstance(source, Path) and isinstance(target, Path):
        return VideoJob(VideoFile.at(source), target, model, settings, annotated)
    place = target if isinstance(target, str) else str(target.absolute())
    return AddressedJob(str(source), place, model, settings, annotated)


def _write_rows(out: Path | str, rows: list[dict[str, Any]]) -> None:
    if isinstance(out, Path):
        write_json(out / "videos.json", rows)
        return
    with TemporaryFolder("rows") as folder:
        write_json(folder / "videos.json", rows)
        send(folder / "videos.json", f"{out.rstrip('/')}/videos.json")


def _engine(arguments: argparse.Namespace) -> Engine:
    """Return who reads.

    Raises:
        EmotionCoreError: there is no such cluster, or what is needed for it is not installed.
    """
    if arguments.engine == "ray":
        # Loads what reads a face, which a machine that only trains does not have.
        from emotion_core.recorded.cluster.engine import RayEngine

        return RayEngine(arguments.address, arguments.workers)
    return ProcessEngine(arguments.workers or 1)


def _targets(sources: Sequence[Path | str], out: Path | str) -> Iterator[Path | str]:
    """Yield where each video's recording goes: where it went before, else where nothing is.

    At an address, where looking takes long, names go by the order of the videos alone.
    """
    taken: set[str] = set()
    for source in sources:
        name = name_of(source) if isinstance(source, str) else source.name
        stem = Path(name).stem
        number = 1
        while True:
            ending = "" if number == 1 else f"-{number}"
            # Room for the names of the table and the folder of what is being read.
            own = fitted(stem.lstrip(".") or "video", ending, longest=220)
            target = out / own if isinstance(out, Path) else f"{out.rstrip('/')}/{own}"
            if _lower(target) not in taken and _is_free(target, source):
                break
            number += 1
        taken.add(_lower(target))
        yield target


def _is_free(target: Path | str, source: Path | str) -> bool:
    if isinstance(target, str) or not os.path.lexists(target):
        return True
    found = recorded_video(target)
    return found is not None and found.get("path") == str(source)


def _lower(path: Path | str) -> str:
    # "A" and "a" are one folder on macOS and Windows.
    return str(path).lower()
