from emotion_core.judging.figures.comparison import differences_figure
from emotion_core.judging.paired_comparison import compare_answers
from tests.judging.made_answers import random_answers


def test_differences_of_all_and_of_the_labels_there_are():
    first, second = random_answers(), random_answers(seed=1)
    (dots,) = differences_figure(compare_answers(first, second), "").data
    assert len(dots.y) == 1 + 6
    assert dots.y[0] == "all"
