import numpy as np

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.figures.confusion import confusion_figure


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
