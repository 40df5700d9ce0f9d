"""Layers read from a LiteRT file."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.models.folder import LITERT_FILE, default_model_dir, load_card
from emotion_core.models.layers import read_contents
from tests.model_files import OTHERS

SHIPPED = (default_model_dir() / LITERT_FILE).read_bytes()


def test_the_shipped_network_is_told_layer_by_layer():
    card = load_card(default_model_dir())
    filters, depths = card.config["filters"], card.config["depths"]
    layers = read_contents(SHIPPED).layers
    learned = [layer for layer in layers if layer.operations]
    assert [layer.name for layer in learned] == ["convolution 3x3, ReLU"] * sum(depths) + ["dense"]
    side = 48 - 2 * card.config["border"]
    assert learned[0].shape == (side, side, filters[0])
    assert learned[-1].shape == (7,)
    # The scale and the epsilon of the standardization are constants of the file, but not learned.
    assert sum(layer.weights for layer in layers) == card.parameters
    assert learned[-1].operations == filters[-1] * 7


@pytest.mark.parametrize("name", ["grey64", "color32", "one_by_one", "quantized"])
def test_networks_of_others_are_read_too(name):
    layers = read_contents((OTHERS / f"{name}.tflite").read_bytes()).layers
    assert any(layer.name.startswith("dense") for layer in layers)


@pytest.mark.parametrize("content", [b"", b"TFL3" * 30, SHIPPED[:3000], b"no model at all"])
def test_what_is_no_model(content):
    with pytest.raises(ModelError, match="expected a LiteRT model with one graph, found one"):
        read_contents(content)


def test_weights_that_are_not_numbers_are_found():
    assert read_contents(SHIPPED).finite
    content = (OTHERS / "color32.tflite").read_bytes()
    # The last class's bias is -(1 - 0)**2 times the sharpness.
    bias = np.float32(-400).tobytes()
    assert content.count(bias) == 1
    assert not read_contents(content.replace(bias, np.float32("nan").tobytes())).finite


def test_what_pixels_are_multiplied_by_at_first():
    assert read_contents(SHIPPED).input_scale == pytest.approx(1 / 255, rel=1e-3)
    assert read_contents((OTHERS / "grey64.tflite").read_bytes()).input_scale == 1
