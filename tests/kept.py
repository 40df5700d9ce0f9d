"""What lies in a folder of things, but for what the folder says of itself."""

from __future__ import annotations

from pathlib import Path

from emotion_core.system.storage.formats import FORMAT_FILE


def things_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name != FORMAT_FILE]
