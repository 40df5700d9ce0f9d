"""A worker that reads without end: as what a hostile file may make of ours."""

from __future__ import annotations

from typing import Any

from emotion_core.datasets import worker
from emotion_core.system.processes.serving import serve
from emotion_core.system.progress import ShareProgress


def _never_end(*_: object, **__: object) -> None:
    while True:
        pass


def _answer(request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:
    return worker.read(request, progress)


if __name__ == "__main__":
    worker.open_dataset = _never_end
    worker._SECONDS_FOR_ANY = 2
    serve(_answer, limits=worker.LIMITS)
