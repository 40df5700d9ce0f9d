"""How large folders are, asked often: what is at rest is looked at once."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Final, NamedTuple

from emotion_core.system.storage.formats import FORMAT_FILE

#: Seconds that nothing in a folder may have changed for it to be at rest. What still grows, such as
#: a recording, is written to every second.
AT_REST: Final = 60.0


class _Seen(NamedTuple):
    """What is in a folder itself, and what it looked like then."""

    changed: int
    size: int
    folders: tuple[str, ...]


class FolderSizes:
    """Sizes of folders with all that is in them; any thread may ask.

    A folder is read anew when files come or go in it, which its time tells, and as long as one of
    its files was written to of late.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}

    def of(self, folder: Path) -> int:
        """Return the bytes of all files in a folder and those below it; 0 where there is none.

        Links count as what they are: what they lead to may be somebody else's.
        """
        with self._lock:
            return self._of(str(folder))

    def _of(self, folder: str) -> int:
        try:
            changed = os.lstat(folder).st_mtime_ns
        except OSError:  # deleted meanwhile, or never made
            self._seen.pop(folder, None)
            return 0
        seen = self._seen.get(folder)
        if seen is None or seen.changed != changed:
            seen = self._look(folder, changed)
        return seen.size + sum(self._of(f"{folder}{os.sep}{name}") for name in seen.folders)

    def _look(self, folder: str, changed: int) -> _Seen:
        size, newest, folders = 0, changed, []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                        continue
                    if entry.name == FORMAT_FILE:  # the app's own, and nobody's
                        continue
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except OSError:  # deleted meanwhile
                        continue
                    size += status.st_size
                    newest = max(newest, status.st_mtime_ns)
        except OSError:  # deleted meanwhile, or no folder
            return _Seen(changed, 0, ())
        seen = _Seen(changed, size, tuple(folders))
        if time.time() - newest / 1e9 > AT_REST:
            self._seen[folder] = seen
        else:
            self._seen.pop(folder, None)
        return seen
