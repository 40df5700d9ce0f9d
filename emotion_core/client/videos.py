"""Videos that the app reads: sent, followed, cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from emotion_core.client.answers import Video
from emotion_core.client.connection import Connection, checked_part
from emotion_core.system.storage.files import open_regular

# Bytes that are sent at a time; seconds that the app may take for a piece, and to put it away.
_PIECE: Final = 1 << 18
_PATIENCE: Final = 120.0


@dataclass(frozen=True)
class _Videos:
    videos: tuple[Video, ...]
    problems: tuple[str, ...]


class VideoCalls:
    """What can be asked of videos; the token has to allow ``analyze``.

    Each call raises `ClientError` where the app does not answer, or will not.

    Args:
        connection: to the app.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> tuple[Video, ...]:
        """Return what is in the queue and what was, the newest first."""
        return self._connection.ask("GET", "/videos", _Videos).videos

    def get(self, video: Video | str) -> Video:
        """Return how far a video is."""
        return self._connection.ask("GET", _path(video), Video)

    def add(
        self,
        path: str | Path,
        *,
        every: float | None = None,
        people: int | None = None,
        progress: Callable[[int], None] = lambda _: None,
        **choices: Any,
    ) -> Video:
        """Send a video, a piece at a time, and put it at the end of the queue.

        Args:
            path: of the file.
            every: seconds between two frames that are recorded; None: each.
            people: how many there are at most; None: any number.
            progress: called with the bytes that were sent so far.
            choices: what else ``POST /videos`` takes: ``start``, ``end``, ``finder``, ``model``,
                ``with_video``.

        Raises:
            ClientError: see the class.
            OSError: the file cannot be read.
        """
        path = Path(path)
        given = {"name": path.name, "every": every, "people": people, **choices}
        with open_regular(path) as file:
            size = path.stat().st_size
            return self._connection.ask(
                "POST",
                "/videos",
                Video,
                seconds=_PATIENCE,
                params={name: value for name, value in given.items() if value is not None},
                content=_pieces(file, progress),
                headers={
                    "Content-Type": "application/octet-stream",
                    "Content-Length": str(size),
                },
            )

    def follow(
        self, video: Video | str, *, every: float = 1.0, pause: Callable[[float], None] = time.sleep
    ) -> Iterator[Video]:
        """Yield how far a video is, whenever that has changed, until it is read or has ended.

        Args:
            video: which one.
            every: seconds between two looks.
            pause: waits for so many seconds.
        """
        seen: Video | None = None
        while True:
            now = self.get(video)
            if now != seen:
                yield now
            if not now.goes_on:
                return
            seen = now
            pause(every)

    def cancel(self, video: Video | str) -> Video:
        """Cancel a video that waits or is read; nothing of it is kept."""
        return self._connection.ask("DELETE", _path(video), Video)


def _pieces(file: BinaryIO, progress: Callable[[int], None]) -> Iterator[bytes]:
    sent = 0
    while piece := file.read(_PIECE):
        yield piece
        sent += len(piece)
        progress(sent)


def _path(video: Video | str) -> str:
    id_ = video.id if isinstance(video, Video) else video
    return f"/videos/{checked_part(id_, 'the id of a video')}"
