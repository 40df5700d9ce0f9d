"""How much each person keeps: counts and bytes, never what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from emotion_core.belongings.kinds import KINDS, Amount, Kind, amount_of
from emotion_core.system.storage.persons import at_home

# The cache is everybody's, and can be made again.
_KINDS: Final = tuple(kind for kind in KINDS if kind.key)


@dataclass(frozen=True)
class Kept:
    """What one person keeps.

    Attributes:
        amounts: of each kind that there is, in the order of ``KINDS``.
    """

    amounts: tuple[tuple[Kind, Amount], ...]

    @property
    def count(self) -> int:
        """Things of all kinds."""
        return sum(amount.count for _, amount in self.amounts)

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(amount.size for _, amount in self.amounts)


def kept_by(person: str | None) -> Kept:
    """Return what somebody keeps now; None: what was there before there were accounts.

    Raises:
        NoHomeError: there is no folder to keep things in.
    """
    with at_home(person):
        amounts = [(kind, amount_of(kind)) for kind in _KINDS]
    return Kept(tuple((kind, amount) for kind, amount in amounts if amount.count))
