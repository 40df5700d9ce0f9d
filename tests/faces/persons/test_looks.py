from __future__ import annotations

import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.persons.looks import Looks, difference, looks_of, mixed

FACE = Box(270, 100, 100, 100)
RED, BLUE, SKIN, DARK = (40, 40, 180), (170, 90, 30), (140, 170, 210), (40, 60, 80)


def somebody(
    hair: tuple[int, int, int] = DARK,
    skin: tuple[int, int, int] = SKIN,
    clothes: tuple[int, int, int] = RED,
    light: float = 1.0,
) -> np.ndarray:
    """Return a picture of hair, a face and clothes at `FACE`, uint8 [480, 640, 3]."""
    picture = np.full((480, 640, 3), 128.0)
    picture[40:110, 250:390] = hair
    picture[110:220, 260:380] = skin
    picture[220:, 180:460] = clothes
    picture = light * picture + np.random.default_rng(0).normal(0, 4, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_the_same_person_looks_alike_wherever_they_are_and_in_less_light():
    known = looks_of(somebody(), FACE)
    assert known.colours.shape == (3, 4096)
    assert known.colours.sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-4)
    moved = looks_of(np.roll(somebody(), (0, 120), axis=(0, 1)), Box(390, 100, 100, 100))
    assert difference(known, moved).mean < 0.02
    assert difference(known, looks_of(somebody(light=0.9), FACE)).mean < 0.12


@pytest.mark.parametrize("part", [{"skin": (60, 80, 120)}, {"clothes": BLUE}])
def test_another_face_or_other_clothes_are_another_persons(part):
    differs = difference(looks_of(somebody(), FACE), looks_of(somebody(**part), FACE))
    assert differs.largest > 0.5
    assert differs.mean > 0.15


def test_gaudy_colours_count_too():
    gaudy = looks_of(somebody(clothes=(255, 0, 0)), FACE)
    assert gaudy.with_clothes
    assert difference(gaudy, looks_of(somebody(clothes=(0, 255, 0)), FACE)).largest > 0.9


def test_a_tilted_head_is_looked_at_upright():
    known = looks_of(somebody(), FACE)
    assert difference(known, looks_of(somebody(), Box(270, 100, 100, 100, angle=5))).mean < 0.05


def test_what_is_not_in_the_picture_does_not_count():
    close = looks_of(somebody(clothes=BLUE)[:200], FACE)
    assert close.visible.tolist() == [True, True, False]
    assert not close.with_clothes
    assert difference(looks_of(somebody(), FACE), close).mean < 0.02
    both = mixed(looks_of(somebody(), FACE), close, 0.5)
    assert both.visible.all()
    assert mixed(close, both, 0.5).visible.all()


def test_there_is_no_telling_without_a_face():
    nothing = looks_of(somebody(), Box(-500, -500, 100, 100))
    assert not nothing.visible.any()
    assert difference(nothing, looks_of(somebody(), FACE)) is None


def test_a_grey_picture_tells_light_from_dark():
    def gray(picture: np.ndarray) -> Looks:
        return looks_of(np.asarray(picture.mean(axis=2), np.uint8), FACE)

    assert difference(gray(somebody()), gray(somebody(clothes=(230, 230, 230)))).largest > 0.5
    assert difference(gray(somebody()), gray(somebody())).mean < 1e-4


@pytest.mark.parametrize("shape", [(1, 1), (2, 700, 3), (700, 3)])
def test_degenerate_pictures(shape):
    looks = looks_of(np.zeros(shape, np.uint8), FACE)
    assert np.isfinite(looks.colours).all()
