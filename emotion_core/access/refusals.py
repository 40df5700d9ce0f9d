"""Why a request is refused: what is missing, and never more than its sender may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

#: Of what ``Refusal.to_json`` gives: RFC 9457.
MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class Refusal:
    """An answer instead of the one that was asked for: a problem detail of RFC 9457.

    Attributes:
        status: of HTTP.
        detail: what was expected, what was found and what to do, on one line.
        headers: that go with it, in lower case.
        more: members of the problem's JSON besides the usual ones.
    """

    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the problem as plain JSON values."""
        # about:blank, which is left out, says: the title is that of the status.
        title = HTTPStatus(self.status).phrase
        return {"title": title, "status": self.status, "detail": self.detail, **self.more}


class RefusedError(Exception):
    """A request is answered with a refusal, whatever has been done for it so far."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal
