"""Numbered faces with steady scores."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.finders import live_finder
from emotion_core.faces.finding.search import Find
from emotion_core.faces.persons.looks import Looks
from emotion_core.faces.tracking import FaceTracker
from emotion_core.live.reader import LiveFace, LiveFaceReader, SteadyReading
from tests.films import box_of, scene, wall

SMALLEST = 0.125
LEFT, RIGHT = (170.0, 240.0, 110.0, 0.0), (470.0, 240.0, 110.0, 0.0)


def scores_of(emotion: str, score: float = 0.76) -> np.ndarray:
    row = np.full(7, (1 - score) / 6, np.float32)
    row[EMOTIONS.index(emotion)] = score
    return row


class ToldClassifier:
    """Answers what it was told, and counts the faces it is asked for."""

    def __init__(self, emotion: str = "happy", score: float = 0.76) -> None:
        self.row = scores_of(emotion, score)
        self.counts: list[int] = []

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        self.counts.append(len(crops))
        return np.tile(self.row, (len(crops), 1))


class SidedClassifier:
    """Takes the darker half of a face: happy where it is the left one, sad where the right one.

    Attributes:
        dark_left: of every face read, whether it was the left half.
    """

    def __init__(self) -> None:
        self.dark_left: list[list[bool]] = []

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        left, right = crops[..., :24].mean(axis=(1, 2)), crops[..., 24:].mean(axis=(1, 2))
        self.dark_left.append((left < right).tolist())
        happy, sad = scores_of("happy", 0.94), scores_of("sad", 0.94)
        return np.where((left < right)[:, None], happy, sad)


class KnownFaces:
    """A finder that knows where the faces are."""

    def __init__(self, *faces: tuple[float, float, float, float]) -> None:
        self.boxes = [box_of(face) for face in faces]

    def search(self, _: np.ndarray, __: float) -> list[Find]:
        return [Find(box) for box in self.boxes]

    def confirm(self, _: np.ndarray, find: Find, __: int) -> Find:
        return find

    def follow(self, _: np.ndarray, find: Find, __: int) -> Find:
        return find


def make(
    classifier: ToldClassifier, *faces: tuple[float, float, float, float], threshold: float = 0.0
) -> LiveFaceReader:
    return LiveFaceReader(classifier, FaceTracker(KnownFaces(*faces)), threshold)


def play(
    reader: LiveFaceReader,
    picture: np.ndarray,
    seconds: float,
    start: float = 0.0,
    smoothing: float = 0.5,
) -> list[LiveFace]:
    """Show a picture for a while at 30 frames a second; return the last frame's faces."""
    faces: list[LiveFace] = []
    for index in range(max(1, round(30 * seconds))):
        faces = reader.read(picture, start + index / 30, smoothing, SMALLEST)
    return faces


def test_a_new_face_is_read_at_once():
    classifier = ToldClassifier()
    (face,) = play(make(classifier, LEFT), scene([LEFT]), 0)
    assert classifier.counts == [1]
    assert face.id == 1
    assert face.raw.scores == pytest.approx(tuple(classifier.row))
    assert face.smoothed.emotion == "happy"


def test_color_pictures_are_read_too():
    picture = np.repeat(scene([LEFT])[..., None], 3, axis=2)
    (face,) = make(ToldClassifier(), LEFT).read(picture, 0.0, 0.5, SMALLEST)
    assert face.smoothed.emotion == "happy"


def test_faces_take_turns_and_none_is_left_out():
    classifier = ToldClassifier()
    reader = make(classifier, LEFT, RIGHT)
    picture = scene([LEFT, RIGHT])
    play(reader, picture, 2)
    classifier.counts.clear()
    play(reader, picture, 3, start=2)
    assert max(classifier.counts) == 2
    assert sum(classifier.counts) >= 2 * 2 * 3 * 4  # each at least 8 times a second
    assert len(classifier.counts) < 3 * 30  # a frame that searched for faces reads none


def test_a_slow_network_reads_one_face_a_frame():
    class SlowClassifier(ToldClassifier):
        seconds = 0.0

        def predict_scores(self, crops: np.ndarray) -> np.ndarray:
            self.seconds += 0.003 * len(crops)
            return super().predict_scores(crops)

    classifier = SlowClassifier()
    tracker = FaceTracker(KnownFaces(LEFT, RIGHT))
    reader = LiveFaceReader(classifier, tracker, clock=lambda: classifier.seconds)
    picture = scene([LEFT, RIGHT])
    play(reader, picture, 1)
    classifier.counts.clear()
    faces = play(reader, picture, 3, start=1)
    assert max(classifier.counts) == 1
    assert len(classifier.counts) >= 2 * 3 * 8  # each at least 8 times a second
    assert {face.smoothed.emotion for face in faces} == {"happy"}
    # At 20 frames a second there is the time for both.
    classifier.counts.clear()
    for index in range(20):
        reader.read(picture, 4 + index / 20, 0.5, SMALLEST)
    assert max(classifier.counts) == 2


def test_scores_are_smoothed_and_follow_a_change():
    classifier = ToldClassifier("happy")
    reader, picture = make(classifier, LEFT), scene([LEFT])
    play(reader, picture, 2)
    classifier.row = scores_of("sad")
    (soon,) = play(reader, picture, 0.1, start=2)
    assert soon.raw.emotion == "sad"
    assert soon.smoothed.emotion == "happy"
    (later,) = play(reader, picture, 1, start=2.1)
    assert later.smoothed.emotion == "sad"


def test_without_smoothing_the_newest_reading_shows():
    classifier = ToldClassifier("happy")
    reader, picture = make(classifier, LEFT), scene([LEFT])
    play(reader, picture, 2, smoothing=0)
    classifier.row = scores_of("sad")
    (face,) = play(reader, picture, 0.4, start=2, smoothing=0)
    assert face.smoothed.emotion == "sad"
    assert face.smoothed.scores == pytest.approx(face.raw.scores)


def test_after_a_cut_no_label_is_left_of_the_face_before():
    classifier = ToldClassifier("happy", score=1.0)
    reader = make(classifier, LEFT)
    play(reader, scene([LEFT]), 2)
    classifier.row = scores_of("sad", 1.0)
    assert play(reader, wall(), 0, start=2) == []
    reader.tracker._finder.boxes = [box_of(RIGHT)]
    (face,) = play(reader, scene([RIGHT]), 0.5, start=2.1)
    assert face.id == 2
    assert face.smoothed.scores == pytest.approx(tuple(scores_of("sad", 1.0)))


def test_a_reset_forgets_all_faces():
    reader = make(ToldClassifier(), LEFT)
    play(reader, scene([LEFT]), 1)
    reader.reset()
    assert reader.hidden_places() == []
    (face,) = play(reader, scene([LEFT]), 0.5, start=1)
    assert face.id == 2


def test_faces_out_of_sight_are_forgotten():
    reader = make(ToldClassifier(), LEFT)
    play(reader, scene([LEFT]), 1)
    reader.tracker._finder.boxes = []
    play(reader, wall(), 3, start=1)
    assert reader._memories == {}


def test_certainty_is_held_too():
    classifier = ToldClassifier("happy", score=0.6)
    reader, picture = make(classifier, LEFT, threshold=0.5), scene([LEFT])
    (face,) = play(reader, picture, 1)
    assert face.smoothed.answer == "happy"
    classifier.row = scores_of("happy", 0.45)
    (face,) = play(reader, picture, 4, start=1)
    assert (face.raw.answer, face.smoothed.answer) == ("uncertain", "happy")
    classifier.row = scores_of("happy", 0.35)
    (face,) = play(reader, picture, 4, start=5)
    assert face.smoothed.answer == "uncertain"
    classifier.row = scores_of("happy", 0.45)
    (face,) = play(reader, picture, 4, start=9)
    assert face.smoothed.answer == "uncertain"


def test_a_steady_reading_tells_the_score_of_what_is_held():
    scores = (0.0, 0.0, 0.0, 0.4, 0.1, 0.0, 0.5)
    reading = SteadyReading(Box(0, 0, 9, 9), scores, 0.45, held="happy")
    assert (reading.emotion, reading.confidence, reading.answer) == ("happy", 0.4, "uncertain")


def test_a_face_can_be_moved():
    (face,) = play(make(ToldClassifier(), LEFT), scene([LEFT]), 0)
    moved = face.moved_to(Box(1, 2, 3, 3))
    assert moved.box == moved.raw.box == moved.smoothed.box == Box(1, 2, 3, 3)
    assert moved.smoothed.emotion == face.smoothed.emotion


@pytest.mark.parametrize("shape", [(1, 1), (1, 700, 3), (480, 640, 3)])
def test_degenerate_pictures(shape):
    reader = LiveFaceReader(ToldClassifier())
    assert play(reader, np.zeros(shape, np.uint8), 0.2) == []


def test_another_model_reads_from_the_next_frame_on_without_scores_of_the_one_before():
    before, after = ToldClassifier("happy"), ToldClassifier("sad")
    reader, picture = make(before, LEFT), scene([LEFT])
    play(reader, picture, 1)
    reader.use_classifier(after, certainty_threshold=0.9)
    asked = len(before.counts)
    (face,) = play(reader, picture, 0, start=1)
    assert reader.classifier is after
    assert (face.id, face.smoothed.emotion, face.smoothed.certain) == (1, "sad", False)
    assert face.smoothed.scores == pytest.approx(tuple(after.row))
    assert len(before.counts) == asked


def test_a_face_is_read_fifteen_times_a_second_at_most():
    classifier = ToldClassifier()
    play(make(classifier, LEFT), scene([LEFT]), 2)
    assert 12 <= sum(classifier.counts) <= 31


def test_a_face_is_a_persons_after_half_a_second_and_when_it_comes_back():
    finder = KnownFaces(LEFT)
    reader = LiveFaceReader(ToldClassifier(), FaceTracker(finder))
    picture = scene([LEFT])
    (new,) = play(reader, picture, 0.3)
    assert (new.id, new.person) == (1, None)
    (known,) = play(reader, picture, 1, start=0.3)
    assert (known.id, known.person) == (1, 1)
    assert known.moved_to(known.box).person == 1

    finder.boxes = []
    assert play(reader, wall(), 3, start=1.3) == []
    finder.boxes = [box_of(LEFT)]
    (back,) = play(reader, picture, 1, start=4.3)
    assert (back.id, back.person) == (2, 1)

    reader.reset()
    (other,) = play(reader, picture, 1, start=5.3)
    assert other.person == 2


def test_colours_tell_people_apart_where_the_picture_to_read_is_grey():
    finder = KnownFaces(LEFT)
    reader = LiveFaceReader(ToldClassifier(), FaceTracker(finder))
    picture = scene([LEFT])
    x, y, side, _ = map(int, LEFT)

    def play_in(clothes: tuple[int, int, int], start: float) -> LiveFace:
        coloured = np.repeat(picture[..., None], 3, axis=2)
        coloured[y + side // 2 :, max(0, x - side) : x + side] = clothes
        for index in range(30):
            faces = reader.read(picture, start + index / 30, 0.5, SMALLEST, coloured)
        return faces[0]

    def leave(start: float) -> None:
        boxes, finder.boxes = finder.boxes, []
        play(reader, wall(), 3, start)
        finder.boxes = boxes

    assert play_in((60, 60, 200), 0).person == 1
    leave(1)
    assert play_in((200, 60, 60), 4).person == 2
    leave(5)
    assert play_in((60, 60, 200), 8).person == 1


def test_nothing_is_left_of_people_who_are_to_be_forgotten():
    def remembered() -> list[Looks]:
        gc.collect()
        return [each for each in gc.get_objects() if isinstance(each, Looks)]

    of_other_tests = remembered()  # held, so that no other object takes their place
    reader = make(ToldClassifier(), LEFT)
    (face,) = play(reader, scene([LEFT]), 1)
    assert face.person == 1
    assert len(remembered()) > len(of_other_tests)
    reader.forget_persons()
    assert {id(each) for each in remembered()} <= {id(each) for each in of_other_tests}
    (face,) = play(reader, scene([LEFT]), 1, start=1)
    assert face.person == 2


def shaded(picture: np.ndarray) -> np.ndarray:
    """Return a picture whose every part is darker on its left."""
    width = picture.shape[1]
    return np.asarray(picture / 8 + np.linspace(0, 220, width), np.uint8)


def test_every_other_reading_is_of_the_mirror_image_and_both_are_averaged():
    classifier, told = SidedClassifier(), ToldClassifier()
    picture = shaded(scene([LEFT]))
    (face,) = play(make(classifier, LEFT), picture, 3)
    read = [sides for (sides,) in classifier.dark_left]
    assert read == [index % 2 == 0 for index in range(len(read))]
    happy, sad = (face.smoothed.scores[EMOTIONS.index(name)] for name in ("happy", "sad"))
    assert (happy, sad) == (pytest.approx(0.475, abs=1e-3), pytest.approx(0.475, abs=1e-3))
    # The headline, said at the first reading, holds: no other expression is clearly ahead.
    assert face.smoothed.emotion == "happy"
    # It costs no reading: there are as many as of a classifier to which both views are one.
    play(make(told, LEFT), picture, 3)
    assert [len(sides) for sides in classifier.dark_left] == told.counts


def test_every_face_has_turns_of_its_own():
    classifier = SidedClassifier()
    reader, picture = make(classifier, LEFT, RIGHT), shaded(scene([LEFT, RIGHT]))
    faces = play(reader, picture, 3)
    assert len(faces) == 2
    for face in faces:
        happy, sad = (face.smoothed.scores[EMOTIONS.index(name)] for name in ("happy", "sad"))
        assert (happy, sad) == (pytest.approx(0.475, abs=1e-3), pytest.approx(0.475, abs=1e-3))


def test_without_smoothing_no_mirror_image_is_read():
    classifier = SidedClassifier()
    (face,) = play(make(classifier, LEFT), shaded(scene([LEFT])), 1, smoothing=0)
    assert {side for sides in classifier.dark_left for side in sides} == {True}
    assert face.smoothed.confidence == pytest.approx(0.94)


def test_a_still_picture_of_one_frame_is_read_as_it_is():
    classifier = SidedClassifier()
    (face,) = play(make(classifier, LEFT), shaded(scene([LEFT])), 0)
    assert classifier.dark_left == [[True]]
    assert face.smoothed.scores == pytest.approx(face.raw.scores)


def test_faces_are_found_as_usual_on_live_video_when_nobody_chooses():
    assert type(LiveFaceReader.load().tracker._finder) is type(live_finder())
