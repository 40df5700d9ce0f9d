from __future__ import annotations

import json

import numpy as np
import pytest

from emotion_core.emotions import ANSWER_COLORS, EMOTION_COLORS, EMOTIONS
from emotion_core.sessions.figures import shares_figure, timeline_figure, transitions_figure
from emotion_core.sessions.summary import Event, PersonSummary, SessionSummary, Timeline


def person(
    number: int = 1,
    seconds: dict[str, float] | None = None,
    timeline: Timeline | None = None,
    transitions: dict[tuple[int, int], int] | None = None,
) -> PersonSummary:
    answer_seconds = dict.fromkeys(ANSWER_COLORS, 0.0) | (seconds or {})
    counts = np.zeros((7, 7), np.int64)
    for place, count in (transitions or {}).items():
        counts[place] = count
    return PersonSummary(
        person=number,
        frames=3,
        seconds=sum(answer_seconds.values()),
        answer_seconds=answer_seconds,
        mean_scores=(1 / 7,) * 7,
        transitions=counts,
        longest=None,
        timeline=timeline or Timeline(np.empty(0), np.empty((0, 7))),
    )


def timeline(times: list[float]) -> Timeline:
    return Timeline(np.array(times), np.tile(np.arange(7) / 10, (len(times), 1)))


def test_timeline_has_a_line_for_each_expression_in_its_colour():
    lines = timeline_figure(person(timeline=timeline([0.0, 1.5])), "person 1").data
    assert [line.name for line in lines] == list(EMOTIONS)
    assert [line.line.color for line in lines] == list(EMOTION_COLORS.values())
    assert lines[3].y.tolist() == pytest.approx([0.3, 0.3])
    assert lines[3].x[1] == np.datetime64("1970-01-01T00:00:01.500")


def test_a_gap_in_the_timeline_stays_one():
    broken = Timeline(np.array([0.0, 0.0, 5.0]), np.array([[0.5] * 7, [np.nan] * 7, [0.5] * 7]))
    figure = timeline_figure(person(timeline=broken), "person 1")
    assert np.isnan(figure.data[0].y[1])
    assert figure.data[0].connectgaps is False
    assert json.loads(figure.to_json())["data"]  # NaN is none in JSON


@pytest.mark.parametrize(("end", "clock"), [(59.0, "%-M:%S"), (3600.0, "%-H:%M:%S")])
def test_hours_are_told_where_there_are_some(end, clock):
    figure = timeline_figure(person(timeline=timeline([0.0, end])), "person 1")
    axis = figure.layout.xaxis
    assert axis.tickformat == clock
    # Ticks less than a second apart are not called the same.
    closer, further = axis.tickformatstops
    assert (closer.dtickrange, closer.value) == ((None, 999), f"{clock}.%1f")
    assert (further.dtickrange, further.value) == ((1000, None), clock)


def test_an_empty_timeline():
    assert len(timeline_figure(person(), "nobody").data[0].x) == 0


def test_events_are_vertical_lines_where_they_happened():
    events = [Event(0.5, "happy above 80% for 2 s", 1, 0.9), Event(1.25, "no face for 1 s")]
    others = [Event(0.75, "sad above 50% for 1 s", 2, 0.6)]
    figure = timeline_figure(person(1, timeline=timeline([0.0, 1.5])), "person 1", events + others)
    *lines, markers = figure.data
    assert len(lines) == len(EMOTIONS)
    assert [str(time)[17:23] for time in markers.x] == ["00.500", "01.250"]
    assert list(markers.text) == ["happy above 80% for 2 s", "no face for 1 s"]
    assert (markers.y[0], markers.error_y.value, markers.error_y.valueminus) == (1, 0, 1)


def test_no_events_no_markers():
    elsewhere = [Event(0.5, "sad above 50% for 1 s", 2, 0.6)]
    figure = timeline_figure(person(1, timeline=timeline([0.0, 1.5])), "person 1", elsewhere)
    assert len(figure.data) == len(EMOTIONS)


def test_shares_have_a_bar_for_each_person_and_a_colour_for_each_answer():
    first = person(1, {"happy": 3.0, "uncertain": 1.0})
    second = person(2, {"sad": 2.0})
    summary = SessionSummary(frames=9, seconds=5, no_face_seconds=0, persons=(first, second))
    figure = shares_figure(summary, "shares")
    bars = {bar.name: bar for bar in figure.data}
    assert list(bars) == list(ANSWER_COLORS)
    assert tuple(bars["happy"].x) == (0.75, 0)
    assert tuple(bars["uncertain"].x) == (0.25, 0)
    assert tuple(bars["sad"].x) == (0, 1)
    assert tuple(bars["sad"].customdata) == (0, 2.0)
    assert tuple(bars["sad"].y) == (0, 1)
    assert [each.text for each in figure.layout.annotations] == ["person 1", "person 2"]
    assert bars["sad"].marker.color == ANSWER_COLORS["sad"]


def test_only_so_many_persons_are_drawn():
    persons = tuple(person(number, {"sad": 1.0}) for number in range(1, 31))
    summary = SessionSummary(frames=9, seconds=5, no_face_seconds=0, persons=persons)
    assert len(shares_figure(summary, "shares", most_persons=5).data[0].y) == 5


def test_shares_of_nobody():
    summary = SessionSummary(frames=0, seconds=0, no_face_seconds=0, persons=())
    assert len(shares_figure(summary, "nobody").data[0].y) == 0


def test_transitions_are_counts_from_row_to_column():
    (heatmap,) = transitions_figure(person(transitions={(3, 4): 2}), "changes").data
    assert tuple(heatmap.x) == tuple(heatmap.y) == EMOTIONS
    assert heatmap.z[3][4] == 2
    assert heatmap.text[3][4] == 2
    assert heatmap.text[4][3] == ""  # a table of zeros would be hard to read
    assert heatmap.zmax == 2


def test_no_transitions():
    (heatmap,) = transitions_figure(person(), "no changes").data
    assert heatmap.zmax == 1
