"""Sessions that other people let one see."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from emotion_core.access.sharing import folders_shared_with_me
from emotion_core.errors import SessionError
from emotion_core.sessions.storage import Session, open_session, sessions_dir


@dataclass(frozen=True)
class SharedSession:
    """A session in somebody else's home; to look at only.

    Attributes:
        session: as its owner has it.
        owner: whose, by id.
        since: when they shared it, UTC in ISO 8601.
    """

    session: Session
    owner: str
    since: str

    @property
    def key(self) -> str:
        """What names it in addresses: two people's sessions may have the same id."""
        return f"{self.session.id}@{self.owner}"


def shared_sessions() -> tuple[SharedSession, ...]:
    """Return the sessions that others let whoever this runs for see, the newest first."""
    found = []
    for share, folder in folders_shared_with_me("session", sessions_dir):
        with suppress(SessionError):  # damaged, or just deleted: its owner's to know
            found.append(SharedSession(open_session(folder), share.owner, share.since))
    return tuple(
        sorted(found, key=lambda each: (each.session.header.started, each.key), reverse=True)
    )
