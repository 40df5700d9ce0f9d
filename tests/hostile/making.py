"""What several parts of the table make their files of."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from emotion_core.datasets import open_dataset
from emotion_core.datasets.apart import open_apart
from emotion_core.faces.pictures.images import encode_png

Make = Callable[[Path], Path]

HEADER: Final = b"emotion,pixels,Usage\n"
FACE: Final = b"3," + b" ".join([b"7"] * 2304) + b",Training\n"
PICTURE: Final = encode_png(np.arange(48 * 48, dtype=np.uint8).reshape(48, 48))
MB: Final = bytes(1 << 20)


def faces_in(path: Path) -> int:
    """Read a dataset without the process that the app reads it in: bounds alone have to do."""
    return len(open_dataset(path, use_cache=False))


def good_faces_in(path: Path) -> int:
    return len(open_dataset(path, use_cache=False, skip_bad_rows=True))


def faces_apart(path: Path) -> int:
    """Read a dataset as the app does."""
    return len(open_apart(path, use_cache=False, skip_bad_rows=True))


def file(name: str, *parts: bytes) -> Make:
    """Return what writes one file."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(b"".join(parts))
        return path

    return make


def repeated(part: bytes, megabytes: int) -> Callable[[], Iterator[bytes]]:
    """Return what yields so many MB of the same again and again."""
    block = part * max(1, (1 << 20) // len(part))
    return lambda: (block for _ in range(megabytes))


def gzipped(name: str, parts: Callable[[], Iterable[bytes]]) -> Make:
    """Return what writes a compressed file, which may be of any size when it is unpacked."""

    def make(folder: Path) -> Path:
        path = folder / name
        with gzip.open(path, "wb", 9) as packed:
            for part in parts():
                packed.write(part)
        return path

    return make


def zipped(
    members: Mapping[str, bytes | Callable[[], Iterable[bytes]]],
    method: int = zipfile.ZIP_DEFLATED,
    name: str = "faces.zip",
) -> Make:
    """Return what writes a ZIP file, of members that may be of any size."""

    def make(folder: Path) -> Path:
        path = folder / name
        with zipfile.ZipFile(path, "w", method) as archive:
            for inside, content in members.items():
                with archive.open(zipped_info(inside, method), "w", force_zip64=True) as member:
                    for part in [content] if isinstance(content, bytes) else content():
                        member.write(part)
        return path

    return make


def zipped_info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = method
    return info


def patched(make: Make, *changes: tuple[bytes, bytes]) -> Make:
    """Return what writes a file in which some bytes are others."""

    def write(folder: Path) -> Path:
        path = make(folder)
        content = path.read_bytes()
        for old, new in changes:
            assert old in content
            content = content.replace(old, new)
        path.write_bytes(content)
        return path

    return write


def tarred(members: Mapping[str, bytes], kind: str = "gz", form: int = tarfile.GNU_FORMAT) -> Make:
    """Return what writes a tar file."""

    def make(folder: Path) -> Path:
        path = folder / f"faces.tar{kind and '.'}{kind}"
        with tarfile.open(path, f"w:{kind}", format=form) as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return path

    return make


def tar_header(name: bytes, size: int, kind: bytes = b"0", extra: bytes = b"") -> bytes:
    """Return the 512 bytes before a member; ``extra`` stands where old GNU tar says more."""
    head = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2
    head += b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    head += b"%011o\0" % 0 + b" " * 8 + kind + bytes(100) + b"ustar  \0" + bytes(32 * 2 + 8 * 2)
    head = (head + extra).ljust(512, b"\0")
    return head[:148] + b"%06o\0 " % sum(head) + head[156:]


def sparse_header(name: bytes, size: int) -> bytes:
    """Return the header of a file of GNU tar that is all hole."""
    hole = b"%011o\0" % 0 * 2
    real = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    # atime, ctime, offset and longnames stand before the four places of the map.
    return tar_header(
        name, 0, b"S", extra=bytes(12 + 12 + 12 + 4 + 1) + hole + bytes(72) + b"\0" + real
    )


def png(width: int, height: int, *, depth: int = 8, color: int = 0, chunks: bytes = b"") -> bytes:
    """Return a black PNG picture of any size, made row by row."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    row = bytes(1 + (width * channels * depth + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    parts = png_chunk(b"IHDR", head) + chunks + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum
