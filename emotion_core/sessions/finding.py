"""Sessions by what somebody remembers of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from emotion_core.sessions.storage import Session


def found_by(
    sessions: Sequence[Session],
    words: str,
    tags: Collection[str] = (),
    shown_time: Callable[[str], str] = str,
) -> list[Session]:
    """Return the sessions that have all of some words, whatever their case, and all of some tags.

    Args:
        sessions: where to look.
        words: each is looked for in name, notes, tags, id and start.
        tags: each must be one of the session's.
        shown_time: returns the start, UTC in ISO 8601, as its reader knows it.
    """
    wanted = words.casefold().split()

    def is_found(session: Session) -> bool:
        header = session.header
        own = [header.name, header.notes, *header.tags, session.id, shown_time(header.started)]
        text = "\n".join(own).casefold()
        return all(word in text for word in wanted) and {*tags} <= {*header.tags}

    return [session for session in sessions if is_found(session)]
