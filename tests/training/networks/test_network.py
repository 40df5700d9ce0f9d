import numpy as np
import pytest

from emotion_core.errors import TrainingError
from emotion_core.training.architectures import ARCHITECTURES
from emotion_core.training.networks.classifier import KerasClassifier
from emotion_core.training.networks.network import (
    FusedBatchNormalization,
    NetworkShape,
    build_network,
    multiply_accumulates,
)
from emotion_core.training.networks.weights import reparametrize

SMALL = NetworkShape(filters=(4, 8), depths=(1, 2), dropout=0.2)
DEPLOYED = NetworkShape(filters=(4, 8), depths=(1, 2), deployed=True)


@pytest.fixture(scope="module", params=sorted(ARCHITECTURES))
def network(request):
    return build_network(request.param, SMALL)


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


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_the_deployed_network_computes_the_same(architecture, demo):
    trained = build_network(architecture, SMALL)
    random = np.random.default_rng(3)
    for layer in trained.layers:
        if isinstance(layer, FusedBatchNormalization):  # as if it had been trained
            layer.set_weights([random.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    deployed = build_network(architecture, DEPLOYED)
    reparametrize(trained, deployed)
    expected = KerasClassifier(trained).predict_logits(demo.images)
    found = KerasClassifier(deployed).predict_logits(demo.images)
    assert found == pytest.approx(expected, abs=5e-3 * float(np.abs(expected).max()))
    assert deployed.count_params() < trained.count_params()


def test_deployed_weights_are_float16_numbers():
    deployed = build_network("vgg", DEPLOYED)
    reparametrize(build_network("vgg", SMALL), deployed)
    for weights in deployed.get_weights():
        assert np.array_equal(weights, weights.astype(np.float16).astype(np.float32))


def test_a_deployed_repvgg_is_a_plain_chain():
    names = {type(layer).__name__ for layer in build_network("repvgg", DEPLOYED).layers}
    assert "Add" not in names
    assert not any("Normalization" in name for name in names - {"LayerNormalization"})


@pytest.mark.parametrize(("policy", "error"), [("float32", 1e-3), ("mixed_bfloat16", 2e-2)])
def test_batch_norm_in_training_normalizes_and_remembers(policy, error):
    layer = FusedBatchNormalization(momentum=0.9, dtype=policy)
    values = np.random.default_rng(0).normal(5, 3, (64, 6, 6, 2)).astype(np.float32)
    output = np.asarray(layer(values, training=True)).astype(np.float32)
    assert output.mean(axis=(0, 1, 2)) == pytest.approx([0, 0], abs=error)
    assert output.std(axis=(0, 1, 2)) == pytest.approx([1, 1], abs=max(error, 1e-2))
    mean, variance = values.mean(axis=(0, 1, 2)), 0.9 + 0.1 * values.var(axis=(0, 1, 2))
    assert np.asarray(layer.moving_mean) == pytest.approx(0.1 * mean, rel=error)
    assert np.asarray(layer.moving_variance) == pytest.approx(variance, rel=error)


def test_multiply_accumulates_of_a_network_counted_by_hand():
    network = build_network("vgg", NetworkShape((2, 3), (1, 1), deployed=True))
    # 44 x 44 positions of a 3x3 from 1 to 2 channels, 22 x 22 of one from 2 to 3, then 3 to 7.
    assert multiply_accumulates(network) == 44 * 44 * 9 * 2 + 22 * 22 * 9 * 2 * 3 + 3 * 7


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_registry_tells_the_truth(name):
    entry = ARCHITECTURES[name]
    network = build_network(name, NetworkShape(entry.filters, entry.depths, deployed=True))
    assert network.count_params() == entry.parameters
    assert multiply_accumulates(network) == entry.multiply_accumulates


def test_mixed_precision_ends_in_float32_and_leaves_no_trace():
    import keras

    network = build_network("vgg", SMALL, precision="mixed_bfloat16")
    assert network.layers[-1].compute_dtype == "float32"
    assert network.layers[3].dtype_policy.name == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "float32"


def test_unknown_architecture_is_named():
    with pytest.raises(TrainingError, match="of vgg, resnet-se, repvgg, found 'alexnet'"):
        build_network("alexnet", SMALL)


@pytest.mark.parametrize("border", [0, 3])
def test_the_border_is_not_seen(border):
    network = build_network("vgg", NetworkShape((2,), (1,), deployed=True, border=border))
    face = np.random.default_rng(0).uniform(0, 255, (1, 48, 48, 1)).astype(np.float32)
    framed = face.copy()
    framed[:, :3] = framed[:, -3:] = framed[:, :, :3] = framed[:, :, -3:] = 0
    same = np.allclose(network(face), network(framed), atol=1e-6)
    assert same == (border == 3)
