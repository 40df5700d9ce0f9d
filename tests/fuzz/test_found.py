"""What a fuzz run has found once stays mended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emotion_core.system.storage.folders import PROJECT
from tests.fuzz.readers import FOUND, every_reader
from tests.hostile.host import ENVIRONMENT, is_printable

READERS = every_reader()
# What one way of reading stumbled over is tried on the other.
ALSO = {"videos": "played", "played": "videos"}
CASES = [
    (name, reader)
    for name in sorted(path.name for path in FOUND.glob("*-*"))
    for kind in [name.rpartition("-")[0]]
    for reader in [kind, *([ALSO[kind]] if kind in ALSO else [])]
]


# Not a fork of the process that runs the tests: what it has loaded by now may leave no addresses.
_APART = """
import json, sys
from pathlib import Path
from tests.fuzz.readers import every_reader
from tests.hostile.host import end_of
print(json.dumps(end_of(every_reader()[sys.argv[1]].read, Path(sys.argv[2]))))
"""


def _end_apart(kind: str, path: Path) -> dict[str, Any]:
    """Return how the reading of a file ends; see ``end_of``."""
    output = subprocess.check_output(
        [sys.executable, "-c", _APART, kind, path], cwd=PROJECT, env=os.environ | ENVIRONMENT
    )
    end: dict[str, Any] = json.loads(output.splitlines()[-1])
    return end


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_ends_well(name, kind, tmp_path):
    reader = READERS[kind]
    path = tmp_path / f"a{reader.suffix}"
    shutil.copyfile(FOUND / name, path)
    end = _end_apart(kind, path)
    assert is_printable(end.get("refused", "an answer")), end
    assert "failed" not in end, end["failed"]
