"""How long it takes to add many videos to the queue of the page Video, and to list them.

    python benchmarks/video_queue.py
    python benchmarks/video_queue.py --videos 3      # for a smoke test

The videos lie in a folder, which holds nothing but names: none is read. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.recorded.tasks.adding import add_videos
from emotion_core.recorded.tasks.finding import find_files
from emotion_core.recorded.tasks.storage import list_tasks
from emotion_core.video.sources import VideoFile


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--videos", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        films, tasks = Path(name, "films"), Path(name, "tasks")
        films.mkdir()
        for number in range(options.videos):
            (films / f"{number}.mp4").touch()
        began = time.perf_counter()
        found = find_files(films)
        videos = [VideoFile(path.name, path) for path in found.videos]
        add_videos(tasks, videos, default_model_dir(), RecordedSettings())
        added = time.perf_counter()
        listed = len(list_tasks(tasks).tasks)
        print(
            json.dumps(
                {
                    "videos": listed,
                    "seconds_to_add": round(added - began, 2),
                    "seconds_to_list": round(time.perf_counter() - added, 2),
                }
            )
        )


if __name__ == "__main__":
    main()
