"""Faces followed through films of a real face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.finding.search import DetectorFaceFinder, Find
from emotion_core.faces.tracking import FaceTracker, Track
from tests.films import box_of, scene, swaying, wall

RATE = 30.0


class Film:
    """Feeds a tracker frame by frame."""

    def __init__(self, tracker: FaceTracker | None = None) -> None:
        self.tracker = tracker or FaceTracker()
        self.frames = 0

    def show(self, picture: np.ndarray, seconds: float = 0.0) -> list[Track]:
        """Show one frame, or as many as fit into ``seconds``; return the last one's faces."""
        tracks: list[Track] = []
        for _ in range(max(1, round(seconds * RATE))):
            tracks = self.tracker.update(picture, self.frames / RATE)
            self.frames += 1
        return tracks


class CountingFinder:
    """Knows where the faces are, and counts how often it is asked."""

    def __init__(self, *boxes: Box, is_face: bool = True) -> None:
        self.boxes = boxes
        self.is_face = is_face
        self.calls: list[str] = []

    def search(self, gray: np.ndarray, smallest_face: float) -> list[Find]:
        self.calls.append("search")
        return [Find(box) for box in self.boxes if box.width >= smallest_face * min(gray.shape)]

    def confirm(self, _: np.ndarray, find: Find, __: int) -> Find | None:
        self.calls.append("confirm")
        return find if self.is_face else None

    def follow(self, _: np.ndarray, __: Find, ___: int) -> Find | None:
        self.calls.append("follow")
        return Find(self.boxes[0]) if self.boxes and self.is_face else None


def overlap(track: Track, face: tuple[float, float, float, float]) -> float:
    return intersection_over_union(track.box, box_of(face))


def test_a_face_is_found_at_once_and_keeps_its_number_while_it_moves():
    film = Film()
    found = []
    for index in range(120):
        face = swaying(index)
        tracks = film.show(scene([face]))
        assert [track.id for track in tracks] in ([], [1])
        found += [overlap(track, face) for track in tracks]
    assert len(found) >= 118
    assert min(found) > 0.5


def test_a_still_face_has_a_still_box():
    film = Film()
    picture = scene([(320, 240, 130, 0)])
    film.show(picture, seconds=2)
    boxes = [film.show(picture)[0].box for _ in range(60)]
    assert np.ptp([box.center for box in boxes], axis=0).max() <= 3
    assert np.ptp([box.width for box in boxes]) <= 4


def test_faces_keep_their_numbers_when_one_goes_and_comes():
    film = Film()
    left, right = (170.0, 240.0, 110.0, 0.0), (470.0, 240.0, 110.0, 0.0)
    both = film.show(scene([left, right]), seconds=1)
    assert sorted(track.id for track in both) == [1, 2]
    (first,) = (track.id for track in both if track.box.x < 300)

    alone = film.show(scene([left]), seconds=2)
    assert [track.id for track in alone] == [first]

    again = film.show(scene([left, right]), seconds=2)
    assert [track.id for track in again] == [first, 3]


def test_a_face_that_tilts_beyond_what_a_cascade_finds_is_followed():
    film = Film()
    for degrees in range(0, 46):
        (track,) = film.show(scene([(320, 240, 130, degrees)])) or [None]
    assert track is not None
    assert track.id == 1
    assert track.angle == pytest.approx(45, abs=12)
    (later,) = film.show(scene([(320, 240, 130, 45)]), seconds=5)
    assert later.id == 1


def test_after_a_cut_a_face_elsewhere_has_another_number():
    film = Film()
    film.show(scene([(160, 240, 120, 0)]), seconds=1)
    assert film.show(wall()) == []
    film = Film()
    film.show(scene([(160, 240, 120, 0)]), seconds=1)
    tracks = film.show(scene([(470, 200, 150, 0)]), seconds=1)
    assert [track.id for track in tracks] == [2]
    assert overlap(tracks[0], (470, 200, 150, 0)) > 0.5


def test_a_face_that_is_gone_has_no_box():
    film = Film()
    film.show(scene([(320, 240, 130, 0)]), seconds=1)
    film.show(scene([]), seconds=0.5)
    assert film.show(scene([])) == []


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "text", "brick", "grass"])
def test_no_face_is_seen_where_there_is_none(name):
    film = Film()
    for index in range(60):
        picture = np.roll(wall(name), 3 * index, axis=1)
        assert film.show(picture) == []


def test_small_faces_are_found_when_asked_for():
    face = (320.0, 240.0, 44.0, 0.0)
    assert Film().show(scene([face]), seconds=1) == []
    small = Film(FaceTracker(smallest_face=0.08)).show(scene([face]), seconds=1)
    assert len(small) == 1
    assert overlap(small[0], face) > 0.4

    film = Film(FaceTracker(smallest_face=0.08))
    film.show(scene([face]), seconds=1)
    film.tracker.smallest_face = 0.3
    assert film.show(scene([face])) == []


def test_a_change_of_size_in_mid_stream_keeps_the_number():
    film = Film()
    film.show(scene([(320, 240, 130, 0)]), seconds=1)
    half = scene([(160, 120, 65, 0)], size=(320, 240))
    (track,) = film.show(half)
    assert track.id == 1
    assert overlap(track, (160, 120, 65, 0)) > 0.5
    (track,) = film.show(scene([(640, 360, 195, 0)], size=(1280, 720)), seconds=1)
    assert overlap(track, (640, 360, 195, 0)) > 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (7, 5), (24, 3000), (480, 640)])
@pytest.mark.parametrize("fill", [0, 255])
def test_degenerate_pictures(shape, fill):
    film = Film()
    film.show(scene([(320, 240, 130, 0)]), seconds=0.5)
    assert film.show(np.full(shape, fill, np.uint8), seconds=0.2) == []
    film.tracker.reset()
    assert film.show(np.full(shape, fill, np.uint8), seconds=0.2) == []


def test_numbers_go_on_after_a_reset():
    film = Film()
    picture = scene([(320, 240, 130, 0)])
    assert [track.id for track in film.show(picture, seconds=0.5)] == [1]
    film.tracker.reset()
    assert [track.id for track in film.show(picture, seconds=0.5)] == [2]


def test_a_steady_face_is_searched_for_seldom():
    picture, box = scene([(320, 240, 130, 0)]), box_of((320, 240, 130, 0))
    finder = CountingFinder(box)
    film = Film(FaceTracker(finder))
    film.show(picture, seconds=2)
    finder.calls.clear()
    searched = []
    for _ in range(60):
        film.show(picture)
        searched.append(film.tracker.searched)
    assert 15 <= len(finder.calls) <= 22
    assert finder.calls.count("follow") >= 3
    assert sum(searched) == len(finder.calls)


def test_at_most_one_step_a_frame_at_thirty_frames_a_second():
    finder = CountingFinder()
    film = Film(FaceTracker(finder))
    film.show(wall())
    for _ in range(60):
        finder.calls.clear()
        film.show(wall())
        assert len(finder.calls) == 1


def test_what_is_not_confirmed_is_never_shown_but_may_be_hidden():
    finder = CountingFinder(Box(100, 100, 120, 120), is_face=False)
    tracker = FaceTracker(finder)
    places = []
    for index in range(30):
        assert tracker.update(wall(), index / RATE) == []
        places += tracker.places
    assert finder.calls.count("confirm") >= 4
    assert places != []


def test_what_flow_carries_along_without_a_face_is_given_up():
    finder = CountingFinder(Box(200, 150, 120, 120))
    film = Film(FaceTracker(finder))
    picture = scene([])
    assert len(film.show(picture, seconds=1)) == 1
    finder.is_face = False
    assert film.show(picture, seconds=4) == []


def test_time_that_stands_still_does_no_harm():
    tracker = FaceTracker()
    for _ in range(5):
        tracks = tracker.update(scene([(320, 240, 130, 0)]), 7.0)
    assert len(tracks) <= 1


class OneBox:
    """A detector that finds a box in pictures that are large enough for it."""

    def __init__(self, place: Callable[[np.ndarray], Box]) -> None:
        self.place = place

    def detect(self, image: np.ndarray) -> list[Box]:
        return [self.place(image)]


def test_any_detector_can_find_the_faces():
    def middle(image: np.ndarray) -> Box:
        height, width = image.shape
        side = round(0.25 * min(height, width)) if width > height else round(0.5 * height)
        return Box((width - side) // 2, (height - side) // 2, side, side)

    film = Film(FaceTracker(DetectorFaceFinder(OneBox(middle))))
    (track,) = film.show(scene([(320, 240, 130, 0)]), seconds=2)
    assert track.id == 1
    assert intersection_over_union(track.box, Box(260, 180, 120, 120)) > 0.8


def test_what_was_glimpsed_is_looked_at_in_the_same_frame():
    class Glimpses(CountingFinder):
        def search(self, gray: np.ndarray, smallest_face: float) -> list[Find]:
            return [replace(find, glimpsed=True) for find in super().search(gray, smallest_face)]

    finder = Glimpses()
    tracker = FaceTracker(finder)
    tracker.update(wall(), 0.0)
    finder.boxes = Box(100, 100, 120, 120), Box(400, 100, 120, 120)
    finder.calls.clear()
    assert [track.box for track in tracker.update(wall(), 0.04)] == [finder.boxes[0]]
    assert finder.calls == ["search", "confirm"]
    # Of several, the others wait for their turn: no frame is slow.
    assert len(tracker.update(wall(), 0.08)) == 2
    assert finder.calls == ["search", "confirm", "confirm"]
