"""Which networks a run learns from (knowledge distillation); loading one needs Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emotion_core.errors import ModelError
from emotion_core.models.folder import KERAS_FILE, checksum


@dataclass(frozen=True)
class Teacher:
    """Where a teacher lies, as an absolute path, and the SHA-256 of its file."""

    path: str
    checksum: str


def find_teachers(paths: Sequence[Path]) -> tuple[Teacher, ...]:
    """Return what a run's settings record of its teachers.

    Args:
        paths: model folders or model files, see ``loading.load_network``.

    Raises:
        ModelError: a file is missing.
    """
    return tuple(Teacher(str(path.resolve()), checksum(teacher_file(path))) for path in paths)


def teacher_file(path: Path) -> Path:
    """Return the file of the network in a model folder, or the file itself.

    Raises:
        ModelError: it is missing.
    """
    file, kind = (path / KERAS_FILE, KERAS_FILE) if path.is_dir() else (path, "file")
    if not file.is_file():
        raise ModelError(
            f"expected a teacher's network at {path}, found no {kind}; name a model folder"
        )
    return file
