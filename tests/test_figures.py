import numpy as np

from emotion_core.emotions import EMOTIONS
from emotion_core.figures import confusion_figure


def test_confusion_is_drawn_by_row_share_with_counts():
    confusion = np.zeros((7, 7), np.int64)
    confusion[3] = [0, 0, 1, 3, 0, 0, 0]
    (heatmap,) = confusion_figure(confusion, "four happy faces").data
    assert tuple(heatmap.x) == tuple(heatmap.y) == EMOTIONS
    assert heatmap.z[3][3] == 0.75
    assert heatmap.text[3][3] == "75%<br><sub>3</sub>"
    assert heatmap.z[0][0] == 0  # a class without images is no division by zero
