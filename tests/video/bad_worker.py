"""A worker in the hands of a stranger: what it does for its second picture is the file's name."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emotion_core.system.processes.serving import CONTENT, serve
from emotion_core.video import worker

_opened: dict[str, Any] = {}


def fill_memory() -> dict[str, Any]:
    kept = [b"1" * 100_000_000 for _ in range(100)]
    return {"complaint": f"{len(kept)}"}


def sleep() -> dict[str, Any]:
    time.sleep(600)
    return {}


def crash() -> dict[str, Any]:
    os.abort()


def fail() -> dict[str, Any]:
    raise KeyError("streams")


def reach_out() -> dict[str, Any]:
    """Tell what of all that is not its business it could do."""
    target = Path(_opened["path"])
    actions: dict[str, Callable[[], object]] = {
        "network": socket.socket,
        "programs": lambda: subprocess.run([sys.executable, "-c", ""], check=False),
        "signals": lambda: os.kill(os.getppid(), 0),
        "writing": lambda: target.with_name("new").write_text("new"),
        "deleting": target.unlink,
        "secrets": lambda: os.environ["EMOTION_SECRET"],
    }
    done = []
    for name, action in actions.items():
        try:
            action()
            done.append(name)
        except (OSError, LookupError):
            pass
    return {"complaint": ",".join(done) or "nothing"}


def picture(**changed: Any) -> dict[str, Any]:
    usual = {"width": 4, "height": 4, "pts": 1, "time_base": [1, 20], "color_range": 1}
    return {**usual, "colorspace": 2, CONTENT: bytes(24), **changed}


ACTS: dict[str, Callable[[], dict[str, Any]]] = {
    "fill_memory": fill_memory,
    "sleep": sleep,
    "crash": crash,
    "fail": fail,
    "reach_out": reach_out,
    "good": picture,
    "wide": lambda: picture(width=100_000),
    "short": lambda: picture(**{CONTENT: bytes(3)}),
    "without_pixels": lambda: {"width": 4, "height": 4},
    "timeless": lambda: picture(time_base=[1, 0]),
    "late": lambda: picture(pts=1 << 80),
    "wordy": lambda: {"paced": "yes", "complaint": 3},
}


class BadWorker(worker.Worker):
    def answer(self, request: dict[str, Any], progress: Any) -> dict[str, Any]:
        if request:
            _opened.update(request)
        return super().answer(request, progress)

    def _next(self) -> dict[str, Any]:
        return ACTS[Path(_opened["path"]).stem]()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(BadWorker().answer, limits=worker.LIMITS)
