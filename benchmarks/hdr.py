"""What becomes of the readings when the same faces are filmed in HDR: PQ and HLG of 10 bits.

    python benchmarks/hdr.py --media FOLDER      # the labelled clips: about a minute
    python benchmarks/hdr.py --seconds 1         # a swaying portrait, for a smoke test

Each clip is written three times: as usual video, PQ and HLG (ITU-R BT.2100, paper at 203 candelas
a square metre, colours of BT.2020), HEVC. ``PQ as stored`` is a PQ film whose header does not say
that it is one, so that its numbers are taken for those of usual video, as those of HLG are. Against
the readings of the usual film: ``found``, the share of its boxes that the other has;
``same_answer``; ``moved``, the mean share of probability that is with another expression. Prints
JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
import numpy as np
import pandas as pd
from clips import CLIPS, FILM_RATE, Image, film_of_faces, read_clip
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.models.folder import default_model_dir
from emotion_core.recorded.analysis import VideoAnalyst
from emotion_core.recorded.job import VideoJob
from emotion_core.recorded.settings import RecordedSettings
from emotion_core.sessions.tables import read_tables
from emotion_core.video.sources import VideoFile

# BT.709 to BT.2020, light (ITU-R BT.2087).
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
WHITE = 203.0
# Name, what the numbers are, and what the header says they are (ISO/IEC 23091-2).
FILMS = (
    ("usual", "usual", 1),
    ("PQ", "pq", 16),
    ("PQ as stored", "pq", 1),
    ("HLG", "hlg", 18),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--media", type=Path, help="folder of the clips")
    parser.add_argument("--seconds", type=float, default=4.0, help="of the portrait")
    options = parser.parse_args()
    if options.media:
        clips = {clip: read_clip(options.media, clip) for clip in CLIPS}
    else:
        length = round(options.seconds * FILM_RATE)
        clips = {"portrait": [*itertools.islice(film_of_faces(1, 20.0, (640, 480)), length)]}
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps({c: measure(c, clips[c], Path(name)) for c in clips}, indent=2))


def measure(clip: str, images: Sequence[Image], folder: Path) -> dict[str, Any]:
    """Return the figures of one clip."""
    rows: dict[str, pd.DataFrame] = {}
    for name, numbers, header in FILMS:
        film = folder / f"{clip} {name}.mp4"
        write_film(film, images, numbers, header)
        job = VideoJob(
            VideoFile.at(film), folder / film.stem, default_model_dir(), RecordedSettings()
        )
        with VideoAnalyst() as analyst:
            analyst.analyze(job)
        rows[name] = read_tables(job.target)[1]
    usual = rows.pop("usual")
    return {"faces": len(usual)} | {name: compared(usual, each) for name, each in rows.items()}


def compared(usual: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """Compare the faces of two recordings."""
    pairs = usual.merge(other, on="frame", suffixes=("", "_other"))
    for side, place in (("width", "x"), ("height", "y")):
        middles = (pairs[f"{place}{end}"] + pairs[f"{side}{end}"] / 2 for end in ("", "_other"))
        one, another = middles
        pairs = pairs[(one - another).abs() < pairs[side] / 3]
    first = pairs[[*EMOTIONS]].to_numpy()
    second = pairs[[f"{emotion}_other" for emotion in EMOTIONS]].to_numpy()
    return {
        "found": round(len(pairs) / len(usual), 3),
        "same_answer": round(float((first.argmax(1) == second.argmax(1)).mean()), 3),
        "moved": round(float(np.abs(first - second).sum(1).mean() / 2), 3),
    }


def write_film(path: Path, images: Sequence[Image], numbers: str, header: int) -> None:
    """Write a film of pictures, BGR, with these numbers and what its header says of them."""
    height, width = images[0].shape[:2]
    hdr = numbers != "usual"
    pixels, matrix = ("yuv420p10le", 9) if hdr else ("yuv420p", 1)
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "crf": "12", "x265-params": "log-level=error"}
        stream = container.add_stream("libx265", rate=round(FILM_RATE), options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        context = stream.codec_context
        context.color_range, context.colorspace, context.color_trc = 1, matrix, header
        for image in images:
            shares = stored(image[..., ::-1] / 255, numbers)
            frame = av.VideoFrame.from_ndarray(
                np.rint(65535 * shares).astype(np.uint16), "rgb48le"
            ).reformat(format=pixels, dst_colorspace=matrix, dst_color_range=1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def stored(image: NDArray[np.float64], numbers: str) -> NDArray[np.float64]:
    """Return what is stored of a picture, RGB 0 to 1, as usual video, PQ or HLG."""
    if numbers == "usual":
        return image
    light = WHITE * np.clip((image**2.4) @ TO_BT2020.T, 0, 1)
    if numbers == "pq":
        power = (light / 10_000) ** 0.1593017578125
        return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    shown = light / 1000
    luma = np.maximum(shown @ (0.2627, 0.678, 0.0593), 1e-9)[..., None]
    scene = shown * luma ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    bright = a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


if __name__ == "__main__":
    main()
