"""A video that another program sends: a hidden file beside the tasks until all of it is there.

It becomes part of a task without being copied, and is gone where its sender gave up.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from emotion_core.access.room import Meter, own_quota, refuse_beyond
from emotion_core.errors import NoRoomError, SourceError
from emotion_core.quantities import byte_size
from emotion_core.recorded.tasks.storage import TASKS_DIR_VARIABLE
from emotion_core.system.names import LONGEST_FILE_NAME, is_plain
from emotion_core.system.storage.files import make_folder, owner_only
from emotion_core.system.storage.shelf import writing
from emotion_core.system.storage.temporary import Reservation
from emotion_core.video.sources import VIDEO_SUFFIXES

#: Bytes of the disk that are left to recordings, whatever programs send.
LEFT_FREE: Final = 1_000_000_000


class ReceivedVideo:
    """Takes a video in pieces; removed when the block ends, unless it became a task.

    Args:
        parent: the folder of all tasks.
        name: of the video's file, as its sender knows it.
        size: bytes that it has, if that was said.

    Attributes:
        path: where it lies meanwhile.

    Raises:
        NoRoomError: there is no room.
        SourceError: the name is none of a video, or nothing can be written.
    """

    def __init__(self, parent: Path, name: str, size: int | None = None) -> None:
        self.name = _checked_name(name)
        self._parent = parent
        with writing(parent, SourceError):
            make_folder(parent)
            self._refuse_too_much(size or 0)
            refuse_beyond(size or 0, name)
            reserved = Reservation(
                parent, ".upload", "", lambda path: path.touch(0o600, exist_ok=False)
            )
            self._reserved = reserved
            self.path = reserved.path
            self._file = open(self.path, "wb", opener=owner_only)  # noqa: SIM115 - closed in close
            # Of a quota its room is taken now, for every process that counts; the disk's is not.
            self._left = (size or 0) if own_quota().most is not None else 0
            self._file.truncate(self._left)
        self._meter = Meter(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, piece: bytes) -> None:
        """Take the next piece; waits for the disk.

        Raises:
            NoRoomError: the disk is full, or almost; or their quota is.
        SourceError: nothing can be written.
        """
        with writing(self._parent, SourceError):
            self._refuse_too_much(len(piece))
            self._meter.take(max(0, len(piece) - self._left))
            self._left = max(0, self._left - len(piece))
            self._file.write(piece)
            self._file.flush()  # what counts is what is on the disk

    def finish(self) -> None:
        """All of it has come.

        Raises:
            SourceError: there was nothing, or the disk is full.
        """
        with writing(self._parent, SourceError):
            self._file.truncate()
            self._file.close()
            if not self.path.stat().st_size:
                raise SourceError(f"{self.name}: expected a video, found an empty file; send it")

    def close(self) -> None:
        """Remove what is still here; may be called twice."""
        self._file.close()
        self.path.unlink(missing_ok=True)
        self._reserved.end()

    def _refuse_too_much(self, size: int) -> None:
        free = shutil.disk_usage(self._parent).free
        if size + LEFT_FREE > free:
            raise NoRoomError(
                f"{self.name}: expected room for it and {byte_size(LEFT_FREE)} more, found "
                f"{byte_size(free)} free; free up space, or name another folder with "
                f"{TASKS_DIR_VARIABLE}"
            )


def _checked_name(name: str) -> str:
    sound = is_plain(name) and name.isprintable()
    short = len(name.encode("utf-8", "surrogatepass")) <= LONGEST_FILE_NAME
    if not (sound and short and name.lower().endswith(VIDEO_SUFFIXES)):
        raise SourceError(
            f"expected the name of a video's file, such as interview.mp4, found {name[:80]!r}; "
            f"such names end in {', '.join(VIDEO_SUFFIXES[:6])} or the like"
        )
    return name
