"""Hostile CSV files, alone and in archives."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from emotion_core.datasets import open_dataset
from tests.hostile.cases import Case

HEADER = b"emotion,pixels,Usage\n"
FACE = b"3," + b" ".join([b"7"] * 2304) + b",Training\n"


def faces_in(path: Path) -> int:
    return len(open_dataset(path, use_cache=False))


def zipped(name: str, parts: Callable[[], Iterable[bytes]]) -> Callable[[Path], Path]:
    """Return what writes a ZIP file with one member, which may be larger than the memory."""

    def make(folder: Path) -> Path:
        path = folder / "faces.zip"
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
            archive.open(name, "w", force_zip64=True) as member,
        ):
            for part in parts():
                member.write(part)
        return path

    return make


def plain(*parts: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "fer2013.csv"
        path.write_bytes(b"".join(parts))
        return path

    return make


CASES = {
    "a good one": Case(plain(HEADER, FACE, FACE), faces_in, answer=2),
    "a line without an end": Case(
        plain(HEADER, b"3," + b"7 " * 400_000), faces_in, refused="expected"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_ends_well(name, host, tmp_path):
    host.check(name, tmp_path)
