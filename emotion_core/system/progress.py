"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

#: Called with how much is done and how much there is to do in all.
CountProgress: TypeAlias = Callable[[int, int], None]
#: Called with the share of the work that is done, 0 to 1, or with less than 0 while it waits for
#: its turn, see ``locks.Turns``.
ShareProgress: TypeAlias = Callable[[float], None]
#: What is told while work waits for its turn.
WAITING: Final = -1.0
