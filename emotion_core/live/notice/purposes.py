"""What a recording of people may be for: some purposes to choose from, and what the law says."""

from __future__ import annotations

from typing import Final

AT_WORK: Final = "At work"
IN_EDUCATION: Final = "In education"

#: Any other words do as well.
PURPOSES: Final = (
    "Research", "Health or care", "Safety", "Art or a game", "Trying it out", AT_WORK, IN_EDUCATION,
)  # fmt: skip
#: What the law forbids, unless it is for one of the reasons in ``LAW``.
FORBIDDEN: Final = (AT_WORK, IN_EDUCATION)

LONGEST_PURPOSE: Final = 200

#: Article 5(1)(f) of the EU AI Act in short.
LAW: Final = (
    "In the EU, reading emotions at work or in education is allowed for medical or safety reasons "
    "only (AI Act, Article 5). If you have such a reason, write it here in your own words."
)


def tidy_purpose(text: str | None) -> str:
    """Return a purpose as a session's header has it: one line, not too long; "" for none."""
    return " ".join((text or "").split())[:LONGEST_PURPOSE].rstrip()
