"""What several pages write alike."""

from __future__ import annotations

import re
from typing import Final

#: What this app is called, wherever it says so.
PRODUCT: Final = "Emotion dashboard"


def plain(text: str) -> str:
    """Return Markdown that shows ``text`` as it is: names of files hold any characters."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~:$&@-])", r"\\\1", text)


def duration(seconds: float) -> str:
    """Return 75.2 as "1 min 15 s", in the two largest units that are not 0."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
