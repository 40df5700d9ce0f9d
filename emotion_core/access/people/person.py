"""A person, their role, and what a role may do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from emotion_core.system.storage.persons import is_person

Role = Literal["viewer", "member", "admin"]
Grant = Literal["keep", "server", "addresses", "people"]

#: Roles, each allowed what those before it are.
ROLES: Final[tuple[Role, ...]] = ("viewer", "member", "admin")

#: What may be granted, and what that is.
GRANTS: Final[dict[Grant, str]] = {
    "keep": "record, upload, train, import and make tokens",
    "server": "name files and cameras of the server",
    "addresses": "name addresses that the server asks: network cameras, webhooks, buckets",
    "people": "see who there is, and let people in",
}

#: Who is granted what where `.streamlit/secrets.toml` says nothing else.
USUAL_GRANTS: Final[dict[Grant, tuple[Role, ...]]] = {
    "keep": ("member", "admin"),
    "server": ("admin",),
    "addresses": ("admin",),
    "people": ("admin",),
}


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in.

    Attributes:
        id: 16 hexadecimal digits, the same at every login; names their folder.
        name: to show to people; anything printable.
        role: what they may do.
    """

    id: str
    name: str
    role: Role

    def __post_init__(self) -> None:
        if not is_person(self.id):
            raise ValueError(f"expected 16 hexadecimal digits, found {self.id!r:.40}")


def person_id(issuer: str, subject: str) -> str:
    """Return the id of whom an issuer calls ``subject``, the same at every login.

    Args:
        issuer: the provider's own address (``iss``), or ``password`` for those kept here.
        subject: what it calls somebody for good (``sub``): neither the name nor the address of
            e-mail, for these change hands.
    """
    return hashlib.sha256(f"{issuer}\0{subject}".encode(errors="surrogatepass")).hexdigest()[:16]
