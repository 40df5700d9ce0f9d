"""The peer: PyPI `fer` on a video; runs in the environment that ``recorded.py`` names.

python benchmarks/fer_video.py FILM FRAMES FOLDER
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time


def main(film: str, frames: str, folder: str) -> None:
    """Read the first frames of a film, and print how fast. It has no row of one without a face."""
    os.chdir(folder)  # it writes there whatever one says
    with contextlib.redirect_stdout(sys.stderr):
        import cv2
        from fer.classes import Video
        from fer.fer import FER

        detector = FER(mtcnn=False)
        video = Video(film, outdir=folder)
        start = time.perf_counter()
        rows = video.analyze(
            detector,
            display=False,
            max_results=int(frames),
            save_frames=False,
            save_video=False,
            annotate_frames=False,
            zip_images=False,
        )
        seconds = time.perf_counter() - start
        read = min(int(frames), int(video.cap.get(cv2.CAP_PROP_FRAME_COUNT)) or int(frames))
    faces = sum(
        value is not None for row in rows for name, value in row.items() if name.startswith("box")
    )
    print(
        json.dumps(
            {
                "frames_a_second": round(read / seconds, 2),
                "faces_a_frame": round(faces / read, 3),
                "frames": read,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
