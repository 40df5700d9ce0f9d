"""A model's card: what is measured for it, written as JSON and in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from emotion_core.models.folder import CARD_FILE, README_FILE, ModelCard, checksum
from emotion_core.models.readme.text import readme_text
from emotion_core.system.storage.files import replace_file, write_json


def write_card(folder: Path, card: ModelCard) -> ModelCard:
    """Write ``README.md`` and ``card.json``, and return the card with the README's checksum.

    Raises:
        OSError: the folder cannot be written.
    """
    readme = folder / README_FILE
    with replace_file(readme) as temporary:
        text = readme_text(card)
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    card = replace(card, files={**card.files, README_FILE: checksum(readme)})
    write_json(folder / CARD_FILE, card.to_json())
    return card
