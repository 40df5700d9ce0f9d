"""The table would be worth nothing if a bad end could pass for a good one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emotion_core.errors import DatasetError
from tests.hostile.cases import Case


def nothing(folder: Path) -> Path:
    return folder


def too_much(folder: Path) -> Path:
    (folder / "a.csv").write_bytes(bytes(1_000_000))
    return folder


class RawError(DatasetError):
    """Lets pass what errors of ours make harmless."""

    def __str__(self) -> str:
        return "expected a face, found \x1b[2J"


def busy(_: Path) -> None:
    while True:
        pass


def refuse(_: Path) -> None:
    raise RawError("")


def leave_a_child(folder: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (folder / "child").write_text(str(child.pid))


CASES = {
    "an answer": Case(nothing, lambda _: 7, answer=7),
    "another answer": Case(nothing, lambda _: 7, answer=8),
    "memory": Case(nothing, lambda _: len(bytearray(1_600_000_000)), answer=1_600_000_000),
    "a bug": Case(nothing, lambda _: 1 // 0, refused="division"),
    "a crash": Case(nothing, lambda _: os.abort(), refused="abort"),
    "no end": Case(nothing, busy, answer=None),
    "a wait": Case(nothing, lambda _: time.sleep(60), answer=None),
    "an answer to what is to be refused": Case(nothing, lambda _: 7, refused="expected"),
    "a refusal of what is to be read": Case(nothing, refuse, answer=7),
    "another refusal": Case(nothing, refuse, refused="expected a picture"),
    "escape bytes": Case(nothing, refuse, refused="expected a face"),
    "a large file": Case(too_much, lambda _: 7, answer=7),
    "a child": Case(nothing, leave_a_child),
}


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"an answer", "a child"}))
def test_a_bad_end_is_seen(name, host, tmp_path):
    with pytest.raises(AssertionError):
        host.check(name, tmp_path, seconds=1)


def test_a_good_end_is_seen(host, tmp_path):
    host.check("an answer", tmp_path)


def test_children_end_with_their_case(host, tmp_path):
    host.check("a child", tmp_path)
    child = Path("/proc", (tmp_path / "child").read_text(), "stat")
    if child.parent.parent.joinpath("self").exists():
        deadline = time.monotonic() + 10
        while child.exists() and ") Z " not in child.read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not child.exists() or ") Z " in child.read_text()
