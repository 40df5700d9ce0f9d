"""Faces read in a thread of their own."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.faces.tracking import FaceTracker
from emotion_core.live import background as background_module
from emotion_core.live.background import BackgroundReading, Crop, background_for
from emotion_core.live.reader import LiveFaceReader
from emotion_core.live.session import LiveSession
from tests.films import scene
from tests.live.test_reader import LEFT, RIGHT, SMALLEST, KnownFaces, scores_of, shaded
from tests.live.test_session import frame


class SlowClassifier:
    """Answers when it is let, and says that it takes 225 ms; notes what it was asked."""

    seconds_a_face = 0.225

    def __init__(self, emotion: str = "happy") -> None:
        self.row = scores_of(emotion)
        self.asked: list[np.ndarray] = []
        self.begun = threading.Semaphore(0)
        self.may_answer = threading.Semaphore(0)
        self.closed = threading.Event()
        self.error: Exception | None = None

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        self.asked.append(crops)
        self.begun.release()
        assert self.may_answer.acquire(timeout=60)
        if self.error is not None:
            raise self.error
        return np.tile(self.row, (len(crops), 1))

    def close(self) -> None:
        self.closed.set()


def crop(number: int, shade: int = 0, shown_at: float = 0.0) -> Crop:
    return Crop(number, np.full((48, 48), shade, np.uint8), shown_at)


def answers_of(reading: BackgroundReading, count: int = 1) -> list:
    deadline, answers = time.monotonic() + 60, []
    while len(answers) < count:
        assert time.monotonic() < deadline, "no answer came"
        answers += reading.take()
        time.sleep(0.002)
    return answers


def wait_until(true) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


@pytest.fixture
def classifier():
    classifier = SlowClassifier()
    yield classifier
    for _ in range(100):
        classifier.may_answer.release()


def test_a_quick_classifier_gets_no_thread(classifier):
    assert background_for(classifier) is not None
    classifier.seconds_a_face = 0.002
    assert background_for(classifier) is None
    assert background_for(object()) is None


def test_the_newest_crop_wins(classifier):
    reading = BackgroundReading(classifier)
    reading.offer([crop(1, shade=1)])
    assert classifier.begun.acquire(timeout=60)
    for shade in range(2, 30):  # while the first is read
        reading.offer([crop(1, shade, shown_at=float(shade))])
    classifier.may_answer.release()
    assert classifier.begun.acquire(timeout=60)
    classifier.may_answer.release()
    answers = answers_of(reading, 2)
    assert [int(asked[0, 0, 0]) for asked in classifier.asked] == [1, 29]
    assert [answer.shown_at for answer in answers] == [0.0, 29.0]
    assert answers[0].scores == pytest.approx(tuple(classifier.row))
    assert reading.reading is None


def test_faces_that_wait_are_read_in_turn_and_those_not_offered_again_are_not(classifier):
    reading = BackgroundReading(classifier)
    reading.offer([crop(1), crop(2), crop(3)])
    assert classifier.begun.acquire(timeout=60)
    assert reading.reading == 1
    reading.offer([crop(3), crop(2)])
    for _ in range(3):
        classifier.may_answer.release()
    assert [answer.number for answer in answers_of(reading, 3)] == [1, 3, 2]


def test_the_thread_ends_when_nobody_shows_a_face_any_more(classifier, monkeypatch):
    monkeypatch.setattr(background_module, "IDLE_SECONDS", 0.05)
    reading = BackgroundReading(classifier)
    classifier.may_answer.release()
    reading.offer([crop(1)])
    thread = reading.thread
    answers_of(reading)
    thread.join(60)
    assert not thread.is_alive()
    assert reading.thread is None
    assert classifier.closed.is_set()
    classifier.may_answer.release()  # somebody comes back
    reading.offer([crop(2)])
    assert answers_of(reading)[0].number == 2


def test_the_thread_ends_when_it_is_closed(classifier):
    reading = BackgroundReading(classifier)
    reading.offer([crop(1), crop(2)])
    assert classifier.begun.acquire(timeout=60)
    thread = reading.thread
    reading.close()
    classifier.may_answer.release()
    thread.join(60)
    assert not thread.is_alive()
    assert len(classifier.asked) == 1
    assert classifier.closed.is_set()
    reading.offer([crop(3)])
    assert reading.thread is None


def test_a_failure_is_told_until_it_is_forgotten_and_given_up_after_three_in_a_row(classifier):
    classifier.error = ModelError("expected a face to be read within 10 s, but it took longer")
    reading = BackgroundReading(classifier)
    for _ in range(3):
        reading.offer([crop(1)])
        classifier.may_answer.release()
        wait_until(lambda: reading._problem is not None)
        reading.offer([crop(1)])  # ignored
        with pytest.raises(ModelError, match="to be read within 10 s"):
            reading.take()
        reading.forget()
    assert len(classifier.asked) == 3
    with pytest.raises(ModelError, match="to be read within 10 s"):
        reading.take()


class TestOnLiveVideo:
    def reader(self, classifier, *faces) -> LiveFaceReader:
        return LiveFaceReader(classifier, FaceTracker(KnownFaces(*faces)))

    def test_no_frame_waits_and_the_last_answer_shows(self, classifier):
        """The frames are played in the thread that would have to let the classifier go on."""
        reader, picture = self.reader(classifier, LEFT), scene([LEFT])
        shown = [reader.read(picture, index / 30, 0.5, SMALLEST) for index in range(60)]
        assert shown == [[]] * 60  # it is found, and not read yet
        assert len(reader.hidden_places()) == 1  # but would be blurred
        assert classifier.begun.acquire(timeout=60)
        classifier.may_answer.release()
        wait_until(lambda: reader._used.background.reading is None or len(classifier.asked) == 2)
        wait_until(lambda: reader.read(picture, 2.0, 0.5, SMALLEST))
        assert classifier.begun.acquire(timeout=60)  # the second is under way, and does not end
        for index in range(60, 120):
            (face,) = reader.read(picture, index / 30, 0.5, SMALLEST)
            assert face.smoothed.emotion == "happy"
            assert face.raw.scores == pytest.approx(tuple(classifier.row))
        assert len(classifier.asked) == 2

    def test_a_whole_session_goes_on(self, classifier):
        session = LiveSession(self.reader(classifier, LEFT))
        for number in range(30):
            session.on_frame(frame(640, 480, pts=3000 * number))
        assert session.snapshot.frames == 30
        assert session.snapshot.errors == 0

    def test_no_face_is_left_out(self, classifier):
        reader, picture = self.reader(classifier, LEFT, RIGHT), scene([LEFT, RIGHT])
        for index in range(400):
            classifier.may_answer.release()
            faces = reader.read(picture, index / 30, 0.5, SMALLEST)
            if len(faces) == 2 and len(classifier.asked) > 6:
                break
            time.sleep(0.005)
        assert {face.id for face in faces} == {1, 2}

    def test_another_model_closes_the_slow_one(self, classifier):
        reader, picture = self.reader(classifier, LEFT), scene([LEFT])
        reader.read(picture, 0.0, 0.5, SMALLEST)
        thread = reader._used.background.thread
        quick = SlowClassifier("sad")
        quick.seconds_a_face = 0.001
        quick.may_answer.release()
        reader.use_classifier(quick)
        (face,) = reader.read(picture, 0.1, 0.5, SMALLEST)
        assert face.smoothed.emotion == "sad"
        classifier.may_answer.release()
        thread.join(60)
        assert classifier.closed.is_set()

    def test_a_failure_costs_no_frame_and_is_told(self, classifier):
        classifier.error = ModelError("theirs: expected a face to be read within 10 s, but it")
        for _ in range(100):
            classifier.may_answer.release()
        session = LiveSession(self.reader(classifier, LEFT))
        wait_until(lambda: session.on_frame(frame(640, 480)) and session.snapshot.errors)
        assert "theirs: expected a face to be read within 10 s" in session.snapshot.last_error
        wait_until(lambda: session.on_frame(frame(640, 480)) and session.snapshot.errors > 10)
        assert len(classifier.asked) == 3  # after that it is not tried again


def test_a_slow_model_reads_mirror_images_in_turn_too_unless_it_reads_seldom(classifier):
    picture = shaded(scene([LEFT]))
    reader = LiveFaceReader(classifier, FaceTracker(KnownFaces(LEFT)))

    def answer_at(now: float) -> bool:
        """Let it answer, note that, and return whether it is asked about the mirror image next."""
        count = len(classifier.asked)
        classifier.may_answer.release()
        background = reader._used.background
        wait_until(lambda: background.reading is None)
        reader.read(picture, now, 0.5, SMALLEST)
        wait_until(lambda: len(classifier.asked) > count)
        left, right = np.split(classifier.asked[-1][0], 2, axis=1)
        return bool(left.mean() > right.mean())

    reader.read(picture, 0.0, 0.5, SMALLEST)
    wait_until(lambda: classifier.asked)
    assert [answer_at(0.2 * index) for index in range(1, 5)] == [True, False, True, False]
    assert [answer_at(1.5 + 0.5 * index) for index in range(3)] == [False] * 3
