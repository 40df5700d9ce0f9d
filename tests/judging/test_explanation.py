import numpy as np
import pytest

from emotion_core.judging.explanation import (
    STEPS,
    explain,
    heat_map,
    heat_picture,
    hidden_face,
    random_masks,
)
from emotion_core.judging.predictions.predict import ParallelClassifier


class Corner:
    """Says happy the surer the brighter the upper left corner is; looks at nothing else."""

    def predict_logits(self, crops):
        logits = np.zeros((len(crops), 7), np.float32)
        logits[:, 3] = crops[:, 4:16, 4:16].mean(axis=(1, 2)) / 50
        return logits


@pytest.fixture
def face():
    """A bright corner on a dark face."""
    pixels = np.random.default_rng(0).integers(0, 60, (48, 48)).astype(np.uint8)
    pixels[4:16, 4:16] = 240
    return pixels


def test_the_corner_is_found_and_the_map_is_faithful(face):
    found = explain(Corner(), face)
    assert found.emotion == "happy"
    inside = found.heat[4:16, 4:16].mean()
    assert inside > 3 * abs(found.heat[24:, 24:]).mean()
    y, x = np.unravel_index(found.heat.argmax(), found.heat.shape)
    assert (4 <= y < 16, 4 <= x < 16) == (True, True)
    assert found.faithfulness.deletion_auc < found.of_chance.deletion_auc - 0.05
    assert found.faithfulness.insertion_auc > found.of_chance.insertion_auc + 0.05


def test_both_ends_of_the_curves_are_the_face_and_what_hides_it(face):
    found = explain(Corner(), face)
    whole = found.score
    hidden = explain(Corner(), np.rint(hidden_face(face)).astype(np.uint8), emotion="happy").score
    for curves in (found.faithfulness, found.of_chance):
        assert len(curves.deletion) == STEPS + 1
        assert (curves.deletion[0], curves.deletion[-1]) == pytest.approx((whole, hidden))
        assert (curves.insertion[0], curves.insertion[-1]) == pytest.approx((hidden, whole))


def test_what_speaks_against_is_below_zero(face):
    against = explain(Corner(), face, emotion="sad")
    assert against.emotion == "sad"
    assert against.heat[4:16, 4:16].mean() < 0


def test_a_face_without_features_has_nothing_to_point_at():
    found = explain(Corner(), np.full((48, 48), 100, np.uint8))
    assert np.abs(found.heat).max() < 1e-5
    assert heat_picture(found).std(axis=(0, 1)).max() < 1  # no colour where there is no reason


def test_equal_seeds_give_equal_explanations(face):
    first, again, other = (explain(Corner(), face, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.of_chance.deletion, again.of_chance.deletion)
    assert not np.array_equal(first.of_chance.deletion, other.of_chance.deletion)


def test_masks_hide_half_of_the_face_each_and_every_pixel_alike():
    masks = random_masks()
    assert masks.shape == (1000, 48, 48)
    assert (masks.min(), masks.max()) == (0, 1)
    assert masks.mean(axis=0) == pytest.approx(0.5, abs=0.1)
    assert masks.mean(axis=(1, 2)).std() < 0.1
    assert np.array_equal(masks[:50], random_masks(50))


def test_heat_by_hand():
    masks = np.ones((2, 48, 48), np.float32)
    masks[0, 0, 0] = 0
    heat = heat_map(masks, np.array([0.2, 0.9]))
    assert heat[0, 0] == pytest.approx(0.9 - 0.2)
    assert heat[5, 5] == 0  # never hidden, so nothing is known


def test_picture_is_orange_where_it_speaks_for(face):
    found = explain(Corner(), face)
    picture = heat_picture(found, side=96).astype(int)
    assert picture.shape == (96, 96, 3)
    blue, _, red = picture[20, 20]
    assert red > blue + 40


def test_a_real_model_can_be_asked(tiny_model, demo):
    found = explain(ParallelClassifier.load(tiny_model), demo.images[0], temperature=1.3)
    assert 0 <= found.score <= 1
    assert np.isfinite(found.heat).all()
