from __future__ import annotations

import pytest
from streamlit_webrtc import component

from pages.mending.streamer import tell_whether_viewer_left


@pytest.mark.parametrize("left", [True, False])
def test_only_a_context_left_behind_is_reset(monkeypatch, left):
    """As the library decides it, with the lagging count that used to cut a running stream."""
    context = component.WebRtcStreamerContext(
        worker=None, state=component.WebRtcStreamerState(playing=True, signalling=False)
    )
    context._last_rendered_run_count = 5
    monkeypatch.setattr(component.st, "session_state", {"camera": context})
    monkeypatch.setattr(component, "get_this_session_info", lambda: True)
    monkeypatch.setattr(component, "get_script_run_count", lambda _: 7)
    tell_whether_viewer_left(context, left=left)
    assert component._get_or_create_context("camera").state.playing is not left
