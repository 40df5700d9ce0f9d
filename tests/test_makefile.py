"""What `make test` runs, with a stand-in for Python that notes what it is asked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from emotion_core.system.folders import PROJECT

FAST, BROWSER, BENCHMARKS = (
    "not browser and not benchmark",
    "browser and not benchmark",
    "benchmark",
)

STAND_IN = """#!/bin/sh
test "$2" = pytest || exit 0
echo "$4" >> "$(dirname "$0")/parts"
test "$4" != "$FAILING"
"""


def make(target: str, folder: Path, monkeypatch: pytest.MonkeyPatch, failing: str = "") -> int:
    """Run ``target``, where the part ``failing`` fails; ``folder`` then tells which parts ran."""
    python = folder / "python"
    python.write_text(STAND_IN, "utf-8")
    python.chmod(0o755)
    monkeypatch.setenv("FAILING", failing)
    monkeypatch.delenv("MAKEFLAGS", raising=False)  # of the make that runs this test
    done_already = ["-o", "setup-test", "-o", "check"]
    command = ["make", "-C", PROJECT, *done_already, f"BIN={folder}", target]
    return subprocess.run(command, capture_output=True).returncode


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("failing", [FAST, BROWSER, ""])
def test_a_part_that_fails_hides_no_other(tmp_path, monkeypatch, failing):
    failed = make("test", tmp_path, monkeypatch, failing) != 0
    assert (tmp_path / "parts").read_text("utf-8").splitlines() == [FAST, BROWSER]
    assert failed == bool(failing)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("failing", [BENCHMARKS, ""])
def test_benchmarks_run_with_all_tests(tmp_path, monkeypatch, failing):
    failed = make("test-all", tmp_path, monkeypatch, failing) != 0
    assert (tmp_path / "parts").read_text("utf-8").splitlines() == [FAST, BROWSER, BENCHMARKS]
    assert failed == bool(failing)
