"""docs/architecture.md shows what the code is, not what it was."""

from __future__ import annotations

import re

from docs.draw_architecture import PAGE, drawn_anew
from emotion_core.system.storage.folders import PROJECT

TEXT = PAGE.read_text("utf-8")


def test_its_pictures_are_those_of_the_imports():
    assert drawn_anew(TEXT) == TEXT, "run: python docs/draw_architecture.py"


def test_every_path_it_names_is_there():
    paths = re.findall(r"`((?:[\w.]+/)*(?:\w+\.py|\w+/))`", TEXT)
    missing = [
        path
        for path in paths
        if not any((root / path).exists() for root in (PROJECT, PROJECT / "emotion_core"))
    ]
    assert len(paths) > 50
    assert missing == []


def test_every_process_is_in_its_table():
    core = PROJECT / "emotion_core"
    programs = [
        path.relative_to(core).as_posix()
        for path in core.rglob("*.py")
        if '__name__ == "__main__"' in path.read_text("utf-8")
    ]
    assert len(programs) >= 7
    assert [path for path in programs if f"| `{path}`" not in TEXT] == []
