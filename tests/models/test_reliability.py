"""How often an answer is right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.reliability import Reliability, reliability_of

SHIPPED = load_card(default_model_dir())


@pytest.mark.parametrize(
    ("precision", "words"),
    [
        (0.0, "fewer than 1 of 10"),
        (0.05, "1 of 10"),
        (0.57, "6 of 10"),
        (0.94, "9 of 10"),
        (0.95, "more than 9 of 10"),
        (1.0, "more than 9 of 10"),
    ],
)
def test_in_words(precision, words):
    assert Reliability(precision, 100, "data").of_ten == words


def test_the_shipped_model():
    fear, place = reliability_of(SHIPPED, "fear"), EMOTIONS.index("fear")
    answers = sum(row[place] for row in SHIPPED.metrics["confusion"])
    precision = SHIPPED.metrics["per_class"]["fear"]["precision"]
    assert fear == Reliability(precision, answers, fear.data)
    assert (fear.of_ten, fear.data) == ("6 of 10", "fer2013.csv PublicTest")
    assert all(reliability_of(SHIPPED, emotion) for emotion in EMOTIONS)


def test_of_both_views_it_says_so():
    both = reliability_of(SHIPPED.mirrored, "fear")
    assert both.precision == SHIPPED.metrics["mirrored"]["per_class"]["fear"]["precision"]
    assert both.data == "fer2013.csv PublicTest, each with its mirror image,"


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"per_class": {}},
        {"per_class": {"fear": {"precision": "high"}}, "confusion": [[0] * 7]},
        {"per_class": {"fear": {"precision": 0.5}}},
        {"per_class": {"fear": {"precision": 0.5}}, "confusion": [[0, 0, 19, 0, 0, 0, 0]]},
        {"per_class": {"fear": {"precision": 50}}, "confusion": [[0, 0, 90, 0, 0, 0, 0]]},
        {"per_class": [], "confusion": "none"},
    ],
)
def test_where_a_card_does_not_say_nothing_is_said(metrics):
    assert reliability_of(replace(SHIPPED, metrics=metrics), "fear") is None
