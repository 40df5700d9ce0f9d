import numpy as np

from emotion_core.judging.figures.certainty import coverage_figure, reliability_figure
from emotion_core.judging.measures.intervals import wilson_interval
from emotion_core.judging.measures.scores import CoveragePoint, ReliabilityBin


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
