import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest

from emotion_core.errors import ModelError, TrainingError
from emotion_core.models.folder import load_card
from emotion_core.training.architectures import ARCHITECTURES
from emotion_core.training.fitting.checkpoint import read_checkpoint
from emotion_core.training.fitting.loop import TrainingLoop
from emotion_core.training.networks.loading import load_network
from emotion_core.training.networks.network import NetworkShape, build_network
from emotion_core.training.networks.weights import adopt, deepen, reparametrize
from emotion_core.training.warm_start import check_fit, find_initial
from tests.conftest import TINY_CONFIG


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_network_to_train_computes_what_the_deployed_one_did(name, demo):
    keras.utils.set_random_seed(3)
    shape = NetworkShape((4, 8), (2, 2))
    earlier, network = build_network(name, shape), build_network(name, shape)
    deployed, again = (build_network(name, replace(shape, deployed=True)) for _ in range(2))
    reparametrize(earlier, deployed)
    faces = demo.images[..., None]
    adopt(network, deployed, faces)
    expected = deployed.predict(faces, verbose=0)
    np.testing.assert_allclose(network.predict(faces, verbose=0), expected, atol=1e-4)
    reparametrize(network, again)
    np.testing.assert_allclose(again.predict(faces, verbose=0), expected, atol=0.02)
    # In training, batch norm measures the batch; that of all these faces is what was assumed.
    trained = keras.ops.convert_to_numpy(network(np.float32(faces), training=True))
    np.testing.assert_allclose(trained, expected, atol=0.2 if name == "repvgg" else 1e-3)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_further_blocks_begin_by_passing_on_what_they_get(name, demo):
    keras.utils.set_random_seed(4)
    shallow = build_network(name, NetworkShape((4, 8), (1, 1), deployed=True))
    deep = build_network(name, NetworkShape((4, 8), (2, 3), deployed=True))
    deepen(shallow, deep)
    faces = demo.images[..., None]
    expected = shallow.predict(faces, verbose=0)
    np.testing.assert_allclose(deep.predict(faces, verbose=0), expected, atol=1e-4)


def test_a_run_grows_a_shallower_model(demo, tmp_path, tiny_model):
    config = replace(TINY_CONFIG, depths=(2, 3), epochs=1, learning_rate=1e-7)
    run = TrainingLoop.start(config, demo, tmp_path / "run", initial=tiny_model)
    faces = demo.images[..., None]
    expected = load_network(tiny_model).predict(faces, verbose=0)
    np.testing.assert_allclose(run.network.predict(faces, verbose=0), expected, atol=1e-2)


def test_a_run_records_what_it_began_with_and_resumes(demo, tmp_path, tiny_model):
    run = TrainingLoop.start(TINY_CONFIG, demo, tmp_path / "run", initial=tiny_model)
    assert run.origin.initial == find_initial(tiny_model, TINY_CONFIG)
    run.run()
    assert read_checkpoint(tmp_path / "run").origin.initial == run.origin.initial
    assert TrainingLoop.resume(TINY_CONFIG, demo, tmp_path / "run").origin == run.origin


def test_another_shape_is_refused(tiny_model):
    for change in ({"architecture": "repvgg"}, {"filters": (4, 9)}):
        with pytest.raises(TrainingError, match=r"that is .*, found tiny, vgg with fil"):
            find_initial(tiny_model, replace(TINY_CONFIG, **change))
    card = load_card(tiny_model)
    deeper = replace(card, config={**card.config, "depths": [1, 2]})
    with pytest.raises(TrainingError, match=r"at most \[1, 1\] blocks, found tiny"):
        check_fit(deeper, TINY_CONFIG)


def test_a_model_without_a_keras_network(tmp_path, tiny_model):
    with pytest.raises(ModelError, match="expected a model folder"):
        find_initial(tmp_path, TINY_CONFIG)
    shutil.copytree(tiny_model, tmp_path / "model")
    (tmp_path / "model" / "model.keras").unlink()
    with pytest.raises(ModelError, match="to begin with, found none; choose another model"):
        find_initial(tmp_path / "model", TINY_CONFIG)
