"""What has been read of photos so far: a file with a line for each, written as soon as it is read.

A process that is killed loses at most the photo in hand; a power cut also those of the second
before. A line that was cut in two, or is damaged, counts as never written.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, Final

from emotion_core.recorded.photos.reading import PhotoReadings
from emotion_core.system.storage.files import make_folder, owner_only, replace_file
from emotion_core.system.storage.folders import is_personal
from emotion_core.system.storage.json_reading import parse_json

# The disk is waited for so often: for each photo would take as long as reading some.
_LASTING_EVERY: Final = 1.0
# So many lines that another one stands for are worth a new file.
_MOST_STALE: Final = 1000


class Journal:
    """What was read, by the place that it goes to; leaving the context closes the file.

    Args:
        path: the file; made with its first line. What is in it is read now.

    Raises:
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opener = owner_only if is_personal(path) else None
        # Of each place: the key, and where its line begins. The last one of a place counts.
        self._lines: dict[str, tuple[str, int]] = {}
        self._file: Any = None
        self._lasting = time.monotonic()
        stale = self._look_through()
        if stale >= _MOST_STALE and stale > len(self._lines):
            self._tidy()

    def find(self, place: str, key: str) -> PhotoReadings | None:
        """Return what was read of the photo at a place; None where that is another, or nothing.

        Args:
            place: where it goes.
            key: see ``PhotoReader.key``.
        """
        found = self._lines.get(place)
        if found is None or found[0] != key:
            return None
        try:
            with self._path.open("rb") as file:
                file.seek(found[1])
                line = parse_json(file.readline())
                # Somebody else may have written at the same moment.
                is_it = (line["place"], line["key"]) == (place, key)
                return PhotoReadings.from_json(line["photo"]) if is_it else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def add(self, place: str, key: str, readings: PhotoReadings) -> None:
        """Note what was read of the photo that goes to a place.

        Raises:
            OSError: the disk is full.
        """
        if self._file is None:
            self._file = self._open()
        begins = self._file.tell()
        line = json.dumps({"place": place, "key": key, "photo": readings.to_json()})
        rest = memoryview(f"{line}\n".encode())
        while rest:  # a disk that is nearly full takes a part
            rest = rest[self._file.write(rest) :]
        self._lines[place] = key, begins
        if time.monotonic() - self._lasting >= _LASTING_EVERY:
            self._to_disk()

    def close(self) -> None:
        """Wait until the disk has it all, and close the file.

        Raises:
            OSError: the disk fails.
        """
        if self._file is not None:
            try:
                self._to_disk()
            finally:
                self._file.close()
                self._file = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _look_through(self) -> int:
        """Find the lines, and return how many count no more."""
        count = 0
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return 0
        with file:
            begins = 0
            for line in file:
                try:
                    content = parse_json(line)
                    self._lines[str(content["place"])] = str(content["key"]), begins
                except (ValueError, KeyError, TypeError):  # cut in two
                    pass
                begins += len(line)
                count += 1
        return count - len(self._lines)

    def _open(self) -> Any:
        make_folder(self._path.parent)
        # Unbuffered: each line is the system's at once, and outlives this process.
        file = open(self._path, "ab", buffering=0, opener=self._opener)  # noqa: SIM115
        if file.tell() and self._last_byte() != b"\n":  # somebody was killed within a line
            file.write(b"\n")
        return file

    def _last_byte(self) -> bytes:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1)

    def _to_disk(self) -> None:
        os.fsync(self._file.fileno())
        self._lasting = time.monotonic()

    def _tidy(self) -> None:
        """Leave out the lines that count no more."""
        with self._path.open("rb") as old, replace_file(self._path) as temporary:
            moved = {}
            with temporary.open("wb") as new:
                for place, (key, begins) in self._lines.items():
                    old.seek(begins)
                    moved[place] = key, new.tell()
                    new.write(old.readline())
        self._lines = moved
