import numpy as np
import pytest

from emotion_core.augmentation import FaceAugmentation
from emotion_core.training_config import AugmentationConfig

NOTHING = AugmentationConfig(rotation_degrees=0, shift=0, zoom=0, flip=False, erase_probability=0)


@pytest.fixture
def faces(demo):
    return demo.images[:32].astype(np.float32)[..., None]


def augment(config, faces, seed=1, training=True):
    return np.asarray(FaceAugmentation(config, seed)(faces, training=training))


def test_inference_changes_nothing(faces):
    assert np.array_equal(augment(AugmentationConfig(), faces, training=False), faces)


def test_zero_settings_change_nothing(faces):
    assert augment(NOTHING, faces) == pytest.approx(faces, abs=1e-2)


def test_flip_mirrors_about_half(faces):
    flipped = augment(AugmentationConfig(0, 0, 0, True, 0), faces)
    mirrored = [np.allclose(a, b[:, ::-1], atol=0.5) for a, b in zip(flipped, faces, strict=True)]
    kept = [np.allclose(a, b, atol=0.5) for a, b in zip(flipped, faces, strict=True)]
    assert sum(mirrored) + sum(kept) == len(faces)
    assert 6 <= sum(mirrored) <= 26


def test_shift_stays_within_its_reach():
    dot = np.zeros((64, 48, 48, 1), np.float32)
    dot[:, 23:25, 23:25] = 255
    moved = augment(AugmentationConfig(0, 0.1, 0, False, 0), dot)[..., 0]
    rows, columns = np.mgrid[:48, :48]
    weight = moved.sum(axis=(1, 2))
    centers = np.stack([(moved * axis).sum(axis=(1, 2)) / weight for axis in (rows, columns)])
    assert np.abs(centers - 23.5).max() <= 4.8 + 0.1
    assert np.ptp(centers) > 5


def test_zoom_grows_and_shrinks():
    disc = np.zeros((64, 48, 48, 1), np.float32)
    disc[:, 12:36, 12:36] = 255
    area = (
        augment(AugmentationConfig(0, 0, 0.2, False, 0), disc).sum(axis=(1, 2, 3)) / disc[0].sum()
    )
    assert 0.62 < area.min() < 0.85
    assert 1.15 < area.max() < 1.46


def test_erasing_blanks_a_rectangle_with_the_mean(faces):
    erased = augment(AugmentationConfig(0, 0, 0, False, 1.0), faces)
    for before, after in zip(faces, erased, strict=True):
        blank = np.isclose(after, before.mean(), atol=0.6)[..., 0]
        rows, columns = np.flatnonzero(blank.all(axis=1) | blank.any(axis=1)), blank.any(axis=0)
        assert len(rows) >= 9
        assert columns.sum() >= 9
        assert not np.array_equal(before, after)


def test_same_seed_gives_the_same_faces(faces):
    first, again = (augment(AugmentationConfig(), faces, seed=4) for _ in range(2))
    other = augment(AugmentationConfig(), faces, seed=5)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
