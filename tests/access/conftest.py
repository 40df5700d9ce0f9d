from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own: without tokens."""
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"
