"""What runs on a core of a cluster: an actor, which holds its interpreter from part to part."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any, Final

import cv2

from emotion_core.recorded.job import ANALYSIS_VERSION
from emotion_core.recorded.pool.worker import Worker
from emotion_core.system.processes.serving import problem_of
from emotion_core.system.storage.leftovers import sweep_temporary

#: What has to be alike on all nodes for rows to be alike, besides Python.
_LIBRARIES: Final = ("ai-edge-litert", "av", "numpy", "opencv-python-headless")


class Reader:
    """A hand of a cluster; does one thing at a time.

    Its methods are named as what there is to do (`Worker.answer`), so that Ray's dashboard counts
    each kind by itself.
    """

    def __init__(self) -> None:
        # As many threads as there are cores, in each of several processes, get in each other's way.
        cv2.setNumThreads(1)
        sweep_temporary()  # what actors of this machine have left that were killed
        self._worker = Worker()

    def versions(self) -> tuple[str, dict[str, str]]:
        """Return which machine this is, and what rows depend on here."""
        return platform.node(), versions()

    def look(self, request: dict[str, Any]) -> dict[str, Any]:
        """See whether a video is finished."""
        return self._answer(request)

    def begin(self, request: dict[str, Any]) -> dict[str, Any]:
        """Open a video, and plan how it is read."""
        return self._answer(request)

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Read a segment."""
        return self._answer(request)

    def finish(self, request: dict[str, Any]) -> dict[str, Any]:
        """Join the segments to a recording."""
        return self._answer(request)

    def leave(self) -> None:
        """Forget the video that was brought here: this actor will be killed."""
        self._worker.close()

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the ``answer``, or the ``problem``, as a child process tells it."""
        try:
            return {"answer": self._worker.answer(request, lambda _: None)}
        except Exception as error:  # noqa: BLE001 - the driver says it
            return {"problem": problem_of(error)}


def versions() -> dict[str, str]:
    """Return what rows depend on, besides model and settings: of what there is which version."""
    libraries = {name: version(name) for name in _LIBRARIES}
    return {"Python": platform.python_version(), "analysis": str(ANALYSIS_VERSION)} | libraries
