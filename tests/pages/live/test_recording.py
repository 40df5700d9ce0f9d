from __future__ import annotations

import streamlit as st

from emotion_core.live.streams.recording import ViewersRecording
from pages.live.recording import _look_for_recording


def test_the_page_is_shown_anew_once_a_program_has_begun(monkeypatch):
    shown = []
    monkeypatch.setattr(st, "rerun", lambda: shown.append(True))
    recording = ViewersRecording()
    known = recording.begun
    _look_for_recording(recording, known)
    assert shown == []
    recording.begun += 1
    _look_for_recording(recording, known)
    assert shown == [True]
