import numpy as np

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.intervals import wilson_interval
from emotion_core.judging.measures.scores import CoveragePoint, ReliabilityBin
from emotion_core.judging.report.model_figures import (
    ablation_figure,
    confusion_figure,
    coverage_figure,
    reliability_figure,
)


def text_in(figure, label: int, answer: int) -> str:
    (found,) = (each for each in figure.layout.annotations if (each.y, each.x) == (label, answer))
    return found.text


def test_confusion_is_drawn_by_row_share_with_counts():
    confusion = np.zeros((7, 7), np.int64)
    confusion[3] = [0, 0, 1, 3, 0, 0, 0]
    figure = confusion_figure(confusion, "four happy faces")
    heatmap, _ = figure.data
    assert tuple(heatmap.x) == tuple(heatmap.y) == EMOTIONS
    assert heatmap.z[3][3] == 0.75
    assert text_in(figure, 3, 3) == "75%<br><sub>3</sub>"
    assert heatmap.z[0][0] == 0  # a class without images is no division by zero


def test_confusion_by_column_and_as_counts():
    confusion = np.zeros((7, 7), np.int64)
    confusion[3] = [0, 0, 1, 3, 0, 0, 0]
    confusion[2, 2] = 3
    by_column = confusion_figure(confusion, "", by="column").data[0]
    assert (by_column.z[3][3], by_column.z[3][2], by_column.z[2][2]) == (1, 0.25, 0.75)
    figure = confusion_figure(confusion, "", by="count")
    assert (text_in(figure, 3, 3), text_in(figure, 0, 0)) == ("3", "0")
    assert figure.data[0].zmax == figure.data[0].z[3][3] == 3 / 7


def test_letters_are_the_pages_own_but_on_strong_colours():
    confusion = np.eye(7, dtype=np.int64)
    letters = {(each.y, each.x): each.font.color for each in
               confusion_figure(confusion, "").layout.annotations}  # fmt: skip
    assert letters[2, 2] == "white"
    assert letters[2, 3] is None


def test_every_cell_of_the_confusion_can_be_clicked_and_framed():
    confusion = np.arange(49).reshape(7, 7)
    figure = confusion_figure(confusion, "", selected=(2, 5))
    points = figure.data[1]
    found = {tuple(cell[:3]): (x, y) for cell, x, y in
             zip(points.customdata, points.x, points.y, strict=True)}  # fmt: skip
    assert found[2, 5, 19] == ("surprise", "fear")
    assert len(found) == 49
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.y1) == (4.52, 2.48)
    assert not confusion_figure(confusion, "").layout.shapes


def test_reliability_is_drawn_by_bin_with_intervals():
    bins = [
        ReliabilityBin(low=0.2, high=0.4, count=4, correct=1, confidence=0.3),
        ReliabilityBin(low=0.4, high=0.6, count=0, correct=0, confidence=0.5),
        ReliabilityBin(low=0.6, high=0.8, count=2, correct=2, confidence=0.75),
    ]
    bars, diagonal = reliability_figure(bins, "six faces").data
    assert tuple(bars.y) == (0.25, 1.0)  # the empty bin claims nothing
    assert np.allclose(bars.x, [0.3, 0.7])
    assert np.allclose(bars.width, 0.2)
    quarter = wilson_interval(1, 4)
    assert bars.error_y.array[0] == quarter.high - 0.25
    assert bars.error_y.arrayminus[0] == 0.25 - quarter.low
    assert bars.customdata[0] == [0.3, 4]
    assert tuple(diagonal.x) == tuple(diagonal.y) == (0, 1)


def test_reliability_without_images():
    bars, _ = reliability_figure([], "nothing").data
    assert len(bars.y) == 0


def test_coverage_is_drawn_with_the_chosen_threshold():
    curve = [CoveragePoint(0.0, 10, 10, 6), CoveragePoint(0.5, 10, 5, 4)]
    band, line, marker = coverage_figure(curve, curve[1], "ten faces").data
    assert tuple(line.x) == (1.0, 0.5)
    assert tuple(line.y) == (0.6, 0.8)
    assert tuple(line.customdata) == (0.0, 0.5)
    assert band.y[0] == wilson_interval(6, 10).low
    assert band.y[-1] == wilson_interval(6, 10).high
    assert (marker.x[0], marker.y[0]) == (0.5, 0.8)
    assert marker.text[0] == "uncertain below 50%"


def test_ablation_ranks_the_variants_and_leaves_the_baseline_out():
    variants = {
        "baseline": {"points_above_baseline": 0, "clear": False},
        "worse": {"points_above_baseline": -1.25, "clear": True},
        "better": {"points_above_baseline": 0.5, "clear": False},
    }
    (bars,) = ablation_figure(variants, "an ablation").data
    assert tuple(bars.y) == ("worse", "better")
    assert tuple(bars.text) == ("-1.2", "+0.5")
    assert bars.marker.color[0] != bars.marker.color[1]
