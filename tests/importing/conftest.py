"""A library and a temporary folder of their own for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_core.errors import ModelError
from emotion_core.importing import reading, staging, worker
from emotion_core.importing.answers import FoundNetwork


@pytest.fixture(autouse=True)
def temporary_folder(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (library.parent / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(library.parent / "temporary"))


@pytest.fixture
def nothing_left(tmp_path: Path) -> Callable[[], bool]:
    return lambda: (
        not (tmp_path / "models").exists() and not any((tmp_path / "temporary").iterdir())
    )


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files here instead of in a process of their own, which takes seconds to start."""

    def read(kind: str, folder: Path, name: str, _: object) -> FoundNetwork:
        try:
            request = {"kind": kind, "folder": str(folder)}
            return FoundNetwork(**worker.read(request, lambda _: None))
        except ModelError as error:
            raise ModelError(reading.in_users_words(str(error), folder, name)) from error

    monkeypatch.setattr(staging, "read_apart", read)
