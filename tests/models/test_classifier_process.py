"""A slow model in a process of its own."""

from __future__ import annotations

import time

import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.live.background import live_classifier
from emotion_core.models import classifier_process
from emotion_core.models.classifier import EmotionClassifier, speed_warning
from emotion_core.models.classifier_process import ClassifierProcess
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.litert import LiteRtNetwork
from tests.system.alive import is_alive

CROPS = np.random.default_rng(3).integers(0, 256, (3, 48, 48), np.uint8)


@pytest.fixture
def process():
    folder = default_model_dir()
    process = ClassifierProcess(folder, load_card(folder), 0.225)
    yield process
    process.close()


def test_it_gives_the_scores_that_the_model_gives_here_and_ends_when_it_is_closed(process):
    expected = EmotionClassifier.load().predict_scores(CROPS)
    assert process.pid is None
    assert process.predict_scores(CROPS) == pytest.approx(expected, abs=1e-6)
    first = process.pid
    assert process.predict_scores(CROPS[:0]).shape == (0, 7)
    assert process.pid == first
    process.close()
    assert not is_alive(first)
    assert process.predict_scores(CROPS[:1]) == pytest.approx(expected[:1], abs=1e-6)
    assert process.pid != first


def test_one_that_takes_too_long_is_ended_and_told(process, monkeypatch):
    process.predict_scores(CROPS[:1])
    ended = process.pid
    monkeypatch.setattr(classifier_process, "MOST_SECONDS", -1.0)
    with pytest.raises(ModelError, match="expected a face to be read within -1 s, but it took lon"):
        process.predict_scores(CROPS[:1])
    assert not is_alive(ended)
    assert process.pid is None


def test_one_that_fails_is_told(process, tmp_path):
    process.folder = tmp_path / "gone"
    with pytest.raises(ModelError, match=r"expected scores from the process .+; use another model"):
        process.predict_scores(CROPS[:1])
    assert process.pid is None


def test_one_that_cannot_begin_is_told(process, monkeypatch):
    def refuse(*_, **__):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(classifier_process, "Child", refuse)
    with pytest.raises(
        ModelError, match=r"failed \(Cannot allocate memory\); close other programs, or"
    ):
        process.predict_scores(CROPS[:1])


def test_a_quick_model_is_read_here_and_a_slow_one_apart(monkeypatch):
    monkeypatch.setattr(EmotionClassifier, "_measured", lambda *_: 0.003)
    assert isinstance(live_classifier(), EmotionClassifier)
    monkeypatch.setattr(EmotionClassifier, "_measured", lambda *_: 0.225)
    slow = live_classifier()
    assert isinstance(slow, ClassifierProcess)
    assert (slow.card.name, slow.seconds_a_face) == (load_card(default_model_dir()).name, 0.225)
    assert slow.folder == default_model_dir().absolute()


def test_the_time_of_a_face_is_measured():
    times = iter([0.0, 0.020, 1.0, 1.012, 2.0, 2.5])
    classifier = EmotionClassifier.load()
    assert 0 < classifier.seconds_a_face < 60
    assert classifier._measured(lambda: next(times)) == pytest.approx(0.012)


def test_a_machine_that_is_busy_makes_no_model_slow(monkeypatch):
    real = LiteRtNetwork.run

    def interrupted(network, faces):
        time.sleep(0.1)
        return real(network, faces)

    monkeypatch.setattr(LiteRtNetwork, "run", interrupted)
    assert EmotionClassifier.load().seconds_a_face < 0.1


def test_a_slow_model_is_warned_of():
    assert speed_warning(0.004) == ""
    assert speed_warning(0.225) == (
        "It takes 225 ms for a face on this machine. Live video goes on at its own rate, but shows "
        "a new answer only 4.4 times a second, shared by all faces in view."
    )
