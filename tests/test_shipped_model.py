"""The model that ships: complete, small, and as good as its card says."""

import os

import numpy as np
import pytest

from emotion_core.artefacts import LITERT_FILE, default_model_dir, load_card, read_model_file
from emotion_core.classifier import EmotionClassifier
from emotion_core.datasets import demo_dataset, open_dataset
from emotion_core.evaluation import evaluate_classifier
from emotion_core.keras_models import load_keras_classifier


@pytest.fixture(scope="module")
def card():
    return load_card(default_model_dir())


def test_every_file_is_the_one_the_card_describes(card):
    for name in card.files:
        assert read_model_file(default_model_dir(), card, name)


def test_the_live_file_is_small(card):
    assert len(read_model_file(default_model_dir(), card, LITERT_FILE)) <= 5_000_000


@pytest.mark.parametrize("form", ["model.keras", "model_arch.json"])
def test_all_forms_agree(form):
    faces = demo_dataset(images_per_class=4).images
    expected = EmotionClassifier.load().predict_logits(faces)
    found = load_keras_classifier(default_model_dir() / form).predict_logits(faces)
    assert np.abs(found - expected).max() < 1e-3


@pytest.mark.fer2013
@pytest.mark.skipif("FER2013_CSV" not in os.environ, reason="FER2013_CSV names no fer2013.csv")
def test_accuracy_on_public_test_in_both_runtimes(card):
    dataset = open_dataset(os.environ["FER2013_CSV"])
    assert dataset.fingerprint == card.data["fingerprint"]
    litert, keras = (
        evaluate_classifier(classifier, dataset, "PublicTest", temperature=card.temperature)
        for classifier in (
            EmotionClassifier.load(threads=2),
            load_keras_classifier(default_model_dir()),
        )
    )
    assert litert.accuracy.value >= 0.66
    assert abs(litert.accuracy.value - keras.accuracy.value) < 0.003
    assert litert.accuracy.value == pytest.approx(card.metrics["accuracy"], abs=0.003)
