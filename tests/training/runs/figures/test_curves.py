import pytest

from emotion_core.training.progress import EpochMetrics
from emotion_core.training.runs.figures.curves import CURVES, curve_figure, runs_figure

EPOCHS = [
    EpochMetrics(number, 1e-3 * number, 1.5, 0.4, 0.5, 0.3, 1.4, 900.0, 2.0)
    for number in range(1, 4)
]


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.title)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_each_curve_has_a_point_an_epoch_on_an_axis_that_stays(curve, count):
    figure = curve_figure(curve, EPOCHS[:count], planned=8)
    assert [line.name for line in figure.data] == list(curve.fields)
    assert all(len(line.x) == len(line.y) == count for line in figure.data)
    assert figure.layout.xaxis.range == (0.5, 8.5)
    assert figure.layout.title.text == curve.title


def test_runs_are_compared_by_what_is_measured_on_unseen_faces():
    runs = {f"run {number}": EPOCHS[:2] for number in range(10)}
    figure = runs_figure(CURVES[0], runs)
    assert [line.name for line in figure.data] == list(runs)
    assert figure.data[0].y == (1.4, 1.4)
    assert len({(line.line.color, line.line.dash) for line in figure.data}) == 10
    assert len(runs_figure(CURVES[0], {}).data) == 0
