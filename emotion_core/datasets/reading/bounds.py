"""How much a dataset may hold, so that a small file does not become more than a machine can bear.

What is compressed may be of any size: 128 bytes of ``.tar.gz`` can stand for gigabytes of zeros.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, AnyStr, BinaryIO, Final

from emotion_core.errors import DatasetError
from emotion_core.quantities import byte_size

#: Characters; a row of FER2013 has 9,300 at most.
LONGEST_LINE: Final = 1 << 16
#: Of a CSV file, and of a Parquet file.
MOST_ROWS: Final = 5_000_000
MOST_BAD_ROWS: Final = 1_000_000
#: Of a folder, below it.
MOST_FILES: Final = 2_000_000
#: Bytes of a picture's file in a folder.
LARGEST_PICTURE: Final = 16 << 20
#: Characters of a path in an archive, and of a class.
LONGEST_NAME: Final = 1024

# fer2013.csv is packed to a third.
_MOST_EXPANSION: Final = 100
# In bytes, or in pixels: whatever its size, a file may become so much.
_SMALL: Final = 64 << 20
# How often it may be gone back in an archive, which means to unpack it anew from its beginning.
_MOST_TURNS: Final = 32


def most_unpacked(packed: int) -> int:
    """Return how many bytes an archive of ``packed`` bytes may hold.

    As many pixels may be in pictures whose files have ``packed`` bytes.
    """
    return max(_SMALL, _MOST_EXPANSION * packed)


def too_much_unpacked(name: str, packed: int) -> DatasetError:
    """Return the error that an archive of ``packed`` bytes holds more than it may."""
    return DatasetError(
        f"{name}: expected at most {byte_size(most_unpacked(packed))} in an archive of "
        f"{byte_size(packed)}, found more; unpack it if you trust it, and give what is in it"
    )


def bounded_lines(stream: IO[AnyStr], name: str) -> Iterator[AnyStr]:
    """Yield the lines of a file, of a longer one its first ``LONGEST_LINE`` characters.

    Raises:
        DatasetError: there are more than ``MOST_ROWS``.
    """
    for number in range(MOST_ROWS + 1):
        line = rest = stream.readline(LONGEST_LINE)
        if not line:
            return
        while len(rest) == LONGEST_LINE and rest[-1:] not in (b"\n", "\n", "\r"):
            rest = stream.readline(LONGEST_LINE)
        if number == MOST_ROWS:
            raise DatasetError(
                f"{name}: expected at most {MOST_ROWS:,} lines, found more; split the file"
            )
        yield line


class BoundedStream(io.RawIOBase):
    """What an archive unpacks to while it is read, as far as that may go.

    Args:
        unpacked: a stream that seeks forward by reading on, and back by beginning anew.
        name: of the archive, for messages.
        packed: bytes of the archive.

    Raises:
        DatasetError: on reading or seeking behind ``most_unpacked``, on reading more than was
            allowed, or on going back again and again.
    """

    def __init__(self, unpacked: BinaryIO, name: str, packed: int) -> None:
        super().__init__()
        self._allowed: int | None = None
        self._unpacked = unpacked
        self._name = name
        self._packed = packed
        self._turns = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return how far the reading has come, in unpacked bytes."""
        return self._unpacked.tell()

    def allow(self, size: int | None) -> None:
        """Let so many bytes be read from now on; None: any number."""
        self._allowed = size

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, counted from the beginning."""
        assert whence == io.SEEK_SET
        self._check(offset)
        self._turns += offset < self.tell()
        if self._turns > _MOST_TURNS:
            raise self._strange()
        return self._unpacked.seek(offset)

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes, which must be given."""
        assert size >= 0
        if self._allowed is not None:
            self._allowed -= size
            if self._allowed < 0:
                raise self._strange()
        content = self._unpacked.read(size)
        self._check(self.tell())
        return content

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read into a buffer and return how many bytes."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def _check(self, position: int) -> None:
        if not 0 <= position <= most_unpacked(self._packed):
            raise too_much_unpacked(self._name, self._packed)

    def _strange(self) -> DatasetError:
        return DatasetError(
            f"{self._name}: expected an archive as programs write it, found one that is made to "
            "keep its reader busy; unpack it if you trust it, and give what is in it"
        )
