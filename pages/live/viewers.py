"""Who streams at the moment, and how often their pages may show something new."""

from __future__ import annotations

from typing import Final
from weakref import WeakSet

from emotion_core.live.places.load import usable_cores
from emotion_core.live.session import LiveSession

#: Frames a second that a camera is asked for. The fewer do for faces, and cost half.
MANY_FRAMES: Final = 30
FEW_FRAMES: Final = 15

# One stream has two cores for itself. More than these a Python process makes no use of for pages.
_CORES_A_STREAM: Final = 2.0
_MOST_CORES: Final = 4.0

# A page is run as a whole for another interval only where that is so many times as long or short.
_WORTH_IT: Final = 2.0

_sessions: Final[WeakSet[LiveSession]] = WeakSet()


def note_session(session: LiveSession) -> None:
    """Count ``session`` from now on whenever it streams."""
    _sessions.add(session)


def refresh_seconds(usual: float, own: LiveSession | None = None) -> float:
    """Return after how many seconds what stands beside the video should be shown anew.

    Each refresh costs server and browser time that the video needs. On two cores, a page refreshes
    half as often while two stream, and a quarter as often while four do.

    Args:
        usual: seconds, for one stream.
        own: the viewer's session, which counts although its first frame may not have come yet.
    """
    streams = sum(session.streaming or session is own for session in list(_sessions))
    return usual * max(1.0, streams * _CORES_A_STREAM / min(usable_cores(), _MOST_CORES))


def is_outdated(seconds: float, usual: float, own: LiveSession) -> bool:
    """Tell whether so many seconds between refreshes are far from what they should be by now."""
    wanted = refresh_seconds(usual, own)
    return not 1 / _WORTH_IT < seconds / wanted < _WORTH_IT


def camera_rate(own: LiveSession) -> int:
    """Return how many frames a second to ask a viewer's camera for, who is about to start."""
    others = sum(session.streaming for session in list(_sessions) if session is not own)
    crowded = (others + 1) * _CORES_A_STREAM > usable_cores()
    return FEW_FRAMES if others and crowded else MANY_FRAMES
