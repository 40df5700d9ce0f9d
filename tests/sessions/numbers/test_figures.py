from __future__ import annotations

import numpy as np

from emotion_core.emotions import ANSWER_COLORS, EMOTIONS
from emotion_core.sessions.edits.ranges import TimeRange
from emotion_core.sessions.numbers.around import mark_average
from emotion_core.sessions.numbers.comparing import compare_people
from emotion_core.sessions.numbers.figures import (
    around_figure,
    comparison_figure,
    numbers_figure,
)
from emotion_core.sessions.numbers.measures import session_numbers
from tests.sessions.numbers.made import tables, wandering


def test_each_range_has_a_symbol_and_each_answer_its_colour():
    made = tables({1: wandering(300, 1)})
    numbers = session_numbers(*made, {"<b>film": [TimeRange(5, 20)]})
    found = [(part.label, part.of(1)) for part in numbers]
    figure = numbers_figure(found, "", "share")
    whole, _, film, legend = figure.data
    assert whole.x[3] == found[0][1].of("happy").share.value
    assert list(film.marker.color) == list(ANSWER_COLORS.values())
    assert (film.name, legend.name) == ("&lt;b&gt;film", "&lt;b&gt;film")
    assert whole.marker.symbol != film.marker.symbol == legend.marker.symbol
    share = found[1][1].of("sad").share
    assert film.error_x.array[4] == share.high - share.value
    assert len(numbers_figure(found, "", "score").data[0].x) == len(EMOTIONS)


def test_a_band_ends_where_scores_end():
    average = mark_average(*tables({1: wandering(300, 1)}), (5.0, 20.0))
    band, line = around_figure(average, "", ["happy"]).data
    assert average.low.min() < 0 <= np.min(band.y)
    assert line.y.tolist() == average.mean[:, 3].tolist()
    (alone,) = around_figure(
        mark_average(*tables({1: wandering(300, 1)}), (5.0,)), "", ["sad"]
    ).data
    assert alone.name == "sad"


def test_differences_are_in_points():
    made = tables({1: wandering(300, 1), 2: wandering(300, 2)})
    comparison = compare_people(*made, (1, "Ann"), (2, "Ben"))
    dots = comparison_figure(comparison, "", "score").data[0]
    assert list(dots.y) == list(EMOTIONS)
    assert dots.x[0] == 100 * comparison.differences[8].value
