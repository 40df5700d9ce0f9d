from __future__ import annotations

import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.persons.gallery import PersonGallery
from emotion_core.faces.tracking import Track

RATE = 10.0
RED, BLUE, GREEN = (40, 40, 180), (170, 90, 30), (60, 150, 60)
LEFT, RIGHT = Box(100, 80, 80, 80), Box(420, 80, 80, 80)

#: A track's number, where it is, and the colour of the person's clothes.
Shown = tuple[int, Box, tuple[int, int, int]]


class Film:
    """Shows a gallery people who differ by their clothes, and all by their skin."""

    def __init__(self) -> None:
        self.gallery = PersonGallery()
        self.skin = (140, 170, 210)
        self.frames = 0

    def show(self, *people: Shown, seconds: float = 0.0) -> dict[int, int]:
        """Show them for a while; return the last frame's persons by track."""
        persons: dict[int, int] = {}
        for _ in range(max(1, round(seconds * RATE))):
            picture = np.full((360, 640, 3), 128, np.uint8)
            for _, box, clothes in people:
                picture[box.y : box.y + 100, box.x : box.x + 80] = self.skin
                picture[box.y + 100 :, box.x - 40 : box.x + 120] = clothes
            tracks = [Track(number, box, 0.0) for number, box, _ in people]
            persons = self.gallery.update(picture, tracks, self.frames / RATE)
            self.frames += 1
        return persons


@pytest.fixture
def film() -> Film:
    return Film()


def test_a_face_gets_a_number_once_it_is_half_a_second_old(film):
    assert film.show((7, LEFT, RED), seconds=0.5) == {}
    assert film.show((7, LEFT, RED)) == {7: 1}


def test_what_lasts_less_gets_none_and_takes_none_away(film):
    film.show((1, LEFT, RED), seconds=0.4)
    film.show(seconds=1)
    assert film.show((2, RIGHT, BLUE), seconds=1) == {2: 1}


@pytest.mark.parametrize("place", [LEFT, RIGHT])
@pytest.mark.parametrize("gone", [0.5, 3.0, 60.0])
def test_who_comes_back_has_the_same_number(film, place, gone):
    film.show((1, LEFT, RED), seconds=1)
    film.show(seconds=gone)
    assert film.show((2, place, RED), seconds=1) == {2: 1}


@pytest.mark.parametrize("gone", [0.5, 60.0])
def test_who_comes_to_the_same_place_is_somebody_else_if_they_look_different(film, gone):
    film.show((1, LEFT, RED), seconds=1)
    film.show(seconds=gone)
    assert film.show((2, LEFT, BLUE), seconds=1) == {2: 2}
    film.show(seconds=gone)
    assert film.show((3, LEFT, RED), seconds=1) == {3: 1}


@pytest.mark.parametrize("gone", [0.5, 60.0])
def test_who_is_dressed_alike_is_somebody_else_if_the_face_is_another(film, gone):
    film.show((1, LEFT, RED), seconds=1)
    film.show(seconds=gone)
    film.skin = (119, 144, 178)  # the mean over face and clothes is small
    assert film.show((2, LEFT, RED), seconds=1) == {2: 2}


def test_two_in_view_are_two_even_if_they_look_the_same(film):
    film.show((1, LEFT, RED), seconds=1)
    assert film.show((1, LEFT, RED), (2, RIGHT, RED), seconds=1) == {1: 1, 2: 2}


def test_who_was_in_view_with_a_new_face_for_a_moment_is_not_that_face(film):
    film.show((1, LEFT, RED), seconds=1)
    film.show((1, LEFT, RED), (2, RIGHT, RED), seconds=0.1)
    assert film.show((2, RIGHT, RED), seconds=1) == {2: 2}


def test_of_two_who_look_the_same_each_is_known_by_their_place(film):
    film.show((1, LEFT, RED), (2, RIGHT, RED), seconds=1)
    film.show(seconds=1)
    assert film.show((3, RIGHT, RED), (4, LEFT, RED), seconds=1) == {3: 2, 4: 1}


def test_of_two_who_look_the_same_nobody_is_known_in_the_middle(film):
    """A person too many is a smaller fault than two taken for one."""
    film.show((1, LEFT, RED), (2, RIGHT, RED), seconds=1)
    film.show(seconds=20)
    assert film.show((3, Box(260, 80, 80, 80), RED), seconds=1) == {3: 3}


def test_two_who_come_back_at_once_are_told_apart(film):
    film.show((1, LEFT, RED), (2, RIGHT, BLUE), seconds=1)
    film.show(seconds=10)
    assert film.show((3, LEFT, BLUE), (4, RIGHT, RED), seconds=1) == {3: 2, 4: 1}


def test_a_track_that_was_lost_does_not_take_its_person_from_the_next(film):
    """A face jumps: the tracker finds it elsewhere while it still looks for it here."""
    film.show((1, LEFT, RED), seconds=1)
    film.show(seconds=0.3)
    assert film.show((2, RIGHT, RED), seconds=0.7) == {2: 1}
    assert film.show((1, LEFT, RED), (2, RIGHT, RED)) == {2: 1}
    assert film.show((1, LEFT, RED), (2, RIGHT, RED), seconds=1) == {1: 2, 2: 1}


def test_a_video_with_a_frame_a_second(film):
    for _ in range(3):
        persons = film.show((1, LEFT, RED))
        film.frames += 9
    assert persons == {1: 1}


def test_numbers_go_on_after_everybody_was_forgotten(film):
    film.show((1, LEFT, RED), seconds=1)
    film.gallery.forget()
    assert film.show((2, LEFT, RED), seconds=1) == {2: 2}


def test_few_are_remembered_those_seen_last(film):
    colours = [(blue, green, 60) for blue in range(0, 255, 36) for green in range(0, 255, 50)]
    for number, clothes in enumerate(colours, start=1):
        film.show((number, LEFT, clothes), seconds=0.7)
        film.show(seconds=0.5)
    known = len(film.gallery._persons)
    assert known <= 32
    assert film.show((99, LEFT, GREEN), seconds=0.7).keys() == {99}
