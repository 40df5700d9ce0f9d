"""The loss and the targets of a step, against values worked out with NumPy."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from emotion_core.models.interface import softmax
from emotion_core.training.config import AugmentationConfig, TrainingConfig
from emotion_core.training.fitting.augmentation import FaceAugmentation
from emotion_core.training.fitting.step import TrainingStep
from emotion_core.training.networks.network import NetworkShape, build_network

SHAPE = NetworkShape(filters=(4,), depths=(1,), deployed=True)
STILL = AugmentationConfig(rotation_degrees=0, shift=0, zoom=0, flip=False, erase_probability=0)
CONFIG = TrainingConfig(distillation_weight=0.75, distillation_temperature=2.0, augmentation=STILL)


def constant_network(logits):
    network = build_network("vgg", SHAPE)
    *weights, kernel, _bias = network.get_weights()
    network.set_weights([*weights, np.zeros_like(kernel), np.array(logits, np.float32)])
    return network


def step_of(config, *teachers, student=(0, 0, 0, 0, 0, 0, 0)):
    augmentation = FaceAugmentation(config.augmentation, seed=0)
    return TrainingStep(constant_network(student), augmentation, config, teachers)


@pytest.fixture
def inputs(demo):
    targets = np.eye(7, dtype=np.float32)[demo.labels[:6]]
    return {"faces": demo.images[:6, ..., None].astype(np.float32), "targets": targets}


def loss_of(step, inputs):
    return float(step.compute_loss(y_pred=step(inputs, training=True)))


def test_without_teachers_it_is_the_cross_entropy(inputs):
    logits = np.array([2.0, -1, 0, 1, 0.5, 0, -2])
    step = step_of(replace(CONFIG, distillation_weight=0), student=logits)
    scores = softmax(logits[None].astype(np.float32))[0]
    expected = -np.mean([np.log(scores[row.argmax()]) for row in inputs["targets"]])
    assert loss_of(step, inputs) == pytest.approx(expected, rel=1e-5)


def test_with_teachers_it_is_part_divergence_from_their_mean(inputs):
    first, second = np.array([3.0, 0, 0, 0, 0, 0, 0]), np.array([0, 0, 0, 0, 4.0, 0, -4])
    step = step_of(CONFIG, constant_network(first), constant_network(second))
    teaching = (softmax(first[None], 2.0) + softmax(second[None], 2.0))[0] / 2
    divergence = np.sum(teaching * np.log(teaching * 7))  # from the student's even scores
    expected = 0.25 * np.log(7) + 0.75 * 4 * divergence
    assert loss_of(step, inputs) == pytest.approx(expected, rel=1e-5)


def test_all_weight_on_the_teacher_leaves_none_to_the_labels(inputs):
    step = step_of(
        replace(CONFIG, distillation_weight=1.0), constant_network([1, 2, 3, 0, 0, 0, 0])
    )
    wrong = inputs | {"targets": np.roll(inputs["targets"], 1, axis=1)}
    assert loss_of(step, inputs) == pytest.approx(loss_of(step, wrong), rel=1e-6)


def test_the_teacher_sees_the_student_s_view(inputs):
    """Mirrored for the one, mirrored for the other: equal networks then never diverge."""
    network = build_network("vgg", SHAPE)
    teacher = keras.models.clone_model(network)
    teacher.set_weights(network.get_weights())
    config = replace(CONFIG, distillation_weight=1.0, augmentation=AugmentationConfig())
    step = TrainingStep(network, FaceAugmentation(config.augmentation, 0), config, (teacher,))
    assert loss_of(step, inputs) == pytest.approx(0, abs=1e-5)


def test_mirrored_teaching_is_the_mean_over_a_face_and_its_mirror_image(inputs):
    keras.utils.set_random_seed(1)
    teacher = build_network("vgg", SHAPE)
    step = step_of(replace(CONFIG, mirrored_teaching=True), teacher)
    both = (inputs["faces"], inputs["faces"][:, :, ::-1])
    expected = np.mean([softmax(teacher.predict(faces, verbose=0), 2.0) for faces in both], axis=0)
    np.testing.assert_allclose(step(inputs, training=True)["teaching"], expected, atol=1e-5)
    assert np.abs(expected - step_of(CONFIG, teacher)(inputs)["teaching"]).max() > 1e-4


def test_only_the_student_learns(inputs):
    step = step_of(CONFIG, constant_network([1, 0, 0, 0, 0, 0, 0]))
    step.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    teacher_before = [weights.copy() for weights in step.teachers[0].get_weights()]
    student_before = step.network.get_weights()[-1].copy()
    history = step.fit(inputs, batch_size=6, verbose=0)
    assert set(history.history) == {"loss", "accuracy"}
    assert not np.array_equal(step.network.get_weights()[-1], student_before)
    for before, after in zip(teacher_before, step.teachers[0].get_weights(), strict=True):
        assert np.array_equal(before, after)
