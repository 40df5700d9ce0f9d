"""What tells one piece of work from another: by the file's content, the model and the settings."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from emotion_core.models.folder import LITERT_FILE, load_card
from emotion_core.models.views import FittedViews
from emotion_core.system.storage.files import open_regular

# Of a file, so many pieces of so many bytes make its fingerprint, with its size.
_PIECES: Final = 64
_PIECE_BYTES: Final = 16_384


def fingerprint(path: Path) -> str:
    """Return what tells the content of a file: its size and some pieces of it, up to a megabyte.

    All of a film of some gigabytes would take as long to read as some of its minutes to analyse.

    Raises:
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.sha256(f"{size}:".encode())
        for piece in range(_PIECES):
            file.seek(piece * max(0, size - _PIECE_BYTES) // (_PIECES - 1))
            digest.update(file.read(_PIECE_BYTES))
    return digest.hexdigest()


def model_identity(model: Path) -> list[Any]:
    """Return what tells one model from another, as JSON values.

    Raises:
        ModelError: there is no such model.
    """
    card = load_card(model)
    # A card can be fitted anew beside the same network: its scores and answers are others then.
    return [
        card.files.get(LITERT_FILE, ""),
        [card.temperature, asdict(FittedViews.of_card(card))],
    ]


def key_of(*parts: Any) -> str:
    """Return what stands for all of these JSON values: 32 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
