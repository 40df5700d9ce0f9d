import numpy as np
import pytest

from emotion_core.judging.robustness.changes import (
    CHANGES,
    blur,
    compress,
    darken,
    occlude,
    rotate,
    scale,
    shift,
)


@pytest.fixture
def faces(demo):
    return demo.images[:12]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_shapes_seeds_and_strengths(change, faces):
    losses = []
    for strength in change.strengths:
        changed = change.apply(faces, strength, np.random.default_rng(1))
        again = change.apply(faces, strength, np.random.default_rng(1))
        assert (changed.shape, changed.dtype) == (faces.shape, np.uint8)
        assert np.array_equal(changed, again)
        losses.append(np.abs(changed.astype(float) - faces).mean())
    assert min(losses) > 0
    distance = [abs(strength - change.unchanged) for strength in change.strengths]
    assert losses[int(np.argmax(distance))] > losses[int(np.argmin(distance))]
    assert change.unchanged not in change.strengths


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_no_faces(change, faces):
    changed = change.apply(faces[:0], change.strengths[0], np.random.default_rng(0))
    assert changed.shape == (0, 48, 48)


def test_faces_that_are_given_stay_as_they_are(faces):
    before = faces.copy()
    for change in CHANGES:
        change.apply(faces, change.strengths[-1], np.random.default_rng(0))
    assert np.array_equal(faces, before)


def dot(y: int, x: int) -> np.ndarray:
    face = np.zeros((1, 48, 48), np.uint8)
    face[0, y - 1 : y + 2, x - 1 : x + 2] = 240
    return face


def centre(face: np.ndarray) -> tuple[float, float]:
    weights = face[0].astype(float)
    ys, xs = np.mgrid[:48, :48]
    return (ys * weights).sum() / weights.sum(), (xs * weights).sum() / weights.sum()


def test_a_shift_is_as_far_as_it_says():
    moved = centre(shift(dot(24, 24), 12.5, np.random.default_rng(3)))
    assert np.hypot(moved[0] - 24, moved[1] - 24) == pytest.approx(6, abs=0.1)


def test_a_scale_is_about_the_centre():
    assert centre(scale(dot(24, 34), 150, np.random.default_rng(0)))[1] == pytest.approx(
        23.5 + 1.5 * 10.5, abs=0.2
    )


def test_a_rotation_is_about_the_centre():
    y, x = centre(rotate(dot(24, 38), 90, np.random.default_rng(0)))
    assert abs(y - 23.5) == pytest.approx(14.5, abs=0.3)
    assert x == pytest.approx(23.5, abs=0.7)


def test_light_is_a_share_of_each_grey():
    faces = np.full((1, 48, 48), 200, np.uint8)
    assert (darken(faces, 25, np.random.default_rng(0)) == 50).all()


def test_blur_keeps_the_light(faces):
    blurred = blur(faces, 3, np.random.default_rng(0))
    assert blurred.mean() == pytest.approx(faces.mean(), rel=0.05)
    assert blurred.std() < faces.std()


def test_a_worse_quality_loses_more(faces):
    good, bad = (
        np.abs(compress(faces, quality, np.random.default_rng(0)).astype(float) - faces).mean()
        for quality in (90, 5)
    )
    assert good < bad


def test_a_square_of_the_size_is_hidden(faces):
    hidden = occlude(faces, 25, np.random.default_rng(0))
    rows = (hidden != faces).any(axis=2).sum(axis=1)
    assert (rows <= 24).all()
    assert rows.max() >= 20
