import pytest

from emotion_core.run_figures import CURVES, comparison_figure, curve_figure, sweep_figure
from emotion_core.training_progress import EpochMetrics

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
    figure = comparison_figure(CURVES[0], runs)
    assert [line.name for line in figure.data] == list(runs)
    assert figure.data[0].y == (1.4, 1.4)
    assert len({(line.line.color, line.line.dash) for line in figure.data}) == 10
    assert len(comparison_figure(CURVES[0], {}).data) == 0


def test_a_sweep_has_an_axis_for_each_setting_and_one_for_accuracy():
    settings = {
        "learning_rate": ("0.01", "0.003", "0.01"),
        "augmentation.flip": ("yes", "no", "yes"),
    }
    (lines,) = sweep_figure(settings, [0.5, 0.6, 0.7]).data
    rate, flip, accuracy = lines.dimensions
    assert (rate.label, rate.ticktext) == ("learning rate", ("0.003", "0.01"))
    assert rate.values == (1, 0, 1)
    assert (flip.ticktext, flip.values) == (("yes", "no"), (0, 1, 0))
    assert accuracy.values == (0.5, 0.6, 0.7)
    assert sweep_figure({"seed": ("1",)}, [0.5]).data[0].line.cmax > 0.5
