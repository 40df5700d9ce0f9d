from __future__ import annotations

import cv2
import numpy as np
import pytest

from emotion_core.datasets import demo_dataset
from emotion_core.datasets.checks.near_duplicates import (
    MOST_PARTNERS,
    find_near_pairs,
    find_near_pairs_between,
)


@pytest.fixture
def photos():
    """uint8 [5, 48, 48]: five photographs that have nothing in common."""
    coarse = np.random.default_rng(3).normal(size=(5, 12, 12)).astype(np.float32)
    smooth = [cv2.resize(each, (60, 60), interpolation=cv2.INTER_CUBIC) for each in coarse]
    return np.stack([np.clip(each * 40 + 128, 0, 255).astype(np.uint8) for each in smooth])


def pairs_of(found):
    return list(zip(found.first.tolist(), found.second.tolist(), strict=True))


def crop(photo, x=6, y=6, size=48):
    part = photo[y : y + size, x : x + size]
    return np.asarray(cv2.resize(part, (48, 48), interpolation=cv2.INTER_AREA), np.uint8)


def jpeg(image):
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    return cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)


CHANGES = {
    "compressed": lambda photo: jpeg(crop(photo)),
    "moved": lambda photo: crop(photo, x=8, y=5),
    "another scale": lambda photo: crop(photo, x=5, y=5, size=50),
    "darker": lambda photo: (crop(photo) * 0.4).astype(np.uint8),
    "shaded": lambda photo: (crop(photo) * np.linspace(0.5, 1, 48)).astype(np.uint8),
    "marked": lambda photo: cv2.putText(crop(photo), "stock", (2, 44), 0, 0.3, 200),
}


@pytest.mark.parametrize("change", CHANGES)
def test_copies_are_found(photos, change):
    images = np.stack([*map(crop, photos), CHANGES[change](photos[3])])
    found = find_near_pairs(images)
    assert pairs_of(found) == [(3, 5)]
    assert not found.mirrored[0]
    assert 0.72 <= found.likeness[0] <= 1.0001


def test_mirrored_copies_are_their_own_kind(photos):
    images = np.stack([*map(crop, photos), crop(photos[1])[:, ::-1]])
    found = find_near_pairs(images)
    assert pairs_of(found) == [(1, 5)]
    assert found.mirrored.tolist() == [True]


def test_a_symmetric_image_is_no_mirrored_copy(photos):
    half = crop(photos[0])[:, :24]
    symmetric = np.concatenate([half, half[:, ::-1]], axis=1)
    found = find_near_pairs(np.stack([symmetric, jpeg(symmetric), crop(photos[1])]))
    assert pairs_of(found) == [(0, 1)]
    assert not found.mirrored[0]


def test_images_without_detail_are_like_nothing():
    flat = np.full((6, 48, 48), 128, np.uint8)
    flat[1] = 0
    flat[2, 20, 20] = 129
    flat[3] += np.arange(48, dtype=np.uint8) // 8  # a slope
    flat[4, :2] = 255  # one grey within a frame
    flat[5, :, :2] = 255
    assert len(find_near_pairs(flat)) == 0


def test_between_two_sets(photos):
    first = np.stack([crop(photo) for photo in photos])
    second = np.stack([crop(photos[4], x=7), crop(photos[0])[:, ::-1], crop(photos[2])])
    found = find_near_pairs_between(first, second)
    assert pairs_of(found) == [(0, 1), (2, 2), (4, 0)]
    assert found.mirrored.tolist() == [True, False, False]
    assert found.likeness[1] == pytest.approx(1, abs=1e-3)


def test_across_blocks(photos):
    noise = np.random.default_rng(0).integers(0, 256, (700, 48, 48)).astype(np.uint8)
    noise[10], noise[690] = crop(photos[0]), crop(photos[0], x=7)
    noise[300], noise[301] = crop(photos[1]), crop(photos[1], y=7)
    calls = []
    found = find_near_pairs(noise, lambda done, total: calls.append((done, total)))
    assert pairs_of(found) == [(10, 690), (300, 301)]
    assert calls == [(256, 700), (512, 700), (700, 700)]


def test_a_large_family_costs_no_more_than_its_members_times_a_few(photos):
    random = np.random.default_rng(0)
    family = [
        np.clip(crop(photos[0]) + random.normal(0, 3, (48, 48)), 0, 255).astype(np.uint8)
        for _ in range(60)
    ]
    found = find_near_pairs(np.stack(family))
    assert np.bincount(found.first).max() <= 2 * MOST_PARTNERS
    assert set(range(60)) == {*found.first.tolist(), *found.second.tolist()}


def test_whatever_progress_raises_ends_the_search(photos):
    def stop(done, total):
        raise InterruptedError(f"{done} of {total}")

    with pytest.raises(InterruptedError, match="5 of 5"):
        find_near_pairs(np.stack([crop(photo) for photo in photos]), stop)


def test_none_and_one(photos):
    assert len(find_near_pairs(np.empty((0, 48, 48), np.uint8))) == 0
    assert len(find_near_pairs(crop(photos[0])[None])) == 0


def test_drawn_faces_are_searched_without_harm():
    images = demo_dataset(4).images
    found = find_near_pairs(images)
    assert (found.first < found.second).all()
