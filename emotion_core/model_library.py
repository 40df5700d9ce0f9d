"""The models that can be used: every folder in ``models/`` with a card and a LiteRT network."""

from __future__ import annotations

from pathlib import Path

from emotion_core.artefacts import DEFAULT_MODEL, LITERT_FILE, MODELS_FOLDER, load_card
from emotion_core.errors import ModelError


def model_folders(library: Path | None = None) -> list[Path]:
    """Return the folders of all usable models, the one that ships with the project first.

    What is damaged or half written is left out: ``load_card`` says what is wrong with it.

    Args:
        library: the folder that holds them; the project's ``models/`` when left out.
    """
    folders = sorted(path for path in (library or MODELS_FOLDER).iterdir() if _is_usable(path))
    return sorted(folders, key=lambda folder: folder.name != DEFAULT_MODEL)


def _is_usable(folder: Path) -> bool:
    try:
        return LITERT_FILE in load_card(folder).files and (folder / LITERT_FILE).is_file()
    except ModelError:
        return False
