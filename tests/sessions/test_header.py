from __future__ import annotations

import json
from dataclasses import replace

import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.header import (
    SessionHeader,
    VideoFacts,
    app_version,
    read_header,
    write_header,
)
from tests.sessions.recordings import DESCRIPTION

HEADER = SessionHeader(
    DESCRIPTION,
    started="2026-01-01T12:00:00.250Z",
    app_version="0.1.0",
    video=VideoFacts("libx264", 3, 1),
    name="first try",
    tags=("study 1", "lab"),
)


def test_a_start_without_a_zone_is_taken_for_utc():
    for started in ("2026-01-01T12:00:00.250Z", "2026-01-01T12:00:00.250"):
        header = SessionHeader(DESCRIPTION, started, "0.1")
        assert header.began.isoformat() == "2026-01-01T12:00:00.250000+00:00"


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        replace(HEADER, video=None, ended=HEADER.started),
        replace(HEADER, description=replace(DESCRIPTION, purpose="research with volunteers")),
    ],
)
def test_what_is_written_is_read(tmp_path, header):
    write_header(tmp_path, header)
    assert read_header(tmp_path) == header


def test_one_of_an_earlier_version_has_no_tags(tmp_path):
    content = HEADER.to_json()
    del content["tags"]
    (tmp_path / "session.json").write_text(json.dumps(content))
    assert read_header(tmp_path) == replace(HEADER, tags=())


def test_one_of_an_earlier_version_has_no_purpose(tmp_path):
    content = replace(HEADER, description=replace(DESCRIPTION, purpose="a study")).to_json()
    del content["description"]["purpose"]
    (tmp_path / "session.json").write_text(json.dumps(content))
    assert read_header(tmp_path).description.purpose == ""


def test_no_header(tmp_path):
    with pytest.raises(SessionError, match=r"expected a session with session\.json, found none"):
        read_header(tmp_path)


def test_another_format(tmp_path):
    (tmp_path / "session.json").write_text(json.dumps(HEADER.to_json() | {"format": 3}))
    with pytest.raises(
        SessionError, match="expected session format 1 or 2, found 3; it was written by"
    ):
        read_header(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps({"format": 1}),
        json.dumps(HEADER.to_json() | {"description": None}),
        json.dumps(HEADER.to_json() | {"started": "yesterday"}),
        json.dumps(HEADER.to_json() | {"started": 5}),
        json.dumps(HEADER.to_json() | {"frames": -1}),
        json.dumps(HEADER.to_json() | {"frames": "many"}),
        json.dumps(HEADER.to_json() | {"unknown": 1}),
        json.dumps(HEADER.to_json() | {"video": {"codec": "h264"}}),
    ],
)
def test_a_damaged_header_is_one_line(tmp_path, content):
    (tmp_path / "session.json").write_text(content)
    with pytest.raises(SessionError, match=r"session\.json is damaged \(.+\); restore it") as error:
        read_header(tmp_path)
    assert "\n" not in str(error.value)


def test_app_version_is_the_projects():
    assert app_version().count(".") == 2
