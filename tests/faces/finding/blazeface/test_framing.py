"""From points to boxes and close-ups, and back."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.blazeface.framing import MEAN_POINTS, CloseUp, face_box


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """Return points turned clockwise (y runs down)."""
    angle = np.radians(degrees)
    matrix = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    return points @ matrix.T


class TestFaceBox:
    def test_the_mean_face_fills_its_frame(self):
        box = face_box(np.add(100 * MEAN_POINTS, (30, 40)))
        assert box == Box(30, 40, 100, 100, pytest.approx(0))

    @pytest.mark.parametrize("degrees", [-150, -90, -20, 5, 45, 179])
    def test_a_tilted_face_has_its_angle_and_centre(self, degrees):
        box = face_box(np.add(turned(80 * (MEAN_POINTS - 0.5), degrees), (200, 100)))
        assert box.angle == pytest.approx(degrees)
        assert box.center == (200, 100)
        assert box.width == box.height == 80

    def test_one_point_that_is_off_moves_it_a_little(self):
        points = 100 * MEAN_POINTS
        points[2] += (12, 0)
        box = face_box(points)
        assert abs(box.center[0] - 52) <= 1
        assert abs(box.angle) < 5


class TestCloseUp:
    PICTURE = np.zeros((300, 400), np.uint8)

    @pytest.mark.parametrize("angle", [0.0, 30.0, -90.0])
    @pytest.mark.parametrize("side", [30, 128, 500])
    def test_its_middle_is_the_faces_centre(self, angle, side):
        close_up = CloseUp(self.PICTURE, Box(150, 100, 60, 60, angle), 2.5, side)
        assert close_up.pixels.shape == (side, side)
        middle = close_up.to_picture(np.array([(side / 2, side / 2)]))
        assert middle == pytest.approx(np.array([(180, 130)]), abs=1)

    @pytest.mark.parametrize("angle", [0.0, 25.0, 90.0])
    @pytest.mark.parametrize("zoom", [1.0, 3.0])
    def test_what_it_shows_lies_where_it_says(self, angle, zoom):
        picture = self.PICTURE.copy()
        picture[140:146, 190:196] = 255
        close_up = CloseUp(picture, Box(150, 100, 80, 80, angle), zoom, 120)
        y, x = np.nonzero(close_up.pixels > 100)
        found = close_up.to_picture(np.array([(x.mean() + 0.5, y.mean() + 0.5)]))
        assert found == pytest.approx(np.array([(193, 143)]), abs=1)

    def test_a_face_tilted_clockwise_stands_upright(self):
        # A bar that leans to the right as a head tilted by 45 degrees does.
        picture = self.PICTURE.copy()
        for step in range(-40, 41):
            picture[150 - step : 153 - step, 200 + step : 203 + step] = 255
        pixels = CloseUp(picture, Box(160, 110, 80, 80, 45.0), 1.0, 80).pixels
        assert (pixels[10:70, 36:46].max(axis=1) > 100).all()
        assert not (pixels[:, :30] > 100).any()

    def test_in_colour_and_beyond_the_border(self):
        picture = np.full((50, 40, 3), (10, 20, 30), np.uint8)
        pixels = CloseUp(picture, Box(-5, -5, 30, 30), 3.0, 64).pixels
        assert (pixels == (10, 20, 30)).all()

    def test_outside_the_picture(self):
        with pytest.raises(ValueError, match="a face must overlap the picture of 400x300"):
            CloseUp(self.PICTURE, Box(1000, 1000, 20, 20), 2.0, 64)
