"""What it costs to play a video file and a network camera on the live page.

    python benchmarks/video_sources.py --seconds 20
    python benchmarks/video_sources.py --seconds 1      # for a smoke test

A film of 1280x720 (H.264, 30 frames a second) and a camera that sends such pictures as Motion JPEG
are played by `SourceReader` in a process of its own, as the app plays them. Prints JSON:

- ``frames_per_second``: those that were shown;
- ``first_frame_seconds``: from the start of the reader to the first frame;
- ``late_ms``: of the file, how long after it was due a frame was there; ``delay_ms`` of the camera,
  how long after it was sent;
- ``cpu_percent``: of one core, all processes of the player; ``app_cpu_percent``: the app's alone;
- ``app_memory_mb``: what the process that plays has resident at the end, ``decoder_memory_mb`` the
  most that a process it started had.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
import cv2
import numpy as np
from app_process import memory_mb
from clips import FILM_RATE, Image, film_of_faces

from emotion_core.video.reader import SourceReader
from emotion_core.video.sources import NetworkCamera, VideoFile

SIZE = (1280, 720)
# A mark in the picture's corner tells its number, modulo this.
SHADES = 24


def main() -> None:
    """Measure both and print the figures."""
    parser = argparse.ArgumentParser(description="What playing a video costs (see the docstring).")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each is played")
    parser.add_argument("--play", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.play:
        print(json.dumps(play(arguments.play, arguments.seconds)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        write_film(path, arguments.seconds)
        figures = {"file": summary(played(str(path), arguments.seconds), None)}
    with camera(arguments.seconds) as (address, sent):
        figures["camera"] = summary(played(address, arguments.seconds), sent)
    print(json.dumps(figures, indent=2))


def marked(image: Image, number: int) -> Image:
    """Return a picture that tells its number in its left upper corner."""
    image[:64, :64] = 20 + 9 * (number % SHADES)
    return image


def write_film(path: Path, seconds: float) -> None:
    """Write the film that is played."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=round(FILM_RATE), options={"crf": "20"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for image in film_of_faces(1, seconds, SIZE):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())


@contextmanager
def camera(seconds: float) -> Iterator[tuple[str, list[float]]]:
    """Serve a camera; the list tells when each picture was sent."""
    sent: list[float] = []
    pictures = [
        cv2.imencode(".jpg", marked(image, number))[1].tobytes()
        for number, image in enumerate(film_of_faces(1, SHADES / FILM_RATE, SIZE))
    ]

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
            self.end_headers()
            start = time.monotonic()
            try:
                while len(sent) < (seconds + 10) * FILM_RATE:
                    time.sleep(max(0.0, start + len(sent) / FILM_RATE - time.monotonic()))
                    jpeg = pictures[len(sent) % SHADES]
                    sent.append(time.monotonic())
                    head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
                    self.wfile.write(head.encode() + b"\r\n\r\n" + jpeg + b"\r\n")
            except ConnectionError:
                pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/video", sent
        server.shutdown()


def played(what: str, seconds: float) -> dict[str, Any]:
    """Return what ``play`` finds in a process of its own."""
    command = [sys.executable, __file__, "--seconds", f"{seconds}", "--play", what]
    result: dict[str, Any] = json.loads(subprocess.check_output(command))
    return result


def play(what: str, seconds: float) -> dict[str, Any]:
    """Play for so long, and return when which frame was there, in seconds of the system's clock."""
    source = NetworkCamera(what) if "://" in what else VideoFile.at(what)
    shown: list[tuple[float, float, int]] = []
    reader = SourceReader(source)
    made = time.monotonic()

    def take() -> None:
        frame = reader.take()
        if frame is not None:
            now = time.monotonic()
            # Pictures of the camera have the full range, see `marked`.
            luma = float(np.median(np.frombuffer(frame.planes[0], np.uint8)[:20]))
            shown.append((now, frame.time or 0.0, round((luma - 20) / 9) % SHADES))

    reader.notify = take
    with reader:
        while not reader.state.over and (not shown or time.monotonic() < shown[0][0] + seconds):
            time.sleep(0.05)
        memory = memory_mb(os.getpid())["rss"]
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "made": made,
        "shown": shown,
        "problem": reader.state.problem,
        "own": own.ru_utime + own.ru_stime,
        "others": others.ru_utime + others.ru_stime,
        "memory": memory,
        "decoder_memory": others.ru_maxrss * 1024 / 1e6,
    }


def summary(found: dict[str, Any], sent: list[float] | None) -> dict[str, Any]:
    """Return the figures of one source.

    Args:
        found: what ``play`` returned.
        sent: when a camera sent its pictures.
    """
    shown = found["shown"]
    if len(shown) < 2:
        raise SystemExit(f"expected frames, found none: {found['problem']}")
    at = [now for now, _, _ in shown]
    if sent is None:
        # Frames carry the time at which they are due, from when the reader was made.
        waits = {"late_ms": [now - found["made"] - due for now, due, _ in shown]}
    else:
        waits = {"delay_ms": [now - sent_at(now, number, sent) for now, _, number in shown]}
    seconds = at[-1] - at[0]
    whole = at[-1] - found["made"]
    return {
        "frames_per_second": round((len(at) - 1) / seconds, 2),
        "first_frame_seconds": round(at[0] - found["made"], 3),
        **{
            name: {
                "median": round(1000 * statistics.median(values), 1),
                "p95": round(1000 * float(np.percentile(values, 95)), 1),
            }
            for name, values in waits.items()
        },
        "cpu_percent": round(100 * (found["own"] + found["others"]) / whole, 1),
        "app_cpu_percent": round(100 * found["own"] / whole, 1),
        "app_memory_mb": found["memory"],
        "decoder_memory_mb": round(found["decoder_memory"], 1),
    }


def sent_at(now: float, number: int, sent: list[float]) -> float:
    """Return when the newest picture with this mark was sent."""
    return max(at for at in sent[number::SHADES] if at <= now)


if __name__ == "__main__":
    main()
