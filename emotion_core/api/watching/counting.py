"""What the interface has done since the app began, for ``/metrics``."""

from __future__ import annotations

from collections import Counter
from typing import Final

#: Answers by their status of HTTP. Only the event loop adds to it.
ANSWERED: Final[Counter[int]] = Counter()
#: Pictures that were read. Only the event loop adds to it.
PICTURES: Final[Counter[str]] = Counter()
