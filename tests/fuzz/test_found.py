"""What a fuzz run has found once stays mended."""

from __future__ import annotations

import shutil

import pytest

from tests.fuzz.readers import FOUND, every_reader
from tests.hostile.host import end_of, is_printable

READERS = every_reader()


@pytest.mark.parametrize("name", sorted(path.name for path in FOUND.glob("*-*")))
def test_ends_well(name, tmp_path):
    reader = READERS[name.rpartition("-")[0]]
    path = tmp_path / f"a{reader.suffix}"
    shutil.copyfile(FOUND / name, path)
    end = end_of(reader.read, path)
    assert is_printable(end.get("refused", "an answer")), end
    assert "failed" not in end, end["failed"]
