"""Views of a picture, and the cascades on them."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.haar import (
    FRONTAL,
    PROFILE,
    PROFILE_MIRRORED,
    Cascades,
    Hit,
    View,
    close_up,
    cut_out,
    group_hits,
    mean_box,
    turn,
)
from tests.films import scene


def test_turning_leads_back():
    gray = np.zeros((90, 160), np.uint8)
    gray[20:24, 100:104] = 255
    turned, back = turn(gray, 30.0)
    y, x = (value.mean() for value in np.nonzero(turned > 128))
    assert back @ (x, y, 1.0) == pytest.approx((101.5, 21.5), abs=1)
    assert turned.shape[0] > 90


def test_a_box_of_a_view_is_in_the_pictures_pixels():
    view = View(np.zeros((10, 10), np.uint8), 2.0, (100.0, 50.0))
    assert view.box_in_picture(np.array((5.0, 5.0)), 4) == Box(106, 56, 8, 8)


@pytest.mark.parametrize("angle", [0.0, -30.0])
def test_hits_are_where_the_face_is(angle):
    gray = scene([(320, 240, 130, -angle if angle else 0)])
    hits = Cascades().hits(View(gray, 1.0), -angle if angle else 0.0, (FRONTAL,), (90, 200), 1.2, 3)
    assert hits
    box = mean_box(hits)
    assert box.center == pytest.approx((320, 240), abs=15)
    assert box.width == pytest.approx(130, rel=0.2)


def test_the_mirrored_cascade_mirrors():
    gray = scene([(200, 240, 150, 0)])
    cascades = Cascades()

    def find(picture: np.ndarray, cascade: str) -> list[tuple[int, int]]:
        hits = cascades.hits(View(picture, 1.0), 0.0, (cascade,), (60, 300), 1.1, 1)
        return [(hit.box.x, hit.votes) for hit in hits]

    mirrored = np.ascontiguousarray(gray[:, ::-1])
    for cascade, other in ((PROFILE, PROFILE_MIRRORED), (PROFILE_MIRRORED, PROFILE)):
        places = find(gray, cascade)
        assert len(places) == len(find(mirrored, other))


def test_a_close_up_shows_the_face_at_a_set_size():
    view = close_up(scene([(320, 240, 130, 0)]), Box(255, 175, 130, 130), 60)
    assert view.pixels.shape == (120, 120)
    assert view.origin == (190, 110)
    assert view.pixel_side == pytest.approx(260 / 120)


def test_what_lies_outside_cannot_be_cut_out():
    with pytest.raises(ValueError, match="must overlap"):
        cut_out(np.zeros((10, 10), np.uint8), Box(20, 0, 5, 5))


def test_hits_on_one_face_are_grouped_the_surest_first():
    hits = [
        Hit(Box(0, 0, 10, 10), 3, FRONTAL, 0.0),
        Hit(Box(100, 0, 10, 10), 9, FRONTAL, 0.0),
        Hit(Box(2, 0, 10, 10), 1, FRONTAL, 0.0),
    ]
    groups = group_hits(hits)
    assert [[hit.votes for hit in group] for group in groups] == [[9], [3, 1]]
    assert mean_box(groups[1]) == Box(0, 0, 10, 10)
