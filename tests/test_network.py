import numpy as np
import pytest

from emotion_core.errors import TrainingError
from emotion_core.keras_classifier import KerasClassifier
from emotion_core.network import build_network


@pytest.fixture(scope="module")
def network():
    return build_network("vgg", filters=(4, 8), dropout=0.2)


def test_shapes_are_faces_in_and_logits_out(network):
    assert network.input_shape == (None, 48, 48, 1)
    assert network.output_shape == (None, 7)


def test_scaling_is_inside(network, demo):
    """Gain and offset of the camera hardly matter, because each face is standardized."""
    faces = demo.images[:16].astype(np.float32)[..., None]
    dimmer = faces * 0.7 + 30
    expected = network.predict(faces, verbose=0)
    difference = np.abs(network.predict(dimmer, verbose=0) - expected).max()
    assert difference < 0.1 * np.abs(expected).max()


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_blank_face_gives_finite_logits(network, grey):
    blank = np.full((1, 48, 48), grey, np.uint8)
    assert np.isfinite(KerasClassifier(network).predict_logits(blank)).all()


def test_mixed_precision_ends_in_float32_and_leaves_no_trace():
    import keras

    network = build_network("vgg", filters=(4,), dropout=0, precision="mixed_bfloat16")
    assert network.layers[-1].compute_dtype == "float32"
    assert network.layers[3].dtype_policy.name == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "float32"


def test_unknown_architecture_is_named():
    with pytest.raises(TrainingError, match="expected an architecture of vgg, found 'alexnet'"):
        build_network("alexnet", filters=(4,), dropout=0)
