import pytest

from emotion_core.judging.explanation import STEPS, explain
from emotion_core.judging.judgement import judge
from emotion_core.judging.paired_comparison import compare_answers
from emotion_core.judging.report.figures import (
    change_figure,
    class_metrics_figure,
    curves_figure,
    differences_figure,
    faithfulness_figure,
)
from emotion_core.judging.robustness.changes import CHANGES
from emotion_core.judging.robustness.curves import (
    RobustnessCurve,
    RobustnessCurves,
    RobustnessPoint,
)
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


def test_harsher_stands_to_the_right_and_the_unchanged_is_there():
    dark = next(change for change in CHANGES if change.name == "darkness")
    points = tuple(
        RobustnessPoint(strength, 10, correct)
        for correct, strength in enumerate(reversed(dark.strengths))
    )
    curves = RobustnessCurves(10, 10, 0, 9, (RobustnessCurve("darkness", points),))
    figure = change_figure([("one", curves), ("two", curves)], dark)
    first, second = figure.data
    assert tuple(first.x) == tuple(sorted([*dark.strengths, 100]))
    assert first.y[-1] == 0.9
    assert figure.layout.xaxis.autorange == "reversed"
    assert first.line.color != second.line.color


def test_differences_of_all_and_of_the_labels_there_are():
    first, second = random_answers(), random_answers(seed=1)
    (dots,) = differences_figure(compare_answers(first, second), "").data
    assert len(dots.y) == 1 + 6
    assert dots.y[0] == "all"


def test_faithfulness_is_drawn_beside_chance(demo):
    class Bright:
        def predict_logits(self, crops):
            import numpy as np

            logits = np.zeros((len(crops), 7), np.float32)
            logits[:, 3] = crops.mean(axis=(1, 2)) / 30
            return logits

    figure = faithfulness_figure(explain(Bright(), demo.images[0]))
    assert len(figure.data) == 4
    assert len(figure.data[0].x) == STEPS + 1
