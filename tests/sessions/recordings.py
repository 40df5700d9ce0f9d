"""What the tests of sessions share: readings, and short recordings of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from emotion_core.emotions import EMOTIONS, UNCERTAIN
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading, PersonReading
from emotion_core.sessions.events import TriggerEvent
from emotion_core.sessions.header import SessionDescription
from emotion_core.sessions.recorder import SessionRecorder
from emotion_core.sessions.storage import Session

DESCRIPTION = SessionDescription(
    consent="I agree that my readings are kept on this machine.",
    model_name="fer2013-vgg",
    model_checksum="ab" * 32,
    camera_size=(64, 48),
    settings={"smoothing": 0.3},
)
IMAGE = np.zeros((48, 64, 3), np.uint8)
STARTED = 1000.0
WALL_CLOCK = 1_767_268_800.25  # 2026-01-01 12:00:00.250 UTC


def reading(answer: str) -> FaceReading:
    """Return a reading with this answer: 0.7 for its expression, 0.05 for the others."""
    emotion = "sad" if answer == UNCERTAIN else answer
    scores = tuple(0.7 if name == emotion else 0.05 for name in EMOTIONS)
    return FaceReading(
        Box(1, 2, 30, 40), scores, certainty_threshold=0.9 if answer == UNCERTAIN else 0.5
    )


def face(person: int | None, answer: str, track: int | None = None) -> PersonReading:
    """Return a face of the track with the person's number, or of another one."""
    return PersonReading((person or 0) if track is None else track, person, reading(answer))


def start(
    folder: Path,
    with_video: bool = False,
    wall_clock: Callable[[], float] = lambda: WALL_CLOCK,
) -> SessionRecorder:
    return SessionRecorder.start(
        folder,
        DESCRIPTION,
        with_video=with_video,
        clock=lambda: STARTED,
        wall_clock=wall_clock,
    )


def event(
    seconds: float,
    rule: str = "happy above 80% for 2 s",
    person: int | None = 1,
    score: float | None = 0.84126,
) -> TriggerEvent:
    return TriggerEvent(STARTED + seconds, WALL_CLOCK + seconds, rule, person, score)


def nobody(seconds: float) -> TriggerEvent:
    return event(seconds, "no face for 10 s", None, None)


def record(
    folder: Path,
    frames: Sequence[tuple[float, dict[int, str]]],
    events: Sequence[TriggerEvent] = (),
) -> Session:
    """Record frames, each a time in seconds since the start and an answer for each person."""
    recorder = start(folder)
    for seconds, answers in frames:
        readings = [face(person, answer) for person, answer in answers.items()]
        recorder.record(STARTED + seconds, readings, IMAGE)
    for each in events:
        recorder.record_event(each)
    return recorder.stop()
