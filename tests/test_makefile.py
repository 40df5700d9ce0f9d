"""What `make test` runs, in a project of stand-ins for Python and the checks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from emotion_core.system.storage.folders import PROJECT

FAST, BROWSER, BENCHMARKS = (
    "not browser and not benchmark",
    "browser and not benchmark",
    "benchmark",
)
CHECKS = ["ruff", "ruff", "mypy", "lint-imports"]

STAND_IN = """#!/bin/sh
part="$(basename "$0")"
if test "$part" = python; then
    test "$2" = pytest || exit 0
    part="$4"
fi
echo "$part" >> parts
test "$part" != "$FAILING"
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a target where one part fails; return whether make did, and which parts ran."""
    if shutil.which("make") is None:
        pytest.skip("there is no make")
    shutil.copy(PROJECT / "Makefile", tmp_path)
    for requirements in ("requirements.txt", "requirements.lock", "requirements-dev.txt"):
        (tmp_path / requirements).touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", *CHECKS):
        (programs / name).write_text(STAND_IN, "utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.delenv("MAKEFLAGS", raising=False)  # of the make that runs this test

    def run(target: str, failing: str) -> tuple[bool, list[str]]:
        monkeypatch.setenv("FAILING", failing)
        done = subprocess.run(["make", target], cwd=tmp_path, capture_output=True)
        return done.returncode != 0, (tmp_path / "parts").read_text("utf-8").splitlines()

    return run


@pytest.mark.parametrize("failing", ["lint-imports", FAST, BROWSER, ""])
def test_a_part_that_fails_hides_no_other(make, failing):
    failed, parts = make("test", failing)
    assert parts == [*CHECKS, FAST, BROWSER]
    assert failed == bool(failing)


@pytest.mark.parametrize("failing", [BENCHMARKS, ""])
def test_benchmarks_run_with_all_tests(make, failing):
    failed, parts = make("test-all", failing)
    assert parts == [*CHECKS, FAST, BROWSER, BENCHMARKS]
    assert failed == bool(failing)


def test_a_commit_is_checked_as_make_check_does():
    """Each hook reads all of the code, as in the Makefile: an import breaks rules elsewhere."""
    (repository,) = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text("utf-8"))[
        "repos"
    ]
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    checks = makefile.split("\ncheck: setup-test\n")[1].split("\n\n")[0]
    commands = [line.strip().replace("$(BIN)", ".venv/bin") for line in checks.splitlines()]
    assert [hook["entry"] for hook in repository["hooks"]] == commands
