"""Who streams at the moment, and how often their pages may show something new."""

from __future__ import annotations

from typing import Final
from weakref import WeakSet

from emotion_core.live import LiveSession

#: With so many streams at once a page refreshes as often as it would for one.
_STREAMS_AT_FULL_RATE: Final = 2

_sessions: Final[WeakSet[LiveSession]] = WeakSet()


def note_session(session: LiveSession) -> None:
    """Count ``session`` from now on whenever it streams."""
    _sessions.add(session)


def refresh_seconds(usual: float) -> float:
    """Return after how many seconds what stands beside the video should be shown anew.

    Each refresh costs server and browser time that the video needs. So all pages together refresh
    no more often than two do: with four streams each does half as often.

    Args:
        usual: seconds, for one stream or two.
    """
    streams = sum(session.streaming for session in list(_sessions))
    return usual * max(1.0, streams / _STREAMS_AT_FULL_RATE)
