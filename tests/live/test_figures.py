import numpy as np

from emotion_core.emotions import EMOTIONS
from emotion_core.live.figures import timelines_figure
from emotion_core.live.history import Timeline


def timeline(track, *scores, left=None):
    rows = np.array(scores, np.float64).reshape(-1, 7)
    seconds = np.arange(-len(rows), 0, dtype=np.float64)
    return Timeline(track, seconds, rows, ("happy",) * len(rows), left)


def test_one_band_a_face_and_one_legend_for_all():
    happy = np.eye(7)[3]
    figure = timelines_figure([timeline(4, happy, happy), timeline(9, happy, happy)])
    assert len(figure.data) == 14
    assert [trace.name for trace in figure.data if trace.showlegend] == list(EMOTIONS)
    assert {trace.yaxis for trace in figure.data} == {"y", "y2"}
    assert [note.text for note in figure.layout.annotations] == ["person 4", "person 9"]
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]  # the first on top


def test_what_is_drawn_is_said():
    happy = np.eye(7)[3]
    layout = timelines_figure([timeline(4, happy), timeline(9, happy)]).layout
    assert layout.title.text == "Scores over the last minute"
    assert layout.xaxis.title.text == "seconds ago"
    ticks = dict(zip(layout.xaxis.ticktext, layout.xaxis.tickvals, strict=True))
    assert (ticks["0"], ticks["60"]) == (0, -60)
    for axis in (layout.yaxis, layout.yaxis2):
        assert (axis.title.text, axis.tickformat, *axis.range) == ("score", ".0%", 0, 1)


def test_who_left_is_pale_and_said_to_have_left():
    happy = np.eye(7)[3]
    figure = timelines_figure([timeline(9, happy), timeline(4, happy, left=12.4)])
    assert [note.text for note in figure.layout.annotations] == [
        "person 9",
        "person 4, left 12 s ago",
    ]
    assert {trace.fillcolor.split(", ")[-1] for trace in figure.data[:7]} == {"1.0)"}
    assert {trace.fillcolor.split(", ")[-1] for trace in figure.data[7:]} == {"0.35)"}


def test_out_of_sight_is_drawn_as_nothing():
    figure = timelines_figure([timeline(1, np.eye(7)[0], np.full(7, np.nan))])
    assert [float(trace.y[1]) for trace in figure.data] == [0.0] * 7


def test_nobody_yet():
    assert len(timelines_figure([]).data) == 0
