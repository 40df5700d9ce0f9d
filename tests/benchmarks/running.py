"""Runs a benchmark as somebody at a terminal does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emotion_core.system.storage.folders import PROJECT


def run(name: str, *arguments: str | Path, cache: Path | None = None) -> dict[str, Any]:
    """Return the figures a benchmark prints."""
    return json.loads(output_of(name, *arguments, cache=cache).stdout)


def output_of(
    name: str, *arguments: str | Path, cache: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a benchmark to its end; skip the test where there is no browser, but not in CI."""
    command = [sys.executable, PROJECT / "benchmarks" / name, *arguments]
    environment = os.environ | ({"EMOTION_CACHE_DIR": str(cache)} if cache else {})
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if "need Chromium and none" in done.stderr and os.environ.get("CI") != "true":
        pytest.skip(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return done
