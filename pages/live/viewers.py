"""Who streams at the moment, and how often their pages may show something new."""

from __future__ import annotations

from typing import Final
from weakref import WeakSet

from emotion_core.live.session import LiveSession

_sessions: Final[WeakSet[LiveSession]] = WeakSet()


def note_session(session: LiveSession) -> None:
    """Count ``session`` from now on whenever it streams."""
    _sessions.add(session)


def refresh_seconds(usual: float) -> float:
    """Return after how many seconds what stands beside the video should be shown anew.

    Each refresh costs server and browser time that the video needs: who starts while two others
    stream has a page that refreshes a third as often.

    Args:
        usual: seconds, for one stream.
    """
    return usual * max(1, sum(session.streaming for session in list(_sessions)))
