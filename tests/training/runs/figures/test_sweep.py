import pytest

from emotion_core.training.runs.figures.sweep import sweep_figure


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
