import pytest

from emotion_core.training.progress import EpochMetrics
from emotion_core.training.runs.figures import (
    CURVES,
    curve_figure,
    runs_figure,
    sweep_figure,
    training_figure,
)

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


def test_a_sweep_has_an_axis_for_each_setting_and_one_for_accuracy():
    settings = {
        "learning_rate": ("0.01", "0.003", "0.01"),
        "augmentation.flip": ("yes", "no", "yes"),
    }
    figure = sweep_figure(settings, [0.5, 0.7, 0.6])
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert texts == [
        *("<b>learning rate</b>", "0.003", "0.01"),
        *("<b>flip</b>", "yes", "no"),
        *("<b>accuracy</b>", "50.0%", "70.0%"),
    ]
    worst, second, best = figure.data[:3]
    assert [line.y[2] for line in (worst, second, best)] == pytest.approx([0, 0.5, 1])
    assert best.hovertemplate == "<b>70.0%</b><br>learning rate 0.003<br>flip no"
    assert list(best.y[:2]) == pytest.approx([0, 1], abs=0.05)
    assert worst.y[0] < second.y[0]  # one value, and still two lines
    assert worst.line.color != best.line.color


def test_a_sweep_of_one_run():
    (line, *_) = sweep_figure({"seed": ("1",)}, [0.5]).data
    assert list(line.y) == pytest.approx([0, 0], abs=0.05)


def test_training_curves_mark_the_best_epoch():
    epochs = [
        {
            "epoch": number,
            "train_accuracy": 0.4,
            "validation_accuracy": accuracy,
            "validation_macro_f1": 0.3,
        }
        for number, accuracy in ((1, 0.5), (2, 0.7), (3, 0.6))
    ]
    figure = training_figure(epochs, "three epochs")
    *lines, best = figure.data
    assert [tuple(line.x) for line in lines] == [(1, 2, 3)] * 3
    assert tuple(lines[1].y) == (0.5, 0.7, 0.6)
    assert (best.x, best.y, best.name) == ((2,), (0.7,), "best: epoch 2")
