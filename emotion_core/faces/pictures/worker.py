"""Decodes pictures of strangers: run by ``apart.read_image_apart`` in a process of its own."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from emotion_core.errors import ImageError
from emotion_core.faces.pictures.heads import read_size, read_taken
from emotion_core.faces.pictures.images import read_image
from emotion_core.quantities import byte_size
from emotion_core.system.processes.serving import CONTENT, Limits, give_way, serve
from emotion_core.system.progress import ShareProgress

#: What this process may take. It lives as long as pictures come: the time for one is limited by
#: who asks. What it writes are complaints.
LIMITS: Final = Limits(
    memory_bytes=2_000_000_000, processor_seconds=86_400, file_bytes=1_000_000, alone=True
)
#: After so many seconds without a picture it ends.
IDLE_SECONDS: Final = 300.0


def read(request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:  # noqa: ARG001
    """Read one picture.

    Args:
        request: its content, its ``name``, ``most_pixels`` that it may have in the end, and whether
            it is wanted when it was ``taken``.
        progress: not called.

    Returns:
        ``height`` and ``width``, and the pixels as content: BGR uint8; when it was ``taken``, see
        ``picture_heads.read_taken``, where that is wanted.

    Raises:
        ImageError: it cannot be read.
    """
    content, name = request.get(CONTENT, b""), request["name"]
    try:
        image = read_image(content, name)
    except MemoryError:
        width, height = read_size(content) or (0, 0)
        raise ImageError(
            f"{name}: expected a picture that is read in {byte_size(LIMITS.memory_bytes)} "
            f"of memory, found one of {width} x {height} that takes more; reduce it first"
        ) from None
    while image.shape[0] * image.shape[1] > request["most_pixels"]:
        height, width = (max(1, side // 2) for side in image.shape[:2])
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    taken = read_taken(content) if request["taken"] else ""
    return {"height": image.shape[0], "width": image.shape[1], "taken": taken, CONTENT: image}


if __name__ == "__main__":
    give_way()
    cv2.setNumThreads(1)  # the other cores are live video's
    serve(read, limits=LIMITS, idle_seconds=IDLE_SECONDS)
