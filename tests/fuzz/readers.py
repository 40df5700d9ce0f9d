"""What can be fuzzed: readers of foreign files, and the strategies that make files for them.

To add one, write a module here with a dictionary ``READERS`` and name it in ``MODULES``.
"""

from __future__ import annotations

import importlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

#: Modules of this folder, each with ``READERS``.
MODULES: Final = ("data_sets", "models", "media")

#: Files that took a reader down once: its name, a dash and more.
FOUND: Final = Path(__file__).parent / "found"

# What lengths, counts and sizes are when they do harm.
_NUMBERS: Final = (0, 1, 127, 128, 255, 256, 32767, 65535, 1 << 20, (1 << 31) - 1, (1 << 32) - 1)


@dataclass(frozen=True)
class Reader:
    """What reads a kind of files.

    Attributes:
        suffix: how the name of such a file ends.
        read: reads one as the product does.
        files: makes the content of one.
    """

    suffix: str
    read: Callable[[Path], Any]
    files: st.SearchStrategy[bytes]


def every_reader() -> dict[str, Reader]:
    """Return all readers by name."""
    modules = [importlib.import_module(f"tests.fuzz.{name}") for name in MODULES]
    return {name: reader for module in modules for name, reader in module.READERS.items()}


@st.composite
def damaged(draw: st.DrawFn, good: Sequence[bytes]) -> bytes:
    """Make a file from a good one by a few edits: bytes changed, lost, repeated or put between."""
    content = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(0, 8))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.sampled_from((1, 2, 4, 8, 64, 1024)))
        piece = bytes(content[place : place + length])
        match draw(st.sampled_from(("change", "number", "lose", "repeat", "insert", "cut"))):
            case "change":
                content[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case "number":
                number = draw(st.sampled_from(_NUMBERS))
                order = draw(st.sampled_from("<>"))
                kind = draw(st.sampled_from("BHI"))
                packed = struct.pack(order + kind, number % (1 << 8 * struct.calcsize(kind)))
                content[place : place + len(packed)] = packed
            case "lose":
                del content[place : place + length]
            case "repeat":
                content[place:place] = piece * draw(st.sampled_from((1, 3, 100)))
            case "insert":
                content[place:place] = draw(st.binary(max_size=32))
            case "cut":
                del content[place:]
    return bytes(content)
