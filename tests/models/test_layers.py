"""Layers read from a LiteRT file."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.models.folder import LITERT_FILE, default_model_dir, load_card
from emotion_core.models.layers import check_weights, input_scale, read_layers
from tests.model_files import OTHERS

SHIPPED = (default_model_dir() / LITERT_FILE).read_bytes()


def test_the_shipped_network_is_told_layer_by_layer():
    card = load_card(default_model_dir())
    filters, depths = card.config["filters"], card.config["depths"]
    layers = read_layers(SHIPPED)
    learned = [layer for layer in layers if layer.operations]
    assert [layer.name for layer in learned] == ["convolution 3x3, ReLU"] * sum(depths) + ["dense"]
    assert learned[0].shape == (44, 44, filters[0])
    assert learned[-1].shape == (7,)
    # The scale and the epsilon of the standardization are constants of the file too.
    assert sum(layer.weights for layer in layers) == card.parameters + 2
    assert learned[-1].operations == filters[-1] * 7


@pytest.mark.parametrize("name", ["grey64", "color32", "one_by_one", "quantized"])
def test_networks_of_others_are_read_too(name):
    layers = read_layers((OTHERS / f"{name}.tflite").read_bytes())
    assert any(layer.name.startswith("dense") for layer in layers)


@pytest.mark.parametrize("content", [b"", b"TFL3" * 30, SHIPPED[:3000]])
def test_what_is_no_model(content):
    for function in (read_layers, check_weights):
        with pytest.raises(ModelError, match="expected a LiteRT model with one graph, found one"):
            function(content)


def test_weights_that_are_not_numbers_are_found():
    check_weights(SHIPPED)
    content = (OTHERS / "color32.tflite").read_bytes()
    # The last class's bias is -(1 - 0)**2 times the sharpness.
    bias = np.float32(-400).tobytes()
    assert content.count(bias) == 1
    with pytest.raises(ModelError, match="expected a network whose weights are numbers"):
        check_weights(content.replace(bias, np.float32("nan").tobytes()))


def test_what_pixels_are_multiplied_by_at_first():
    shipped = (default_model_dir() / LITERT_FILE).read_bytes()
    assert input_scale(shipped) == pytest.approx(1 / 255, rel=1e-3)
    assert input_scale((OTHERS / "grey64.tflite").read_bytes()) == 1
    with pytest.raises(ModelError):
        input_scale(b"no model at all")
