from __future__ import annotations

import json
from dataclasses import replace

import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.live.streams.frames import SharedFrame
from emotion_core.live.streams.messages import FrameMessage
from emotion_core.system.storage.json_reading import checked
from tests.live.streams.made import RAW, SMOOTHED, frame, snapshot


def test_a_message_says_when_where_who_and_what() -> None:
    assert json.loads(frame(7).json(dropped=3)) == {
        "frame": 7,
        "monotonic": 50.0,
        "wall_clock": 1_700_000_000.25,
        "width": 640,
        "height": 480,
        "dropped": 3,
        "faces": [
            {
                "person": 1,
                "box": {"x": -4, "y": 30, "width": 120, "height": 140, "angle": 12.5},
                "answer": "uncertain",
                "scores": dict(zip(EMOTIONS, SMOOTHED, strict=True)),
                "raw_scores": dict(zip(EMOTIONS, RAW, strict=True)),
            }
        ],
    }


@pytest.mark.parametrize("faces", [0, 1, 4])
def test_json_is_read_back_as_the_message_it_was_made_of(faces: int) -> None:
    sent = frame(faces=faces)
    read = checked(json.loads(sent.json(dropped=2)), FrameMessage)
    assert read == replace(sent.message, dropped=2)


def test_json_is_made_once_for_all_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FrameMessage] = []
    original = SharedFrame.message.func

    def message(self: SharedFrame) -> FrameMessage:
        made.append(original(self))
        return made[-1]

    monkeypatch.setattr(SharedFrame.message, "func", message)
    sent = frame()
    assert made == []
    assert sent.json(0) != sent.json(12)
    assert len(made) == 1


def test_a_face_that_is_nobodys_yet_has_no_person() -> None:
    state = snapshot()
    nobodys = replace(state, tracks=tuple(replace(face, person=None) for face in state.tracks))
    assert SharedFrame(nobodys, 0.0).message.faces[0].person is None
