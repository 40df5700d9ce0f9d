from emotion_core.training.fitting.timing import measure_speed
from tests.conftest import TINY_CONFIG


def test_every_part_of_a_run_is_measured(monkeypatch):
    monkeypatch.setattr("emotion_core.training.fitting.timing.MEASURED_SECONDS", 0.05)
    speed = measure_speed(TINY_CONFIG, images=1000, validation_images=100, start_seconds=20.0)
    assert speed.images_per_second > 0
    assert speed.seconds_per_epoch > 1000 / speed.images_per_second
    assert speed.seconds_before > 20.0  # the graph is compiled
    assert speed.seconds_after > 0.0  # the model is exported
    expected = speed.seconds_before + 5 * speed.seconds_per_epoch + speed.seconds_after
    assert speed.run_seconds(5) == expected
