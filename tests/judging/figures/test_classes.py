import pytest

from emotion_core.judging.figures.classes import class_metrics_figure, curves_figure
from emotion_core.judging.judgement import judge
from tests.judging.made_answers import made_answers, random_answers


def test_metrics_leave_out_expressions_without_images():
    figure = class_metrics_figure(judge(random_answers()).report.per_class, "")
    precision, recall, f1, *legend = figure.data
    assert len(precision.x) == len(recall.x) == len(f1.x) == 6
    assert precision.name == "precision"
    assert recall.x[0] == 0
    assert recall.x[1] == 2  # disgust is missing
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == [
        trace.name for trace in legend
    ]


@pytest.mark.parametrize(("kind", "lines"), [("roc", 7), ("precision-recall", 6)])
def test_curves_of_the_expressions_that_have_them(kind, lines):
    judgement = judge(random_answers())
    figure = curves_figure(judgement.curves, kind, "")
    assert len(figure.data) == lines  # and the diagonal of guessing
    assert figure.data[0].name.startswith("angry 0.")


def test_no_curves():
    figure = curves_figure(judge(made_answers([3], [3])).curves, "roc", "")
    assert [trace.name for trace in figure.data] == ["guessing"]
