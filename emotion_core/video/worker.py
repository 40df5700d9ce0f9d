"""Decodes video of strangers: run by `emotion_core.video.apart` in a process of its own.

It loads little, since somebody waits for the first picture: no OpenCV, and nothing of the app.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import av

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.system.processes.isolation import connect_only_to, cut_off, write_only_in
from emotion_core.system.processes.serving import CONTENT, Limits, serve
from emotion_core.system.progress import ShareProgress
from emotion_core.video.ahead import ReadAhead
from emotion_core.video.container import open_container
from emotion_core.video.sources import NetworkCamera, VideoFile

#: What this process may take. A camera may be on for weeks: how long one picture takes is limited
#: by who asks. What it writes are complaints. What it does without depends on the source.
LIMITS: Final = Limits(
    memory_bytes=2_000_000_000,
    processor_seconds=60 * 24 * 60 * 60,
    file_bytes=1_000_000,
    alone=False,
)

# After so long without a picture it says that it is still at work.
_SAYS_SO_AFTER: Final = 0.5


class Worker:
    """Plays one source, again if it is asked to."""

    def __init__(self) -> None:
        self._video: ReadAhead | None = None
        self._cut_off = False

    def answer(self, request: dict[str, Any], progress: ShareProgress) -> dict[str, Any]:  # noqa: ARG002
        """Open a source, or give the next of its pictures.

        Args:
            request: to open a file, its ``name`` and its ``path`` or content, and ``start`` where
                frames from so many seconds on are wanted; to open a camera, its ``address``, and
                the ``relay`` through which alone it may be reached, a port of this machine; to
                close it, ``close``; for the next picture, nothing.
            progress: not called.

        Returns:
            of an opened source, ``paced``; where ``start`` was asked for, also ``origin``,
            ``seconds``, ``rate``, ``filmed`` and ``indexed``, see `ContainerVideo`, if known. Of a
            picture, ``width``, ``height``, ``pts``, ``time_base``, ``color_range`` and
            ``colorspace`` as `av.VideoFrame` has them, and its planes as content: uint8
            ``[height * 3 / 2, width]``, yuv420p. At the end of a video, its ``complaint``.
            Nothing while no picture has come. ``refused`` or ``lost``: what to tell in a
            `SourceError` or `SourceLostError`; the source is closed.
        """
        try:
            if "close" in request:
                return self._closed({})
            return self._open(request) if request else self._next()
        except MemoryError:
            told = (
                f"expected a video that is decoded in {LIMITS.memory_bytes // 1_000_000_000} GB of "
                "memory, found one that takes more; convert it to MP4 with H.264"
            )
            return self._closed({"refused": told})
        except SourceLostError as error:
            return self._closed({"lost": str(error)})
        except SourceError as error:
            return self._closed({"refused": str(error)})

    def _open(self, request: dict[str, Any]) -> dict[str, Any]:
        source: VideoFile | NetworkCamera
        if "address" in request:
            source = NetworkCamera(request["address"])
        else:
            content = Path(request["path"]) if "path" in request else request.get(CONTENT, b"")
            source = VideoFile(request["name"], content)
        relay = request.get("relay")
        if not self._cut_off:
            cut_off(network=isinstance(source, NetworkCamera), streams_only=relay is not None)
            if relay is not None:
                connect_only_to(relay)
            write_only_in([])
            self._cut_off = True
        self._closed({})
        video = open_container(source, request.get("start", 0.0), relay)
        self._video = ReadAhead(video)
        facts: dict[str, Any] = {"paced": video.paced}
        if "start" in request:
            facts |= {"origin": video.origin, "seconds": video.seconds}
            facts |= {"rate": video.rate, "filmed": video.filmed, "indexed": video.indexed}
        return {name: fact for name, fact in facts.items() if fact is not None}

    def _next(self) -> dict[str, Any]:
        if self._video is None:
            return {"complaint": ""}
        frame = self._video.take(_SAYS_SO_AFTER)
        if frame is not None:
            return _described(frame)
        return self._closed({"complaint": self._video.complaint}) if self._video.over else {}

    def _closed(self, told: dict[str, Any]) -> dict[str, Any]:
        """Let go of the source, and pass on what to tell."""
        if self._video is not None:
            self._video.close()
            self._video = None
        return told


def _described(frame: av.VideoFrame) -> dict[str, Any]:
    return {
        "width": frame.width,
        "height": frame.height,
        "pts": frame.pts,
        "time_base": frame.time_base and [frame.time_base.numerator, frame.time_base.denominator],
        "color_range": int(frame.color_range),
        "colorspace": int(frame.colorspace),
        CONTENT: frame.to_ndarray(),
    }


if __name__ == "__main__":
    serve(Worker().answer, limits=LIMITS)
