from emotion_core.judging.figures.robustness import change_figure
from emotion_core.judging.robustness.changes import CHANGES
from emotion_core.judging.robustness.curves import (
    RobustnessCurve,
    RobustnessCurves,
    RobustnessPoint,
)


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


def test_strengths_are_written_with_their_units():
    harshest = {change.name: change.at(change.strengths[-1]) for change in CHANGES}
    assert harshest["occlusion"] == "50% of the face"
    assert harshest["rotation"] == "45 degrees"
    assert harshest["jpeg"] == "JPEG quality 4"
