from __future__ import annotations

import os
from dataclasses import replace

import pytest

from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.header import VIDEO_KEY, read_header, write_header
from pages.workbench import clip
from tests.recorded.films import write_face_film


@pytest.fixture
def film(session, tmp_path):
    """What the session was read of, as it says."""
    path = write_face_film(tmp_path / "film.mp4", 2.0)
    os.utime(path, (0, 0))  # before it was read
    header = read_header(session.folder)
    told = {VIDEO_KEY: {"name": "film.mp4", "path": str(path), "key": ""}}
    description = replace(header.description, settings=told)
    write_header(session.folder, replace(header, description=description))
    return path


@pytest.mark.usefixtures("film")
def test_the_marked_range_is_cut_and_offered(open_part, session, monkeypatch):
    monkeypatch.setattr(clip, "server_is_offered", lambda: True)
    page = open_part("clip")
    assert [each.value for each in page.number_input] == [0.0, session.seconds]
    add_mark(session, 0.5, "joke", seconds=1.0)
    page.session_state[f"playhead {session.id}"] = 0.7
    page.run()
    assert [each.value for each in page.number_input] == [0.5, 1.5]
    page.button(key=f"make clip {session.id}").click().run()
    assert page.session_state[f"clip job {session.id}"].job.wait(60), "the clip is not made"
    page.run()
    assert not page.exception
    assert not page.error
    assert [each.label for each in page.get("download_button")] == ["Clip, 0:00.5 to 0:01.5"]
    page.number_input[1].set_value(0.2).run()
    assert page.button(key=f"make clip {session.id}").disabled


@pytest.mark.usefixtures("film")
def test_nothing_outside_the_session_is_cut_for_others(open_part, monkeypatch):
    monkeypatch.setattr(clip, "server_is_offered", lambda: False)
    assert not open_part("clip").button
