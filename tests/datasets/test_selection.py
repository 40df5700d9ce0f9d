from __future__ import annotations

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.selection import FaceFilter, in_order, matching_faces, parse_indices
from emotion_core.errors import DatasetError

SCORES = {"brightness": np.array([10, 20, 30, np.nan, 50, 60], np.float32)}


@pytest.fixture
def dataset(faces) -> FaceDataset:
    """Label 0 to 5, two of each split."""
    labels = np.arange(6, dtype=np.uint8)
    return FaceDataset("six", faces, labels, labels // 2, labels.astype(np.int64))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (FaceFilter(), [0, 1, 2, 3, 4, 5]),
        (FaceFilter(splits=("PublicTest",)), [2, 3]),
        (FaceFilter(splits=("Training", "PrivateTest")), [0, 1, 4, 5]),
        (FaceFilter(emotions=("disgust",)), [1]),
        (FaceFilter(emotions=("neutral",)), []),
        (FaceFilter(splits=("Training",), emotions=("disgust", "fear")), [1]),
        (FaceFilter(indices=" 4, 1-2"), [1, 2, 4]),
        (FaceFilter(indices="  "), [0, 1, 2, 3, 4, 5]),
        (FaceFilter(scores=(("brightness", 20, 50),)), [1, 2, 4]),
    ],
)
def test_faces_that_match(dataset, wanted, expected):
    assert matching_faces(dataset, wanted, SCORES).tolist() == expected


def test_faces_to_choose_from_are_left_as_they_are(dataset):
    among = np.array([True, True, False, False, False, True])
    assert matching_faces(dataset, FaceFilter(splits=("Training",)), among=among).tolist() == [0, 1]
    assert among.sum() == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("0", [0]),
        ("3 5", [3, 5]),
        ("3;5,", [3, 5]),
        ("2 - 4", [2, 3, 4]),
        ("4-2", [2, 3, 4]),
        ("4-400", [4, 5]),
        ("6, 999999999999999999", []),
    ],
)
def test_numbers_and_ranges(text, expected):
    assert np.flatnonzero(parse_indices(text, 6)).tolist() == expected


@pytest.mark.parametrize("text", ["abc", "1-", "-1", "1--2", "1.5", "9" * 19, "²"])
def test_anything_else_is_refused(text):
    with pytest.raises(DatasetError) as caught:
        parse_indices(text, 6)
    assert str(caught.value) == (f"expected numbers and ranges such as 5, 100-120, found {text!r}")


def test_sorting_is_stable_and_puts_unknown_scores_last():
    scores = np.array([3, 1, np.nan, 3, 2], np.float32)
    indices = np.array([0, 1, 2, 3, 4])
    assert in_order(indices, scores).tolist() == [1, 4, 0, 3, 2]
    assert in_order(indices, scores, descending=True).tolist() == [0, 3, 4, 1, 2]
    assert in_order(np.array([], np.intp), scores).tolist() == []
