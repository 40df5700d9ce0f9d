import json

import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face
from emotion_core.judging.robustness.perturbations import (
    LARGEST_SHIFT,
    SCALES,
    SHIFTED_BOXES,
    Perturbation,
    RobustnessReport,
    measure_robustness,
    shift_boxes,
)

DARKER = Perturbation("darker", lambda faces, _random: faces // 2)


class Brightness:
    """Is right about a face (label 3, happy) as long as it is bright."""

    def predict_logits(self, crops):
        bright = crops.mean(axis=(1, 2)) >= 100
        return np.where(bright[:, None], np.eye(7)[3], np.eye(7)[6]).astype(np.float32)


@pytest.fixture
def bright_and_brighter(demo):
    """Two faces of which halving the light leaves one bright; both are happy."""
    faces = demo.subset(np.arange(2))
    images = np.stack([np.full((48, 48), value, np.uint8) for value in (150, 250)])
    return type(faces)(
        name="two faces",
        images=images,
        labels=np.array([3, 3], np.uint8),
        splits=faces.splits,
        rows=faces.rows,
    )


def test_loss_by_hand(bright_and_brighter):
    report = measure_robustness(Brightness(), bright_and_brighter, DARKER, repeats=3)
    assert (report.name, report.n, report.accuracy) == ("darker", 2, 1.0)
    assert report.perturbed == (0.5, 0.5, 0.5)
    assert (report.mean, report.deviation, report.points_lost) == (0.5, 0.0, 50.0)


def test_spread_by_hand():
    report = RobustnessReport("any", 10, seed=0, accuracy=0.9, perturbed=(0.6, 0.8))
    assert report.mean == pytest.approx(0.7)
    assert report.deviation == pytest.approx(0.2 / np.sqrt(2))
    assert report.points_lost == pytest.approx(20)
    assert RobustnessReport("any", 10, seed=0, accuracy=0.9, perturbed=(0.6,)).deviation == 0


def test_json():
    content = RobustnessReport("any", 10, seed=4, accuracy=0.75, perturbed=(0.5, 0.5)).to_json()
    assert json.loads(json.dumps(content)) == {
        "name": "any",
        "n": 10,
        "seed": 4,
        "repeats": 2,
        "accuracy": 0.75,
        "accuracy_perturbed": 0.5,
        "standard_deviation": 0.0,
        "points_lost": 25.0,
    }


def test_repeats_differ_and_seeds_decide(demo):
    class Corner:
        """Answers by the brightness of one pixel, which any shift changes."""

        def predict_logits(self, crops):
            return np.eye(7, dtype=np.float32)[crops[:, 20, 10] % 7]

    first, again, other = (
        measure_robustness(Corner(), demo, SHIFTED_BOXES, seed=seed) for seed in (1, 1, 2)
    )
    assert len(first.perturbed) == 5
    assert len(set(first.perturbed)) > 1
    assert first == again
    assert first.perturbed != other.perturbed
    assert first.accuracy == other.accuracy


def test_boxes_are_cropped_by_the_one_crop_rule_within_the_limits(demo):
    """Every result is what ``crop_face`` makes of some allowed box, and most boxes are off."""
    faces = demo.images[:20]
    shift, sides = round(LARGEST_SHIFT * 48), [round(48 * scale) for scale in SCALES]
    found = []
    for face, crop in zip(faces, shift_boxes(faces, np.random.default_rng(0)), strict=True):
        boxes = [
            Box(24 - side // 2 + x, 24 - side // 2 + y, side, side)
            for side in range(sides[0], sides[1] + 1)
            for x in range(-shift - 1, shift + 2)
            for y in range(-shift - 1, shift + 2)
        ]
        found.append(next(box for box in boxes if (crop_face(face, box) == crop).all()))
    assert len({(box.x, box.y, box.width) for box in found}) > 10
    assert any(box.x < 0 or box.y < 0 for box in found)  # beyond the picture


def test_shift_is_as_far_as_promised():
    """A bright dot tells where the box was: without scaling it moves by at most 8% of 48."""
    faces = np.zeros((400, 48, 48), np.uint8)
    faces[:, 23:25, 23:25] = 255
    crops = shift_boxes(faces, np.random.default_rng(0)).astype(float)
    weights = crops / crops.sum(axis=(1, 2), keepdims=True)
    x = (weights.sum(axis=1) * np.arange(48)).sum(axis=1) - 23.5
    y = (weights.sum(axis=2) * np.arange(48)).sum(axis=1) - 23.5
    largest = LARGEST_SHIFT * 48 / SCALES[0] + 0.6  # half a pixel is lost to whole pixels
    for offsets in (x, y):
        assert np.abs(offsets).max() <= largest
        assert offsets.max() > 3
        assert offsets.min() < -3
        assert abs(offsets.mean()) < 0.5
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.2


def test_unshifted_box_is_the_picture_itself(demo):
    face = demo.images[0]
    assert (crop_face(face, Box(0, 0, 48, 48)) == face).all()


def test_no_faces(demo):
    assert shift_boxes(demo.images[:0], np.random.default_rng(0)).shape == (0, 48, 48)
