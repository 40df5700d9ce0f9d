import shutil

import pytest

from emotion_core.errors import ModelError
from emotion_core.judging.speed import keras_speeds, litert_speeds, speed_of
from emotion_core.models.folder import KERAS_FILE


def test_summary_by_hand():
    speed = speed_of("LiteRT", [float(number) for number in range(1, 12)])
    assert (speed.milliseconds, speed.faces) == (6, 11)
    assert speed.fast == pytest.approx(1.2)
    assert speed.slow == pytest.approx(10.8)


def test_the_same_model_twice_is_timed_twice(tiny_model):
    first, second = litert_speeds([tiny_model, tiny_model], faces=5)
    assert first.runtime == second.runtime == "LiteRT"
    assert first.faces == 5
    assert 0 < first.fast <= first.milliseconds <= first.slow


def test_keras_is_timed_in_a_process_of_its_own(tiny_model):
    speed, again = keras_speeds([tiny_model, tiny_model], faces=3)
    assert (speed.runtime, speed.faces) == (again.runtime, again.faces) == ("Keras", 3)
    assert speed.milliseconds > 0


def test_a_model_that_keras_cannot_read(tiny_model, tmp_path):
    broken = shutil.copytree(tiny_model, tmp_path / "broken")
    (broken / KERAS_FILE).write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"Keras cannot run this model: .*expected a .keras file"):
        keras_speeds([broken], faces=3)
