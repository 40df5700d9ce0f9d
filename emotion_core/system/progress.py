"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

#: Called with how much is done and how much there is to do in all.
CountProgress: TypeAlias = Callable[[int, int], None]
#: Called with the share of the work that is done, 0 to 1.
ShareProgress: TypeAlias = Callable[[float], None]
