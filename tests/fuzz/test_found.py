"""What a fuzz run has found once stays mended."""

from __future__ import annotations

import shutil

import pytest

from tests.fuzz.readers import FOUND, every_reader
from tests.hostile.host import end_of, is_printable

READERS = every_reader()
# What one way of reading stumbled over is tried on the other.
ALSO = {"videos": "played", "played": "videos"}
CASES = [
    (name, reader)
    for name in sorted(path.name for path in FOUND.glob("*-*"))
    for kind in [name.rpartition("-")[0]]
    for reader in [kind, *([ALSO[kind]] if kind in ALSO else [])]
]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_ends_well(name, kind, tmp_path):
    reader = READERS[kind]
    path = tmp_path / f"a{reader.suffix}"
    shutil.copyfile(FOUND / name, path)
    end = end_of(reader.read, path)
    assert is_printable(end.get("refused", "an answer")), end
    assert "failed" not in end, end["failed"]
