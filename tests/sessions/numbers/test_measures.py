from __future__ import annotations

import numpy as np
import pytest

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS, UNCERTAIN
from emotion_core.sessions.edits.kinds import Mark
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.numbers.marked import marked_ranges, onsets
from emotion_core.sessions.numbers.measures import WHOLE, session_numbers
from emotion_core.sessions.numbers.rows import COLUMNS, to_json, to_rows
from emotion_core.sessions.summary import summarize
from tests.sessions.numbers.made import steady, tables, wandering

RANGES = {"film": [TimeRange(5.0, 14.95), TimeRange(20.0, 34.95)], "talk": [TimeRange(40.0, 49.95)]}


@pytest.fixture(scope="module")
def made():
    first, second = wandering(600, 1), wandering(600, 2, "happy")
    second[:100] = np.nan  # comes after ten seconds
    first[300:310] = second[300:310] = np.nan
    return tables({1: first, 2: second})


def test_they_are_what_pandas_counts(made):
    """Shares and means of a range, by its rows in the exported table."""
    frames, faces = made
    whole, film, talk = session_numbers(frames, faces, RANGES, names={2: "Ann"})
    assert [part.label for part in (whole, film, talk)] == [WHOLE, "film", "talk"]
    for part, times in ((film, RANGES["film"]), (talk, RANGES["talk"])):
        inside = np.logical_or.reduce([faces["seconds"].between(t.start, t.end) for t in times])
        for person in part.persons:
            rows = faces[inside & (faces["person"] == person.person)]
            # All frames stand for as long: a tenth of a second.
            assert person.seconds == pytest.approx(len(rows) / 10)
            shares = rows["answer"].value_counts(normalize=True)
            means = rows[list(EMOTIONS)].mean()
            for each in person.answers:
                assert each.share.value == pytest.approx(shares.get(each.answer, 0))
                if each.answer == UNCERTAIN:
                    assert each.score is None
                else:
                    assert each.score.value == pytest.approx(means[each.answer])
            assert person.answered.value == pytest.approx(1 - shares.get(UNCERTAIN, 0))
    assert {person.person: person.name for person in film.persons} == {1: "", 2: "Ann"}
    without = frames[frames["faces"] == 0]
    assert (whole.no_face_frames, whole.no_face_seconds) == (len(without), pytest.approx(1.0))
    assert film.no_face_frames == len(without)


def test_the_whole_session_is_its_summary(made):
    (whole,) = session_numbers(*made)
    summary = summarize(*made)
    for person, summed in zip(whole.persons, summary.persons, strict=True):
        shares = {each.answer: each.share.value for each in person.answers}
        assert shares == pytest.approx(summed.shares)
        scores = [each.score.value for each in person.answers[:7]]
        assert scores == pytest.approx(summed.mean_scores)
        assert person.transitions.tolist() == summed.transitions.tolist()
        assert sum(each.episodes for each in person.answers) == len(summed.stretches)


def test_what_is_left_out_counts_for_nothing(made):
    film = {"film": RANGES["film"]}
    _, both = session_numbers(*made, film, left_out=[TimeRange(5.0, 14.95)])
    _, rest = session_numbers(*made, {"film": RANGES["film"][1:]})
    assert [each.seconds for each in both.persons] == [each.seconds for each in rest.persons]
    for one, other in zip(both.persons, rest.persons, strict=True):
        assert [each.share for each in one.answers] == [each.share for each in other.answers]


def test_episodes_and_how_soon_they_come():
    scores = steady((3, "neutral"), (2, "happy"), (4, "neutral"), (1, "happy"), (2, "sad"))
    marked = {"joke": [TimeRange(1.0, 5.95), TimeRange(8.0, 11.9)]}
    _, joke = session_numbers(*tables({1: scores}), marked)
    (person,) = joke.persons
    happy, neutral = person.of("happy"), person.of("neutral")
    assert (happy.episodes, happy.episode_seconds) == (2, pytest.approx(1.5))
    assert (happy.latency, happy.latencies) == (pytest.approx((2 + 1) / 2), 2)
    assert (neutral.episodes, neutral.latency) == (3, pytest.approx(0))
    assert (person.of("fear").latency, person.of("fear").episodes) == (None, 0)
    # Nothing in one range follows on something in another.
    changes = {(3, 4): 1, (3, 6): 1, (6, 3): 2}
    found = {tuple(at): int(person.transitions[*at]) for at in np.argwhere(person.transitions)}
    assert found == changes


def test_intervals_are_around_the_value(made):
    (whole,) = session_numbers(*made)
    for person in whole.persons:
        assert person.block_seconds > 0.5  # neighbouring frames are alike
        known = [each.share for each in person.answers if each.share.low is not None]
        assert len(known) > 3
        for share in known:
            assert -1e-9 <= share.low <= share.value <= share.high <= 1


def test_rows_and_json_say_the_same(made):
    numbers = session_numbers(*made, RANGES)
    rows = to_rows(numbers, "a")
    assert {tuple(row) for row in rows} == {COLUMNS}
    assert len(rows) == 3 * 2 * len(ANSWER_COLORS)
    person = to_json(numbers)[1]["persons"][0]
    wanted = "film", person["person"], "happy"
    (row,) = [row for row in rows if (row["range"], row["person"], row["answer"]) == wanted]
    answer = person["answers"]["happy"]
    assert {name: row[name] for name in answer} == answer


def test_nobody_and_nothing():
    frames, faces = tables({1: steady((1, "sad"))})
    (whole,) = session_numbers(frames[:0], faces[:0])
    assert (whole.persons, whole.frames) == ((), 0)
    _, elsewhere = session_numbers(frames, faces, {"later": [TimeRange(5.0, 6.0)]})
    assert (elsewhere.persons, elsewhere.seconds) == ((), 0)
    # Somebody in the last frame only was seen for no time.
    _, last = session_numbers(frames, faces, {"end": [TimeRange(0.9, 2.0)]})
    assert (last.persons[0].seconds, last.persons[0].frames) == (0, 1)


def test_marks_of_one_label_are_ranges_and_onsets():
    marks = [
        Mark(str(start), start, seconds, label, "#3973a0", "person")
        for start, seconds, label in ((1.0, 2.0, "film"), (4.0, 0.0, "joke"), (8.0, 1.0, "film"))
    ]
    assert marked_ranges(marks) == {"film": [TimeRange(1.0, 3.0), TimeRange(8.0, 9.0)]}
    assert onsets(marks) == {"film": [1.0, 8.0], "joke": [4.0]}
