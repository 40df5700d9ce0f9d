from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS
from emotion_core.faces.readings import face_row
from emotion_core.sessions.rows import frame_durations
from emotion_core.sessions.summary import (
    Event,
    SessionSummary,
    Stretch,
    summarize,
    summarize_session,
)
from tests.sessions.recordings import event, nobody, reading, record

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def tables(frames: list[tuple[float, dict[int, str]]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what would be read of frames, each a time and an answer for each track."""
    faces = [
        {
            "frame": number,
            "seconds": seconds,
            "track": track,
            "person": track,
            **face_row(track, reading(answer)),
        }
        for number, (seconds, answers) in enumerate(frames, start=1)
        for track, answer in answers.items()
    ]
    rows = [
        {"frame": number, "seconds": seconds, "faces": len(answers)}
        for number, (seconds, answers) in enumerate(frames, start=1)
    ]
    columns = ["frame", "seconds", "track", "person", "answer", *EMOTIONS]
    return pd.DataFrame(rows, columns=["frame", "seconds", "faces"]), pd.DataFrame(
        faces, columns=columns
    )


def steady(*parts: tuple[float, str | None], step: float = 0.1) -> SessionSummary:
    """Sum up one person, each part so many seconds of one answer, or of no face."""
    answers = [answer for seconds, answer in parts for _ in range(round(seconds / step))]
    answers.append(answers[-1])  # the last frame stands for no time
    frames = [
        (number * step, {} if answer is None else {1: answer})
        for number, answer in enumerate(answers)
    ]
    return summarize(*tables(frames))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], []),
        ([5.0], [0]),
        ([0.0, 0.5, 0.6], [0.5, 0.1, 0]),
        ([0.0, 1.0, 2.5, 2.75], [1.0, 0, 0.25, 0]),  # a second is known, more is not
    ],
)
def test_frame_durations(times, expected):
    assert frame_durations(np.array(times)) == pytest.approx(expected)


def test_time_is_weighted_by_how_long_a_frame_lasts():
    frames = [(0.0, "happy"), (0.8, "sad"), (0.9, "sad"), (1.0, "happy"), (1.1, "happy")]
    (person,) = summarize(*tables([(time, {1: answer}) for time, answer in frames])).persons
    assert person.seconds == pytest.approx(1.1)
    assert person.answer_seconds["happy"] == pytest.approx(0.9)
    assert person.answer_seconds["sad"] == pytest.approx(0.2)
    assert person.shares["happy"] == pytest.approx(9 / 11)
    assert sum(person.shares.values()) == pytest.approx(1)
    assert tuple(person.shares) == tuple(ANSWER_COLORS)
    assert person.mean_scores[HAPPY] == pytest.approx((0.7 * 0.9 + 0.05 * 0.2) / 1.1)
    assert person.mean_scores[SAD] == pytest.approx((0.05 * 0.9 + 0.7 * 0.2) / 1.1)
    assert sum(person.mean_scores) == pytest.approx(1)


def test_time_that_nobody_saw_counts_as_nothing():
    summary = summarize(
        *tables([(0.0, {1: "happy"}), (0.5, {1: "happy"}), (9.0, {1: "sad"}), (9.25, {})])
    )
    assert summary.seconds == pytest.approx(0.75)
    (person,) = summary.persons
    assert person.answer_seconds["happy"] == pytest.approx(0.5)
    assert person.answer_seconds["sad"] == pytest.approx(0.25)


def test_uncertain_is_an_answer_of_its_own():
    (person,) = steady((3.0, "happy"), (1.0, "uncertain")).persons
    assert person.shares["uncertain"] == pytest.approx(0.25)
    assert person.shares["happy"] == pytest.approx(0.75)
    assert person.shares["sad"] == 0


def test_no_face():
    summary = steady((2.0, None), (1.0, "happy"), (1.0, None))
    assert summary.no_face_seconds == pytest.approx(3.0)
    assert summary.seconds == pytest.approx(4.0)
    assert summary.frames == 41
    assert summary.persons[0].seconds == pytest.approx(1.0)


def test_who_was_seen_longest_comes_first():
    frames = [(0.0, {1: "sad"}), (0.1, {2: "fear", 3: "sad"}), (0.4, {3: "sad"}), (0.5, {})]
    summary = summarize(*tables(frames))
    assert [person.person for person in summary.persons] == [3, 2, 1]
    assert [person.frames for person in summary.persons] == [2, 1, 1]
    assert [person.seconds for person in summary.persons] == pytest.approx([0.4, 0.3, 0.1])
    assert summary.no_face_seconds == 0


@pytest.mark.parametrize(
    ("parts", "changes", "longest"),
    [
        ([(2, "happy")], {}, ("happy", 0, 2)),
        ([(2, "happy"), (3, "sad")], {("happy", "sad"): 1}, ("sad", 2, 5)),
        (
            [(2, "happy"), (1, "sad"), (1, "happy"), (1, "sad")],
            {("happy", "sad"): 2, ("sad", "happy"): 1},
            ("happy", 0, 2),
        ),
        # flicker is no change, and does not end what it interrupts
        ([(2, "happy"), (0.4, "sad"), (2, "happy")], {}, ("happy", 0, 4.4)),
        ([(2, "happy"), (0.4, "fear"), (2, "sad")], {("happy", "sad"): 1}, ("happy", 0, 2)),
        # half a second is no flicker
        (
            [(2, "happy"), (0.5, "sad"), (2, "happy")],
            {("happy", "sad"): 1, ("sad", "happy"): 1},
            ("happy", 0, 2),
        ),
        # uncertain is no expression, and neither is nobody: up to a second is bridged
        ([(2, "happy"), (1, "uncertain"), (3, "happy")], {}, ("happy", 0, 6)),
        ([(2, "happy"), (1, "uncertain"), (3, "sad")], {("happy", "sad"): 1}, ("sad", 3, 6)),
        ([(2, "happy"), (1.2, "uncertain"), (3, "sad")], {}, ("sad", 3.2, 6.2)),
        ([(2, "happy"), (0.8, None), (3, "happy")], {}, ("happy", 0, 5.8)),
        ([(2, "happy"), (1.2, None), (3, "happy")], {}, ("happy", 3.2, 6.2)),
        # nothing lasts
        ([(0.4, "happy"), (0.4, "sad"), (0.4, "fear")], {}, None),
        ([(5, "uncertain")], {}, None),
    ],
)
def test_changes_and_the_longest_stretch(parts, changes, longest):
    (person,) = steady(*parts).persons
    expected = np.zeros((7, 7), np.int64)
    for (before, after), count in changes.items():
        expected[EMOTIONS.index(before), EMOTIONS.index(after)] = count
    assert person.transitions.tolist() == expected.tolist()
    if longest is None:
        assert person.longest is None
    else:
        emotion, start, end = longest
        assert person.longest.emotion == emotion
        assert (person.longest.start, person.longest.end) == pytest.approx((start, end))
        assert person.longest.seconds == pytest.approx(end - start)
    assert person.changes_per_minute == pytest.approx(60 * expected.sum() / person.seconds)


def test_a_stream_that_was_interrupted_breaks_the_chain():
    frames = [(number / 10, {1: "happy"}) for number in range(11)]
    frames += [(30 + number / 10, {1: "sad"}) for number in range(11)]
    (person,) = summarize(*tables(frames)).persons
    assert person.transitions.sum() == 0
    assert person.longest in (Stretch("happy", 0.0, 1.0), Stretch("sad", 30.0, 31.0))


def test_a_timeline_of_few_frames_has_them_all():
    frames = [(0.1 * number, {1: "happy"}) for number in range(20)]
    timeline = summarize(*tables(frames)).persons[0].timeline
    assert timeline.seconds == pytest.approx([0.1 * number for number in range(20)])
    assert timeline.scores.shape == (20, 7)
    assert timeline.scores[:, HAPPY] == pytest.approx(0.7)


def test_a_timeline_is_bounded_and_keeps_the_means():
    answers = ["happy"] * 600 + ["sad"] * 600
    frames = [(number / 30, {1: answer}) for number, answer in enumerate(answers)]
    timeline = summarize(*tables(frames), timeline_points=20).persons[0].timeline
    assert timeline.scores.shape == (10, 7)  # the other half is kept for gaps
    assert timeline.scores[:5, HAPPY] == pytest.approx(0.7, abs=0.02)
    assert timeline.scores[5:, HAPPY] == pytest.approx(0.05, abs=0.02)
    assert (np.diff(timeline.seconds) > 0).all()


def test_a_timeline_is_bounded_when_every_frame_is_followed_by_a_gap():
    frames = [(2.0 * number, {1: "happy"}) for number in range(1000)]
    timeline = summarize(*tables(frames), timeline_points=50).persons[0].timeline
    assert len(timeline.seconds) == len(timeline.scores) <= 50


def test_a_timeline_is_broken_where_the_person_was_away():
    frames = [(0.0, {1: "happy"}), (0.5, {1: "happy"}), (5.0, {1: "sad"}), (5.5, {1: "sad"})]
    timeline = summarize(*tables(frames)).persons[0].timeline
    assert timeline.seconds == pytest.approx([0, 0.5, 0.5, 5, 5.5])
    assert np.isnan(timeline.scores).all(axis=1).tolist() == [False, False, True, False, False]


def test_nothing():
    summary = summarize(*tables([]))
    assert summary == SessionSummary(frames=0, seconds=0, no_face_seconds=0, persons=())


def test_a_face_in_one_frame_only():
    (person,) = summarize(*tables([(0.0, {}), (0.1, {4: "happy"})])).persons
    assert (person.person, person.frames, person.seconds) == (4, 1, 0)
    assert person.mean_scores[HAPPY] == pytest.approx(0.7)
    assert set(person.shares.values()) == {0}
    assert person.changes_per_minute == 0
    assert person.longest is None
    assert person.timeline.seconds.tolist() == [0.1]


def test_a_session_that_was_recorded(tmp_path):
    session = record(tmp_path, [(0.0, {}), (0.2, {1: "happy"}), (1.0, {1: "happy"}), (1.2, {})])
    summary = summarize_session(session)
    assert summary.seconds == pytest.approx(1.2)
    assert summary.no_face_seconds == pytest.approx(0.2)
    assert summary.persons[0].longest == Stretch("happy", 0.2, 1.2)


def test_events_are_told_with_whom_they_are_about(tmp_path):
    frames = [(0.0, {7: "happy"}), (0.5, {7: "happy"})]
    session = record(tmp_path, frames, [event(0.2, person=7), nobody(0.4)])
    assert summarize_session(session).events == (
        Event(0.2, "happy above 80% for 2 s", 7, 0.8413),
        Event(0.4, "no face for 10 s"),
    )


def test_without_events(tmp_path):
    assert summarize_session(record(tmp_path, [(0.0, {})])).events == ()
