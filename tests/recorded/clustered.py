"""Analyzes a film on a Ray cluster: ``python -m tests.recorded.clustered FILM TARGET ADDRESS``.

Its segments have a second each. It prints what came of it, how many seconds an earlier run
has read, and how many parts were lost, then the segments of this run, as we and as Ray count them.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import ray

from emotion_core.recorded.cluster.counts import count
from emotion_core.recorded.cluster.engine import RayEngine
from emotion_core.recorded.pool.pool import VideoPool
from emotion_core.recorded.pool.state import VideoState
from tests.recorded.films import job


def main(film: str, target: str, address: str) -> None:
    wanted = job(Path(film), Path(target))
    pool = VideoPool([wanted], engine=RayEngine(address), segment_seconds=1.0)
    pool.run(over=tell)


def tell(video: VideoState) -> None:
    counted, deadline = None, time.monotonic() + 15  # Ray hears of them a little later
    while counted is None or (counted.read < len(video.reached) and time.monotonic() < deadline):
        time.sleep(0.2)
        counted = count(ray)
    kept, lost = video.kept_seconds, video.lost.total()
    print("outcome", video.phase, video.frames, kept, lost, len(video.reached), counted.read)
    print(video.problem)


if __name__ == "__main__":
    main(*sys.argv[1:])
