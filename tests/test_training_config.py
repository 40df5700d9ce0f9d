import json
from dataclasses import asdict

import pytest

from emotion_core.errors import TrainingError
from emotion_core.training_config import PRESETS, TrainingConfig


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("epochs", 0, "epochs: expected 1 to 10000, found 0"),
        ("batch_size", 1, "batch_size: expected 2 to 8192, found 1"),
        ("dropout", 1.0, "dropout: expected 0 to 0.9, found 1.0"),
        ("learning_rate", -1, "learning_rate: expected 1e-07 to 10, found -1"),
        ("filters", (), r"filters: expected one to five positive numbers, found \(\)"),
        ("precision", "int8", "precision: expected float32 or mixed_bfloat16, found 'int8'"),
    ],
)
def test_bad_settings_are_named(field, value, message):
    with pytest.raises(TrainingError, match=message):
        TrainingConfig(**{field: value})


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_survive_json(preset):
    config = PRESETS[preset]
    assert TrainingConfig.from_json(json.loads(json.dumps(asdict(config)))) == config
