from __future__ import annotations

import json
import math

import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.live.rules import ARM_AFTER, ExpressionRule, FaceRule, RuleWatcher, rule_from_json
from emotion_core.sessions.events import TriggerEvent

HAPPY = ExpressionRule("happy", 0.8, 2.0)
NOBODY = FaceRule(present=False, seconds=2.0)
SOMEBODY = FaceRule(present=True, seconds=2.0)


def reading(happy: float) -> FaceReading:
    rest = (1 - happy) / 6
    scores = tuple(happy if name == "happy" else rest for name in EMOTIONS)
    return FaceReading(Box(0, 0, 10, 10), scores)


def watch(*frames: tuple[float, dict[int, float]], rules=(HAPPY,)) -> list[TriggerEvent]:
    """Return the events of frames, each a time and every person's score for happy."""
    watcher = RuleWatcher()
    return [
        event
        for time, faces in frames
        for event in watcher.observe(
            rules, time, 1e9 + time, [(person, reading(score)) for person, score in faces.items()]
        )
    ]


def film(*parts: tuple[float, float | None], start: float = 0.0) -> list:
    """Return ten frames a second: parts of so many seconds with this score, or with no face."""
    scores = [score for seconds, score in parts for _ in range(round(10 * seconds))]
    return [
        (start + number / 10, {} if score is None else {1: score})
        for number, score in enumerate(scores)
    ]


def times(*frames, rules=(HAPPY,)) -> list[float]:
    return [event.time for event in watch(*frames, rules=rules)]


def test_an_event_says_what_happened_when_to_whom():
    (event,) = watch(*film((3, 0.9)))
    assert event == TriggerEvent(
        time=2.0, wall_clock=1e9 + 2, rule="happy above 80% for 2 s", person=1, score=0.9
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(60, 0.9)], [2.0]),  # one episode, one event
        ([(2.0, 0.9), (9, 0.1)], []),  # the last frame came after 1.9 s
        ([(9, 0.8)], []),  # above, not at
        ([(1.5, 0.9), (0.1, 0.79), (1.5, 0.9)], []),  # "for 2 s" is without a break
        ([(3, 0.9), (1.2, 0.1), (3, 0.9)], [2.0, 6.2]),  # a second episode
        ([(3, 0.9), (0.9, 0.1), (3, 0.9)], [2.0]),  # too short to be another one
        ([(3, 0.9), (5, 0.78), (3, 0.9)], [2.0]),  # not clearly below the threshold
        ([(3, 0.9), *[(0.5, 0.7), (0.5, 0.9)] * 9, (3, 0.9)], [2.0]),  # wavering
    ],
)
def test_a_rule_fires_once_an_episode(parts, expected):
    assert times(*film(*parts)) == pytest.approx(expected)
    assert ARM_AFTER == 1.0


def test_nobody_for_a_while():
    assert times(*film((5, None)), rules=[NOBODY]) == [2.0]
    assert times(*film((1, None), (0.1, 0.9), (1.5, None)), rules=[NOBODY]) == []
    # One look at a face, true or false, does not arm the rule again; a second does.
    assert times(*film((3, None), (0.5, 0.1), (9, None)), rules=[NOBODY]) == [2.0]
    twice = times(*film((3, None), (1.1, 0.1), (9, None)), rules=[NOBODY])
    assert twice == pytest.approx([2.0, 6.1])


def test_somebody_for_a_while():
    (event,) = watch(*film((1, None), (9, 0.1)), rules=[SOMEBODY])
    assert (event.time, event.rule, event.person, event.score) == (3, "a face for 2 s", None, None)


def test_everyone_counts_alone():
    frames = [
        (number / 10, {1: 0.9, 2: 0.9 if number >= 10 else 0.1, 3: 0.1}) for number in range(40)
    ]
    assert [(event.time, event.person) for event in watch(*frames)] == [(2.0, 1), (3.0, 2)]


def test_two_that_take_turns_are_not_one_for_long():
    frames = [(number / 10, {number // 18 % 2: 0.9, 5: 0.1}) for number in range(200)]
    assert watch(*frames) == []


def test_several_rules_at_once():
    rules = [HAPPY, SOMEBODY, ExpressionRule("sad", 0.5, 1.0)]
    assert [event.rule for event in watch(*film((3, 0.9)), rules=rules)] == [
        "happy above 80% for 2 s",
        "a face for 2 s",
    ]


@pytest.mark.parametrize(("rule", "score"), [(HAPPY, 0.9), (NOBODY, None), (SOMEBODY, 0.1)])
def test_time_in_which_the_stream_stood_still_does_not_count(rule, score):
    assert times(*film((1.5, score)), *film((1.5, score), start=30), rules=[rule]) == []
    later = times(*film((1.5, score)), *film((3, score), start=30), rules=[rule])
    assert later == [32.0]


def test_a_short_gap_goes_unnoticed():
    assert times(*film((1.0, 0.9)), *film((1.5, 0.9), start=1.8)) == pytest.approx([2.0])


def test_a_frame_a_second_is_enough():
    assert times(*[(number * 1.1, {1: 0.9}) for number in range(9)]) == [2.2]


def test_a_gap_begins_another_episode_only_when_it_is_long():
    assert times(*film((3, 0.9)), *film((9, 0.9), start=5)) == [2.0]
    assert times(*film((3, 0.9)), *film((9, 0.9), start=30)) == [2.0, 32.0]


def test_out_of_sight_is_neither_true_nor_false_for_a_moment():
    assert times(*film((1.5, 0.9), (0.5, None), (1.5, 0.9))) == [2.0]
    assert times(*film((1.5, 0.9), (1.7, None), (1.5, 0.9))) == []


def test_who_has_been_away_for_long_is_forgotten():
    watcher = RuleWatcher()
    for number in range(1000):
        watcher.observe([HAPPY, NOBODY], float(number), 0.0, [(number, reading(0.9))])
    assert len(watcher._conditions) < 30


def test_rules_may_change_at_any_time():
    watcher, shown = RuleWatcher(), [(1, reading(0.9))]
    for number in range(6):
        watcher.observe([HAPPY], number / 2, 0.0, shown)
    assert watcher.observe([], 3.0, 0.0, shown) == []
    # A rule added again counts from then.
    again = [watcher.observe([HAPPY], 3.5 + number / 2, 0.0, shown) for number in range(6)]
    assert [len(events) for events in again] == [0, 0, 0, 0, 1, 0]


def test_nothing():
    assert watch((0.0, {}), (0.0, {1: 0.5}), rules=[]) == []
    assert watch((0.0, {}), rules=[HAPPY, NOBODY]) == []


@pytest.mark.parametrize("rule", [HAPPY, NOBODY, SOMEBODY, ExpressionRule("fear", 0.1, 3600)])
def test_rules_as_json(rule):
    assert rule_from_json(json.loads(json.dumps(rule.to_json()))) == rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (HAPPY, "happy above 80% for 2 s"),
        (ExpressionRule("sad", 0.555, 0.5), "sad above 56% for 0.5 s"),
        (FaceRule(present=False, seconds=10), "no face for 10 s"),
        (FaceRule(present=True, seconds=3600), "a face for 3600 s"),
    ],
)
def test_rules_in_words(rule, words):
    assert str(rule) == words


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("merry", 0.8, 2), "emotion: expected one of angry, disgust, .*, found merry"),
        (("happy", 1.0, 2), "threshold: expected 0.1 to 0.99, found 1"),
        (("happy", 0.0, 2), "threshold: expected 0.1 to 0.99, found 0"),
        (("happy", math.nan, 2), "threshold: expected 0.1 to 0.99, found nan"),
        (("happy", True, 2), "threshold: expected 0.1 to 0.99, found True"),
        (("happy", 0.8, 0), "seconds: expected 0.1 to 3600, found 0"),
        (("happy", 0.8, math.inf), "seconds: expected 0.1 to 3600, found inf"),
        (("happy", 0.8, "2"), "seconds: expected 0.1 to 3600, found 2"),
    ],
)
def test_impossible_rules_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        ExpressionRule(*values)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "kind: expected one of expression, face, found None"),
        ({"kind": "voice", "seconds": 2}, "kind: expected one of expression, face, found voice"),
        ({"kind": "face", "seconds": 2}, "a rule of kind face: .*missing.*'present'"),
        ({"kind": "face", "present": True, "seconds": 2, "x": 1}, "a rule of kind face: .*'x'"),
        ({"kind": "face", "present": False, "seconds": -1}, "seconds: expected"),
    ],
)
def test_json_of_no_rule_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        rule_from_json(content)


def test_a_face_that_is_nobodys_yet_is_a_face_and_no_more():
    """In its first half second, see `emotion_core.faces.persons.gallery`."""
    rules = (ExpressionRule("happy", 0.8, 0.1), FaceRule(present=True, seconds=0.2))
    frames = [(number / 10, {None: 0.9} if number < 5 else {1: 0.9}) for number in range(9)]
    events = watch(*frames, rules=rules)
    assert [(each.rule, each.person, each.time) for each in events] == [
        ("a face for 0.2 s", None, 0.2),
        ("happy above 80% for 0.1 s", 1, 0.7),
    ]
