import json
from dataclasses import asdict

import pytest

from emotion_core.errors import TrainingError
from emotion_core.training.architectures import ARCHITECTURES
from emotion_core.training.config import (
    PRESETS,
    SETTINGS,
    AugmentationConfig,
    TrainingConfig,
    flat_settings,
    setting_text,
    with_settings,
)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("epochs", 0, "epochs: expected 1 to 10000, found 0"),
        ("batch_size", 1, "batch_size: expected 2 to 8192, found 1"),
        ("dropout", 1.0, "dropout: expected 0 to 0.9, found 1.0"),
        ("learning_rate", -1, "learning_rate: expected 1e-07 to 10, found -1"),
        ("filters", (), r"filters: expected one to five positive numbers, found \(\)"),
        ("depths", (1, 0, 1, 1), r"depths: expected one to five positive numbers, found \(1, 0"),
        ("depths", (1, 2), "filters and depths: expected one number each for every stage"),
        ("vote_weight", 1.5, "vote_weight: expected 0 to 1, found 1.5"),
        ("distillation_temperature", 0, "distillation_temperature: expected 0.1 to 20, found 0"),
        (
            "architecture",
            "alexnet",
            "architecture: expected vgg, resnet-se, repvgg, found 'alexnet'",
        ),
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


def test_bad_variation_is_named():
    with pytest.raises(TrainingError, match="mixup: expected 0 to 10, found -1"):
        AugmentationConfig(mixup=-1)


def test_settings_that_a_user_typed():
    config = with_settings(
        TrainingConfig(),
        {
            "architecture": "repvgg",
            "filters": "16, 32",
            "depths": "1,2",
            "dropout": "0.5",
            "epochs": "3",
            "augmentation.flip": "No",
            "augmentation.mixup": "0.2",
        },
    )
    assert (config.architecture, config.filters, config.depths) == ("repvgg", (16, 32), (1, 2))
    assert (config.dropout, config.epochs) == (0.5, 3)
    assert config.augmentation == AugmentationConfig(flip=False, mixup=0.2)
    assert with_settings(config, {}) == config


def test_an_architecture_comes_in_its_own_shape():
    config = with_settings(TrainingConfig(), {"architecture": "resnet-se"})
    known = ARCHITECTURES["resnet-se"]
    assert (config.filters, config.depths) == (known.filters, known.depths)
    narrow = with_settings(TrainingConfig(), {"architecture": "repvgg", "filters": "8,8,8,8"})
    assert (narrow.filters, narrow.depths) == ((8, 8, 8, 8), ARCHITECTURES["repvgg"].depths)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("epoch", "3", "expected a setting of architecture, filters, .*, found 'epoch'"),
        ("augmentation", "3", "expected a setting of architecture, .*, found 'augmentation'"),
        ("augmentation.blur", "3", "of augmentation.rotation_degrees, .* found 'augmentation.blur"),
        ("epochs", "2.5", "epochs: expected a whole number, found '2.5'"),
        ("dropout", "much", "dropout: expected a number, found 'much'"),
        ("filters", "16 32", "filters: expected whole numbers such as 32,64, found '16 32'"),
        ("augmentation.flip", "perhaps", "augmentation.flip: expected yes or no, found 'perhaps'"),
        ("epochs", "0", "epochs: expected 1 to 10000, found 0"),
    ],
)
def test_settings_that_make_no_sense(name, text, message):
    with pytest.raises(TrainingError, match=message):
        with_settings(TrainingConfig(), {name: text})


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_as_text_come_back(preset):
    config = PRESETS[preset]
    typed = {name: setting_text(value) for name, value in flat_settings(config).items()}
    assert with_settings(TrainingConfig(), typed) == config


def test_every_setting_is_explained():
    texts = {name: setting.help for name, setting in SETTINGS.items()}
    assert list(texts) == list(flat_settings(TrainingConfig()))
    assert texts["epochs"] == "Passes over the training images."
    assert texts["augmentation.mixup"].endswith("0 switches it off.")
    assert all(len(text) > 10 for text in texts.values())


def test_every_number_has_limits_and_every_setting_a_title():
    for name, value in flat_settings(TrainingConfig()).items():
        known = SETTINGS[name]
        assert (known.limits is not None) == (type(value) in (int, float)), name
        assert known.title, name
    assert SETTINGS["batch_size"].title == "Batch size"
    assert SETTINGS["augmentation.flip"].title == "Mirror"
