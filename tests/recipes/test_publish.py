"""A student of the window becomes the product's own network."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest

from emotion_core.errors import DatasetError
from emotion_core.models.folder import SEEN_FILE, load_card
from emotion_core.models.seen_images import load_seen_images
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.networks.network import NORM, NetworkShape, build_network
from recipes.publish import _config, _deployed, main, remember_images

DESCRIPTION = {
    "name": "student-2",
    "filters": [4, 8],
    "depths": [1, 2],
    "border": 4,
    "dropout": 0.1,
    "schedule": {"rate": 3e-3, "warmup": 0.05, "decay": 0.05, "batch": 128},
    "distillation": {"weight": 0.8, "temperature": 1.0},
    "variation": {"rotation_degrees": 12.0},
}
EVENTS = [{"what": "student-2", "epoch": 10}, {"what": "student-2", "epoch": 186}]


def test_the_settings_are_those_of_the_student():
    config = _config(DESCRIPTION, EVENTS)
    assert (config.filters, config.depths, config.border) == ((4, 8), (1, 2), 4)
    assert (config.epochs, config.seed, config.batch_size) == (186, 2, 128)
    assert config.augmentation.rotation_degrees == 12


def test_weights_by_name_give_the_network_they_came_from():
    trained = build_network("vgg", NetworkShape((4, 8), (1, 2), border=4))
    random = np.random.default_rng(0)
    weights = {}
    for layer in trained.layers:
        if layer.name.endswith(NORM):
            values = [random.uniform(0.5, 1.5, each.shape) for each in layer.get_weights()]
            layer.set_weights(values)
            name, keys = layer.name.removesuffix(NORM), ("gamma", "beta", "mean", "variance")
        elif layer.weights:
            name, keys = layer.name, ("kernel", "bias")
        else:
            continue
        # A convolution has no bias yet.
        for key, value in zip(keys, layer.get_weights(), strict=False):
            weights[f"{name}/{key}"] = value
    deployed = _deployed(_config(DESCRIPTION, EVENTS), weights)
    faces = random.integers(0, 256, (3, 48, 48)).astype(np.uint8)
    expected = KerasClassifier(trained).predict_logits(faces)
    np.testing.assert_allclose(
        KerasClassifier(deployed).predict_logits(faces), expected, rtol=0.02, atol=0.02
    )


class TestSeenImages:
    def test_a_published_model_gets_them(self, tiny_model, demo, tmp_path, monkeypatch):
        folder = shutil.copytree(tiny_model, tmp_path / "model")
        (folder / SEEN_FILE).unlink()
        monkeypatch.setattr("recipes.publish.open_dataset", lambda _: demo)
        monkeypatch.setattr(sys, "argv", ["publish", "--seen", str(folder), "--data", "demo"])
        main()
        card = load_card(folder)
        expected = load_seen_images(tiny_model, load_card(tiny_model))
        seen = load_seen_images(folder, card)
        np.testing.assert_array_equal(seen.trained, expected.trained)
        np.testing.assert_array_equal(seen.selecting, expected.selecting)
        assert f"`{SEEN_FILE}` holds a hash of each" in " ".join(
            (folder / "README.md").read_text().split()
        )

    def test_other_data_is_refused(self, tiny_model, demo, monkeypatch):
        monkeypatch.setattr("recipes.publish.open_dataset", lambda _: demo.split("Training"))
        with pytest.raises(DatasetError, match="expected the data that tiny was trained on"):
            remember_images(tiny_model, "demo")
