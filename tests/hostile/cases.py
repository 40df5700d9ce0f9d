"""The table of hostile files: what each is, what reads it, and how that has to end.

A file of tests here is a part of the table: a dictionary ``CASES``, the name of each case telling
what is wrong with its file, and one test for all of them::

    CASES = {
        "a bomb": Case(write_bomb, open_picture, refused="expected at most .* megapixels"),
        "a small one": Case(write_small, open_picture, answer=[4, 4, 3]),
    }

    @pytest.mark.parametrize("name", CASES)
    def test_ends_well(name, host, tmp_path):
        host.check(name, tmp_path)

``make`` writes into an empty folder, with code and less than 1 MB, and returns the path to read.
``read`` is what the product does with it; it runs in a process of its own that has 1.5 GB of
address space and 20 seconds of the processor. A case ends well when ``read`` raises an
``EmotionCoreError`` of one printable line in which ``refused`` is found, or returns ``answer``,
made of plain JSON values.

Import at the top of the file what ``read`` needs: it is imported once for all cases, before the
limits are set (see ``host``). The limit of memory is a soft one: a child that the product starts
begins with it, and may set another (``system.processes.serving.Limits``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Case:
    """One hostile file.

    Attributes:
        make: writes it into an empty folder and returns its path.
        read: reads it as the product does.
        refused: what is found in the error's message, a regular expression; None: it is read.
        answer: what ``read`` then returns.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    refused: str | None = None
    answer: Any = None
