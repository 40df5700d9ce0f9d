"""Recorded live sessions: write them as they go, keep them, sum them up.

A session is a folder that only its owner can look into:

==================  ================================================================================
``session.json``    `SessionHeader`: when, with which model and settings, the consent that was given
``frames.csv``      one line a frame
``faces.csv``       one line a face: time, box, track, the seven scores, the answer
``video.mp4``       what was seen, when it was asked for
==================  ================================================================================
"""

from emotion_core.sessions.export import EXPORT_KINDS, export_session, write_export
from emotion_core.sessions.header import SessionDescription, SessionHeader, VideoFacts
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import (
    Session,
    SessionList,
    delete_session,
    find_session,
    list_sessions,
    open_session,
    rename_session,
    sessions_dir,
)
from emotion_core.sessions.summary import (
    PersonSummary,
    SessionSummary,
    Stretch,
    Timeline,
    summarize_session,
)

__all__ = [
    "EXPORT_KINDS",
    "PersonSummary",
    "Session",
    "SessionDescription",
    "SessionHeader",
    "SessionList",
    "SessionRecorder",
    "SessionSummary",
    "Stretch",
    "Timeline",
    "VideoFacts",
    "delete_session",
    "export_session",
    "find_session",
    "list_sessions",
    "open_session",
    "rename_session",
    "sessions_dir",
    "summarize_session",
    "write_export",
]
