import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.live.history import HISTORY_SECONDS, SAMPLE_SECONDS, LiveHistory
from emotion_core.live.reader import LiveFace

HAPPY = (0.0, 0.0, 0.0, 0.75, 0.0, 0.0, 0.25)


def face(track, scores=HAPPY, threshold=0.5):
    reading = FaceReading(Box(0, 0, 9, 9), scores, threshold)
    return LiveFace(track, reading, reading, person=track)


def test_nothing_seen():
    assert LiveHistory().timelines(5.0, most=4) == []


def test_a_face_that_goes_and_comes_back_leaves_a_gap():
    history = LiveHistory()
    for second, faces in enumerate(([face(3)], [face(3)], [], [face(3, threshold=0.9)])):
        history.add(float(second), faces)
    (timeline,) = history.timelines(4.0, most=4)
    assert timeline.person == 3
    assert timeline.seconds.tolist() == [-4, -3, -2, -1]
    assert timeline.answers == ("happy", "happy", "", "uncertain")
    assert timeline.scores[1].tolist() == list(HAPPY)
    assert np.isnan(timeline.scores[2]).all()


def test_memory_is_bounded_and_forgets_what_is_older_than_a_minute():
    history = LiveHistory()
    for frame in range(10_000):
        history.add(frame / 30, [face(1)])
    (timeline,) = history.timelines(10_000 / 30, most=4)
    assert len(timeline.seconds) <= HISTORY_SECONDS / SAMPLE_SECONDS
    assert timeline.seconds[0] >= -HISTORY_SECONDS
    assert np.diff(timeline.seconds).min() >= SAMPLE_SECONDS - 1e-9


def history_of(*present: set[int], every: float = 1.0) -> LiveHistory:
    """Return what is known after samples with these faces."""
    history = LiveHistory()
    for place, tracks in enumerate(present):
        history.add(place * every, [face(track) for track in tracks])
    return history


def test_who_is_in_view_comes_first_and_then_who_left_last():
    # 1 and 2 were there for long and have gone, 2 later; 7 and 8 have just come.
    history = history_of(*[{1, 2, 4}] * 20, *[{2}] * 3, *[{8}] * 2, *[{7, 8}] * 2)
    lines = history.timelines(27.0, most=4)
    assert [line.person for line in lines] == [7, 8, 2, 1]
    assert [line.left for line in lines] == [None, None, 5.0, 8.0]
    assert [line.person for line in history.timelines(27.0, most=1)] == [7]


def test_a_newcomer_is_drawn_however_many_have_been_there_longer():
    history = history_of(*[{1, 2, 3, 4}] * 40, *[{9}] * 3)
    assert [line.person for line in history.timelines(43.0, most=4)] == [9, 1, 2, 3]


def test_a_face_that_is_missed_for_a_moment_has_not_left():
    history = history_of({1, 2}, {1, 2}, {2}, {2}, every=SAMPLE_SECONDS)
    assert [line.left for line in history.timelines(1.6, most=4)] == [None, None]
    # When no frames come any more, nobody has left by that.
    assert [line.left for line in history.timelines(9.0, most=4)] == [None, None]


def test_clearing_forgets():
    history = LiveHistory()
    history.add(0.0, [face(1)])
    history.clear()
    assert history.timelines(0.0, most=4) == []
    history.add(0.1, [face(2)])  # at once, although the last sample was a moment ago
    assert [line.person for line in history.timelines(0.2, most=4)] == [2]


def test_answers_follow_the_face_they_were_given_for():
    history = LiveHistory()
    sad = (0.0, 0.0, 0.0, 0.1, 0.9, 0.0, 0.0)
    history.add(0.0, [face(1), face(2, sad)])
    answers = {line.person: line.answers for line in history.timelines(0.0, most=4)}
    assert answers == {1: ("happy",), 2: ("sad",)}
    assert pytest.approx(0.9) == history.timelines(0.0, most=4)[1].scores[0, 4]


def test_a_face_that_may_be_none_is_not_drawn():
    history = LiveHistory()
    history.add(0.0, [LiveFace(5, face(5).raw, face(5).raw)])
    assert history.timelines(0.0, most=4) == []
