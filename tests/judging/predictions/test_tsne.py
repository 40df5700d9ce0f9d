"""The projection that a map starts from; the map itself: test_embedding_map.py."""

import numpy as np

from emotion_core.judging.predictions.tsne import project


def test_projection():
    rows = np.array([[0, 0, 0], [4, 0, 0], [0, 1, 0], [4, 1, 0]], np.float32)
    expected = [[-2, -0.5], [2, -0.5], [-2, 0.5], [2, 0.5]]
    np.testing.assert_allclose(project(rows), expected, atol=1e-6)
    assert project(np.array([[1], [3]], np.float32)).tolist() == [[-1, 0], [1, 0]]
