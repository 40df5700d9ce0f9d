"""Several processes of the app side by side, behind one proxy that shares viewers out among them.

What people make lies in folders that all of them see, behind locks; a viewer's page and video live
in the one process that this viewer was sent to.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from emotion_core.errors import SiblingsError

#: Which of them this one is, from 1; and where all of them listen, in that order.
NUMBER_VARIABLE: Final = "EMOTION_PROCESS"
ADDRESSES_VARIABLE: Final = "EMOTION_PROCESSES"

#: As deploy/Caddyfile leads to them by their numbers.
MOST: Final = 8

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}")


@dataclass(frozen=True)
class Place:
    """Where a process stands among its siblings.

    Attributes:
        number: its own, from 1.
        addresses: of all, such as ``127.0.0.1:8501``, in the order of their numbers.
    """

    number: int
    addresses: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.number <= len(self.addresses) <= MOST:
            raise SiblingsError(
                f"{NUMBER_VARIABLE}: expected a number from 1 to that of the addresses in "
                f"{ADDRESSES_VARIABLE}, at most {MOST}, found {self.number} and "
                f"{len(self.addresses)}; deploy/start.py sets both"
            )
        for address in self.addresses:
            if _ADDRESS.fullmatch(address) is None:
                raise SiblingsError(
                    f"{ADDRESSES_VARIABLE}: expected addresses such as 127.0.0.1:8501 with spaces "
                    f"between them, found {address[:100]!r}; deploy/start.py sets it"
                )

    @property
    def others(self) -> dict[int, str]:
        """The addresses of the other processes, by their numbers."""
        return {
            number: address
            for number, address in enumerate(self.addresses, start=1)
            if number != self.number
        }


#: A process that has no siblings.
ALONE: Final = Place(1, ("localhost:8501",))


def own_place() -> Place:
    """Return where this process stands, as the environment says; ``ALONE`` where it says nothing.

    Raises:
        SiblingsError: it says something that cannot be.
    """
    number = os.environ.get(NUMBER_VARIABLE, "")
    if not number:
        return ALONE
    if not (number.isascii() and number.isdigit()):
        raise SiblingsError(
            f"{NUMBER_VARIABLE}: expected the number of this process, found {number[:20]!r}; "
            "deploy/start.py sets it"
        )
    return Place(int(number), tuple(os.environ.get(ADDRESSES_VARIABLE, "").split()))
