"""What encoding the live video costs, and how good it looks, against aiortc's own settings.

    python benchmarks/encoder.py
    python benchmarks/encoder.py --frames 12 --repeat 1      # for a smoke test

A film of a face that sways, 640x480 with the noise of a camera and a box as the app draws it, is
encoded at two bit rates by aiortc's own encoder of VP8 and by that of
`pages/mending/encoding.py`, in turns. ``milliseconds`` is the processor's time of this thread for a
frame, the median of the repeats; ``psnr`` the peak signal-to-noise ratio of the grey picture that
arrives, in decibels, from the eleventh frame on; ``kilobits`` those of a second. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from aiortc.codecs.vpx import Vp8Encoder, vp8_depayload

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pages.mending.encoding import QuickVp8  # noqa: E402 - the path comes first
from tests.browser.support import portrait, swaying  # noqa: E402

RATE = 15
BIT_RATES = (500_000, 1_000_000)
ENCODERS = {"aiortc": Vp8Encoder, "app": QuickVp8}
SETTLED = 10


def main() -> None:
    """Encode with each in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=120, help="of the film (default: 120)")
    parser.add_argument("--repeat", type=int, default=5, help="turns (default: 5)")
    options = parser.parse_args()
    film = frames(options.frames)
    results: dict[str, dict[str, float]] = {}
    for bits in BIT_RATES:
        runs = {name: [] for name in ENCODERS}
        for _ in range(options.repeat):
            for name, kind in ENCODERS.items():
                runs[name].append(encoded(kind(), film, bits))
        for name, found in runs.items():
            results[f"{name}, {bits // 1000} kbit/s"] = {
                "milliseconds": round(statistics.median(each[0] for each in found), 2),
                "psnr": round(found[0][1], 1),
                "kilobits": round(found[0][2]),
            }
    print(json.dumps(results, indent=2))


def frames(count: int) -> list[av.VideoFrame]:
    """Return the film."""
    random = np.random.default_rng(0)
    film = []
    pictures = swaying(portrait(480))
    for number in range(count):
        picture = pictures[number % len(pictures)].copy()
        cv2.rectangle(picture, (150, 80), (450, 400), (0, 200, 0), 3)
        noisy = np.clip(picture + random.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(noisy, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number * 90_000 // RATE, Fraction(1, 90_000)
        film.append(frame)
    return film


def encoded(
    encoder: Vp8Encoder, film: list[av.VideoFrame], bits: int
) -> tuple[float, float, float]:
    """Return milliseconds a frame, the mean PSNR, and kilobits a second."""
    encoder.target_bitrate = bits
    decoder = av.CodecContext.create("libvpx", "r")
    seconds, size, ratios = 0.0, 0, []
    for number, frame in enumerate(film):
        began = time.thread_time()
        payloads, _ = encoder.encode(frame)
        seconds += time.thread_time() - began
        data = b"".join(vp8_depayload(each) for each in payloads)
        size += len(data)
        for picture in decoder.decode(av.Packet(data)):
            error = np.subtract(
                picture.to_ndarray(format="gray"), frame.to_ndarray(format="gray"), dtype=float
            )
            if number >= SETTLED:
                ratios.append(10 * np.log10(255**2 / np.mean(error**2)))
    count = len(film)
    return 1000 * seconds / count, float(np.mean(ratios)), size * 8 * RATE / count / 1000


if __name__ == "__main__":
    main()
