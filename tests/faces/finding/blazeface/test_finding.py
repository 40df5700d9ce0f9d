"""Finding faces with BlazeFace, in photos and in live video."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data

from emotion_core.errors import ModelError
from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.crops import crop_face
from emotion_core.faces.finding import finders
from emotion_core.faces.finding.blazeface.finder import _squares
from emotion_core.faces.finding.blazeface.looking import BlazeFaceLook
from emotion_core.faces.finding.finders import (
    FINDERS,
    HAAR,
    available_finders,
    live_finder,
    photo_finder,
    usual_live_finder,
)
from emotion_core.faces.finding.search import DetectorFaceFinder, Find, HaarFaceFinder
from emotion_core.faces.tracking import FaceTracker
from tests.films import box_of, scene, swaying, wall

#: The astronaut's face in FER2013's frame, by eye.
FACE = Box(162, 55, 122, 122)
WITH_BLAZEFACE = [name for name in FINDERS if name != HAAR]


def astronaut(degrees: float = 0.0) -> np.ndarray:
    """Return the astronaut, her face in the middle, turned clockwise by so many degrees."""
    gray = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2GRAY)
    matrix = cv2.getRotationMatrix2D(FACE.center, -degrees, 1.0)
    matrix[:, 2] += np.array((256, 256)) - FACE.center
    turned = cv2.warpAffine(gray, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


@pytest.fixture(scope="module")
def detectors():
    return {name: photo_finder(name) for name in FINDERS}


@pytest.mark.parametrize("name", WITH_BLAZEFACE)
class TestPhotos:
    @pytest.mark.parametrize("degrees", range(-90, 91, 30))
    def test_a_face_at_any_angle(self, detectors, name, degrees):
        (box,) = detectors[name].detect(astronaut(degrees))
        assert intersection_over_union(box, Box(195, 195, 122, 122)) > 0.7
        # Her head is tilted by about five degrees to begin with.
        assert box.angle == pytest.approx(degrees + 5, abs=8)

    def test_its_crop_is_framed_as_fer2013s(self, detectors, name):
        gray = astronaut()
        (box,) = detectors[name].detect(gray)
        crop = crop_face(gray, box).astype(float)
        wanted = crop_face(gray, Box(195, 195, 122, 122, 5.0)).astype(float)
        assert np.corrcoef(crop.ravel(), wanted.ravel())[0, 1] > 0.9

    def test_small_faces_in_a_large_picture(self, detectors, name):
        places = [(150.0, 120.0, 40.0, 0.0), (700.0, 500.0, 48.0, 10.0)]
        found = detectors[name].detect(scene(places, (1280, 720)))
        for place in places:
            best = max(intersection_over_union(box, box_of(place)) for box in found)
            assert best > 0.4

    def test_what_keeps_no_points_in_the_mirror_is_none(self, detectors, name):
        # A round dial that two networks call a face, lying on its side; and a field of galaxies.
        for picture in ("clock", "hubble_deep_field"):
            assert detectors[name].detect(wall(picture, (1024, 768))) == []

    @pytest.mark.parametrize("picture", ["coffee", "brick", "moon", "grass", "chelsea"])
    def test_no_face(self, detectors, name, picture):
        assert detectors[name].detect(wall(picture)) == []

    @pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (17, 17)])
    def test_odd_shapes(self, detectors, name, shape):
        assert detectors[name].detect(np.full(shape, 128, np.uint8)) == []


def followed(name: str, frames: int, gray_of) -> list[list]:
    """Return the tracks of every frame of a film of 30 frames a second."""
    tracker = FaceTracker(live_finder(name))
    return [tracker.update(gray_of(index), index / 30) for index in range(frames)]


@pytest.mark.parametrize("name", WITH_BLAZEFACE)
class TestLive:
    def test_a_face_has_its_box_from_the_start_and_one_number(self, name):
        tracks = followed(name, 45, lambda index: scene([swaying(index)]))
        assert all(len(each) == 1 for each in tracks[8:])
        assert {track.id for each in tracks for track in each} == {1}
        # A frame of FER2013 is a little larger than a cascade's box of the astronaut.
        last = tracks[-1][0]
        assert intersection_over_union(last.box, box_of(swaying(44))) > 0.4

    def test_a_head_on_its_side_is_upright_in_its_crop(self, name):
        tracks = followed(name, 30, lambda _: scene([(320.0, 240.0, 130.0, 75.0)]))
        assert tracks[-1][0].angle == pytest.approx(80, abs=10)

    def test_nothing_where_nobody_is(self, name):
        assert not any(followed(name, 30, lambda _: wall("clock")))


class TestBlazeFaceFinder:
    def test_one_picture_is_searched_once(self):
        finder, gray = live_finder("blazeface"), scene([(320.0, 240.0, 75.0, 0.0)])
        assert len(finder.search(gray, 0.125)) == 1
        assert finder.search(gray, 0.125) == []
        assert len(finder.search(gray.copy(), 0.125)) == 1

    def test_faces_that_are_too_small_are_left_out(self):
        gray = scene([(320.0, 240.0, 60.0, 0.0)])
        assert live_finder("blazeface").search(gray, 0.3) == []

    def test_small_faces_are_searched_in_squares(self):
        finder, gray = live_finder("blazeface"), scene([(900.0, 400.0, 44.0, 0.0)], (1280, 720))
        found = [find for _ in range(3) for find in finder.search(gray, 0.03)]
        assert any(intersection_over_union(find.box, Box(875, 375, 50, 50)) > 0.3 for find in found)

    def test_what_lies_outside_the_picture_is_none(self):
        finder, outside = live_finder("blazeface"), Find(Box(5000, 150, 120, 120))
        assert finder.confirm(wall("brick"), outside, 0) is None
        assert finder.follow(wall("brick"), outside, 0) is None

    def test_a_face_that_went_is_not_followed(self):
        finder = live_finder("blazeface")
        assert finder.follow(wall("brick"), Find(Box(200, 150, 120, 120)), 0) is None


class TestBudget:
    """The thorough network takes as long as drawing and reading a face: it cannot be in every
    frame in which nobody is found, and need not."""

    @pytest.fixture
    def steps(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What was done, step by step."""
        done: list[str] = []
        for name in ("search", "glance"):
            monkeypatch.setattr(BlazeFaceLook, name, lambda *_, name=name: done.append(name) or [])
        monkeypatch.setattr(HaarFaceFinder, "search", lambda *_: done.append("cascades") or [])
        return done

    def test_one_frame_in_four_is_searched_thoroughly_where_nobody_is(self, steps):
        followed("blazeface", 61, lambda _: wall("coffee").copy())
        # The first frame gets several steps.
        assert steps[1:6] == ["search", *["glance"] * 3, "search"]
        assert (steps.count("search"), steps.count("glance")) == (16, 45)

    def test_one_in_five_or_six_beside_the_cascades(self, steps):
        followed("haar+blazeface", 61, lambda _: wall("coffee").copy())
        assert steps[:2] == ["search", "cascades"]  # the first frame gets several steps
        assert steps[2:7] == ["glance", "search", "glance", "cascades", "glance"]
        assert [steps.count(name) for name in ("search", "glance", "cascades")] == [12, 34, 16]

    def test_every_other_frame_of_a_slow_camera_is(self, steps):
        tracker = FaceTracker(live_finder("blazeface"))
        for index in range(12):
            tracker.update(wall("coffee"), index / 12)
        assert steps[1:] == [*["search", "glance"] * 5, "search"]

    def test_a_face_that_comes_has_its_box_within_a_tenth_of_a_second(self):
        # Wherever in the round it comes, and wherever in the picture.
        for frame in (10, 11, 12):
            for x in (110.0, 530.0):
                film = [wall("brick")] * frame + [scene([(x, 240.0, 110.0, 0.0)])] * 4
                tracks = followed("blazeface", len(film), lambda index, film=film: film[index])
                assert not any(tracks[:frame])
                assert len(tracks[frame + 3]) == 1

    @pytest.mark.parametrize("shape", [(480, 640), (640, 480), (300, 1000), (200, 200)])
    def test_squares_cover_the_picture(self, shape):
        seen = np.zeros(shape, bool)
        for box in _squares(np.zeros(shape, np.uint8)):
            assert box.width == box.height == min(shape)
            seen[box.y : box.y + box.height, box.x : box.x + box.width] = True
        assert seen.all()


class TestChoice:
    def test_without_the_package_the_cascades_are_there(self, monkeypatch):
        monkeypatch.setattr(finders, "is_installed", lambda: False)
        assert available_finders() == (HAAR,)
        assert photo_finder(HAAR).detect(astronaut())
        assert usual_live_finder() == HAAR
        assert type(live_finder()).__name__ == "HaarFaceFinder"

    def test_all_with_it(self):
        assert available_finders() == ("haar", "haar+blazeface", "blazeface")

    def test_live_video_uses_both_when_nobody_chooses(self):
        assert usual_live_finder() == "haar+blazeface"
        assert type(live_finder()).__name__ == "TwoFinders"

    def test_a_yunet_that_the_environment_names_comes_first(self, monkeypatch):
        yunet = object()
        monkeypatch.setattr(finders, "yunet_of_environment", lambda: yunet)
        finder = live_finder()
        assert isinstance(finder, DetectorFaceFinder)
        assert finder._detector is yunet

    @pytest.mark.parametrize("name", FINDERS)
    def test_one_look_finds_a_large_face_where_a_thorough_search_does(self, name):
        (quick,) = photo_finder(name, quick=True).detect(astronaut())
        (thorough,) = photo_finder(name).detect(astronaut())
        assert intersection_over_union(quick, thorough) > 0.5

    @pytest.mark.parametrize("make", [photo_finder, live_finder])
    def test_an_unknown_name(self, make):
        with pytest.raises(ModelError) as caught:
            make("yolo")
        assert str(caught.value) == (
            "expected a way to find faces of haar, haar+blazeface, blazeface, found 'yolo'"
        )
