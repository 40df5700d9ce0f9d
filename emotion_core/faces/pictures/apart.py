"""Reads a picture of a stranger in a process of its own: see ``worker``.

Decoders have had faults for which a picture is enough to crash or hang them, and take many times
the memory of the picture. The process has little memory, gives way to live video, and goes on to
wait for the next picture: starting it takes longer than decoding.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import ImageError
from emotion_core.faces.pictures.heads import MAX_PIXELS
from emotion_core.faces.pictures.images import read_picture_file
from emotion_core.system.processes.children import (
    PAUSE,
    Child,
    ChildEndedError,
    ChildError,
    ChildTooSlowError,
)
from emotion_core.system.processes.serving import CONTENT
from emotion_core.system.progress import ShareProgress

#: Seconds that one picture may take.
TIME_LIMIT: Final = 20.0


def read_image_apart(
    source: Path | bytes,
    name: str = "the picture",
    progress: ShareProgress | None = None,
    most_pixels: int = MAX_PIXELS,
) -> NDArray[np.uint8]:
    """Return a picture as ``images.read_image`` does, read by another process.

    Args:
        source: a file, or the content of one.
        name: what to call the content in an error's message; a file goes by its path.
        progress: called in this thread every ``children.PAUSE`` or sooner; when it raises, nobody
            waits for the picture any more.
        most_pixels: a picture with more is halved, in width and height, until it has no more.

    Returns:
        uint8 ``[H, W, 3]``, BGR.

    Raises:
        ImageError: as there; or reading crashed, or took longer than ``TIME_LIMIT``.
    """
    if isinstance(source, Path):
        name, source = str(source), read_picture_file(source)
    request = {"name": name, "most_pixels": most_pixels, "taken": False}
    return _pixels(_reader.read(source, request, progress or (lambda _: None)))


def read_photo_apart(
    source: Path | bytes, name: str = "the photo"
) -> tuple[NDArray[np.uint8], str]:
    """Return a photo, and when it was taken, read by another process.

    Args:
        source: a file, or the content of one.
        name: what to call the content in an error's message; a file goes by its path.

    Returns:
        the picture, see `read_image_apart`; and its time, see ``picture_heads.read_taken``.

    Raises:
        ImageError: see `read_image_apart`.
    """
    if isinstance(source, Path):
        name, source = str(source), read_picture_file(source)
    request = {"name": name, "most_pixels": MAX_PIXELS, "taken": True}
    answer = _reader.read(source, request, lambda _: None)
    return _pixels(answer), answer["taken"]


def _pixels(answer: Mapping[str, Any]) -> NDArray[np.uint8]:
    shape = answer["height"], answer["width"], 3
    return np.frombuffer(answer[CONTENT], np.uint8).reshape(shape)


class _Reader:
    """The process that reads, one picture after the other: so much memory, and no more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None

    def read(
        self, content: bytes, request: Mapping[str, Any], progress: ShareProgress
    ) -> Mapping[str, Any]:
        name = request["name"]
        while not self._lock.acquire(timeout=PAUSE):
            progress(0.0)
        try:
            return self._read(content, request, progress)
        except ChildTooSlowError as error:
            raise ImageError(
                f"{name}: expected a picture that is read within {TIME_LIMIT:.0f} s, found one "
                "that takes longer; save it again as JPEG"
            ) from error
        except ChildEndedError as error:
            raise ImageError(
                f"{name}: expected a picture that can be read, found one that crashed what read "
                f"it (exit code {error.code}); it is damaged or malicious, and is refused"
            ) from error
        except ChildError as error:
            raise ImageError(error.reason) from error
        except OSError as error:
            raise ImageError(
                f"{name}: expected to start a process that reads it, found that none starts "
                f"({error.strerror or error}); close other programs and try again"
            ) from error
        finally:
            self._lock.release()

    def _read(
        self, content: bytes, request: Mapping[str, Any], progress: ShareProgress
    ) -> Mapping[str, Any]:
        child, new = self._running()
        try:
            return child.ask(request, content=content, progress=progress, time_limit=TIME_LIMIT)
        except ChildEndedError as error:
            if new or error.code != 0:
                raise
            # It has waited long enough for a picture, and ended just now.
            child, _ = self._running()
            return child.ask(request, content=content, progress=progress, time_limit=TIME_LIMIT)

    def _running(self) -> tuple[Child, bool]:
        """Return a child that can be asked, and whether it is a new one."""
        if self._child is not None and self._child.running:
            return self._child, False
        self.close()
        self._child = Child("emotion_core.faces.pictures.worker", bare=True)
        return self._child, True

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()
            self._child = None


_reader: Final = _Reader()
atexit.register(_reader.close)
