from dataclasses import replace

import cv2
import numpy as np
import pytest

from emotion_core.training.config import AugmentationConfig
from emotion_core.training.fitting.augmentation import FaceAugmentation

NOTHING = AugmentationConfig(rotation_degrees=0, shift=0, zoom=0, flip=False, erase_probability=0)


@pytest.fixture
def faces(demo):
    return demo.images[:32].astype(np.float32)[..., None]


def augment(config, faces, seed=1, training=True):
    targets = np.full((len(faces), 7), 1 / 7, np.float32)
    return np.asarray(FaceAugmentation(config, seed)(faces, targets, training=training)[0])


def test_inference_changes_nothing(faces):
    everything = AugmentationConfig(light_probability=1, camera_probability=1, mixup=1)
    assert np.array_equal(augment(everything, faces, training=False), faces)


def test_zero_settings_change_nothing(faces):
    assert augment(NOTHING, faces) == pytest.approx(faces, abs=1e-2)


def test_flip_mirrors_about_half(faces):
    flipped = augment(replace(NOTHING, flip=True), faces)
    mirrored = [np.allclose(a, b[:, ::-1], atol=0.5) for a, b in zip(flipped, faces, strict=True)]
    kept = [np.allclose(a, b, atol=0.5) for a, b in zip(flipped, faces, strict=True)]
    assert sum(mirrored) + sum(kept) == len(faces)
    assert 6 <= sum(mirrored) <= 26


def test_shift_stays_within_its_reach():
    dot = np.zeros((64, 48, 48, 1), np.float32)
    dot[:, 23:25, 23:25] = 255
    moved = augment(replace(NOTHING, shift=0.1), dot)[..., 0]
    rows, columns = np.mgrid[:48, :48]
    weight = moved.sum(axis=(1, 2))
    centers = np.stack([(moved * axis).sum(axis=(1, 2)) / weight for axis in (rows, columns)])
    assert np.abs(centers - 23.5).max() <= 4.8 + 0.1
    assert np.ptp(centers) > 5


def test_zoom_grows_and_shrinks():
    disc = np.zeros((64, 48, 48, 1), np.float32)
    disc[:, 12:36, 12:36] = 255
    area = augment(replace(NOTHING, zoom=0.2), disc).sum(axis=(1, 2, 3)) / disc[0].sum()
    assert 0.62 < area.min() < 0.85
    assert 1.15 < area.max() < 1.46


def test_erasing_blanks_a_rectangle_with_the_mean(faces):
    erased = augment(replace(NOTHING, erase_probability=1.0), faces)
    for before, after in zip(faces, erased, strict=True):
        blank = np.isclose(after, before.mean(), atol=0.6)[..., 0]
        rows, columns = np.flatnonzero(blank.all(axis=1) | blank.any(axis=1)), blank.any(axis=0)
        assert len(rows) >= 9
        assert columns.sum() >= 9
        assert not np.array_equal(before, after)


def test_light_keeps_order_and_range():
    """Gamma bends a ramp without reversing it, and neither it nor shade leaves 0..255."""
    flat = np.full((64, 48, 48, 1), 128, np.float32)
    lit = augment(replace(NOTHING, light_probability=1), flat)[..., 0]
    assert lit.min() >= 0
    assert lit.max() <= 255
    brightest = lit.max(axis=(1, 2))
    assert brightest.min() < 90  # 255 (128 / 255) ** 2 is 64
    assert brightest.max() > 160  # 255 (128 / 255) ** 0.5 is 181
    assert (lit.std(axis=(1, 2)) > 1).mean() > 0.9  # one side is darker


def test_half_the_chance_changes_about_half(faces):
    changed = augment(replace(NOTHING, light_probability=0.5), faces)
    count = sum(not np.allclose(a, b, atol=1) for a, b in zip(changed, faces, strict=True))
    assert 6 <= count <= 26


def test_a_cheap_camera_blurs_and_adds_noise(faces):
    layer = FaceAugmentation(NOTHING, 0)
    blurred = np.asarray(layer._blur(faces))
    detail = [np.abs(np.diff(images[..., 0], axis=2)).mean() for images in (faces, blurred)]
    assert detail[1] < 0.85 * detail[0]
    assert np.asarray(layer._blur(np.full_like(faces, 77))) == pytest.approx(77, abs=1e-3)
    noisy = np.asarray(layer._add_noise(np.full((64, 48, 48, 1), 128, np.float32)))
    sigmas = noisy.std(axis=(1, 2, 3))
    assert sigmas.min() < 3
    assert 9 < sigmas.max() < 13


def test_compression_loses_what_jpeg_loses(demo, monkeypatch):
    """At one quality, the result is close to what OpenCV's JPEG encoder makes of the face."""
    monkeypatch.setattr("emotion_core.training.fitting.augmentation.JPEG_QUALITY", (30.0, 30.0))
    images = demo.images[:8].astype(np.float32)[..., None]
    ours = np.asarray(FaceAugmentation(NOTHING, 0)._compress(images))
    for image, found in zip(demo.images, ours, strict=False):
        _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])
        expected = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE).astype(np.float32)
        loss = np.abs(expected - image).mean()
        assert loss > 2
        assert np.abs(found[..., 0] - expected).mean() < 0.2 * loss


def test_mixup_mixes_faces_and_targets_alike():
    faces = np.zeros((64, 48, 48, 1), np.float32)
    faces[:32] = 200
    targets = np.eye(7, dtype=np.float32)[[0] * 32 + [3] * 32]
    layer = FaceAugmentation(replace(NOTHING, mixup=1.0), 0, steps=10)
    mixed, mixed_targets = map(np.asarray, layer(faces, targets, training=True))
    assert mixed[:, 0, 0, 0] / 200 == pytest.approx(mixed_targets[:, 0], abs=1e-4)
    assert mixed_targets.sum(axis=1) == pytest.approx(1)
    assert ((mixed_targets[:, 0] > 0.1) & (mixed_targets[:, 0] < 0.9)).sum() > 30


def test_mixup_ends_before_the_run_does():
    faces = np.linspace(0, 255, 8 * 48 * 48, dtype=np.float32).reshape(8, 48, 48, 1)
    targets = np.eye(7, dtype=np.float32)[[0, 1, 2, 3, 4, 5, 6, 0]]
    layer = FaceAugmentation(replace(NOTHING, mixup=1.0), 0, steps=4)  # 0.85 of 4 steps is 3
    mixed = [
        not np.allclose(np.asarray(layer(faces, targets, training=True)[1]), targets)
        for _ in range(4)
    ]
    assert mixed == [True, True, True, False]


def test_same_seed_gives_the_same_faces(faces):
    config = AugmentationConfig(light_probability=0.5, camera_probability=0.5, mixup=0.3)
    first, again = (augment(config, faces, seed=4) for _ in range(2))
    other = augment(config, faces, seed=5)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
