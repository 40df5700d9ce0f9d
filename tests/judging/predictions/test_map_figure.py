from __future__ import annotations

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset
from emotion_core.emotions import EMOTION_COLORS
from emotion_core.judging.predictions.map_figure import map_figure

POINTS = np.arange(10, dtype=np.float32).reshape(5, 2)


@pytest.fixture
def dataset() -> FaceDataset:
    return FaceDataset(
        "five",
        np.zeros((5, 48, 48), np.uint8),
        np.array([3, 1, 3, 6, 1], np.uint8),
        np.array([0, 0, 2, 0, 2], np.uint8),
        np.arange(5),
    )


def test_one_colour_a_class(dataset):
    figure = map_figure(POINTS, dataset, "class")
    assert [trace.name for trace in figure.data] == ["disgust", "happy", "neutral"]
    disgust = figure.data[0]
    assert disgust.type == "scattergl"
    assert disgust.marker.color == EMOTION_COLORS["disgust"]
    assert disgust.customdata.tolist() == [1, 4]
    assert disgust.x.tolist() == [2, 8]
    assert disgust.y.tolist() == [3, 9]


def test_points_of_a_part_are_named_as_in_the_whole(dataset):
    figure = map_figure(POINTS, dataset, "class", members=np.array([10, 20, 30, 40, 50]))
    assert figure.data[0].customdata.tolist() == [20, 50]


def test_one_colour_a_split(dataset):
    figure = map_figure(POINTS, dataset, "split")
    assert [trace.name for trace in figure.data] == ["Training", "PrivateTest"]
    assert sum(len(trace.x) for trace in figure.data) == 5


def test_mistakes_are_a_scale(dataset):
    scores = np.linspace(0, 1, 5, dtype=np.float32)
    (trace,) = map_figure(POINTS, dataset, "mistake", scores).data
    assert trace.marker.color.tolist() == scores.tolist()
    assert trace.customdata.tolist() == [0, 1, 2, 3, 4]
    assert trace.text.tolist() == ["happy", "disgust", "happy", "neutral", "disgust"]


@pytest.mark.parametrize("by", ["mistake", "age"])
def test_a_colouring_without_scores_is_refused(dataset, by):
    with pytest.raises(ValueError, match=f"with its scores, found '{by}'"):
        map_figure(POINTS, dataset, by)
