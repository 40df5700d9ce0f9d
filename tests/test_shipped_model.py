"""The model that ships: complete, small, and as good as its card says."""

import os

import numpy as np
import pytest

from emotion_core.artefacts import (
    LITERT_FILE,
    README_FILE,
    default_model_dir,
    load_card,
    read_model_file,
)
from emotion_core.classifier import EmotionClassifier
from emotion_core.datasets import demo_dataset, open_dataset
from emotion_core.evaluation import evaluate_logits
from emotion_core.keras_models import load_keras_classifier
from emotion_core.model_readme import readme_text


@pytest.fixture(scope="module")
def card():
    return load_card(default_model_dir())


def test_every_file_is_the_one_the_card_describes(card):
    for name in card.files:
        assert read_model_file(default_model_dir(), card, name)


def test_its_readme_says_what_its_card_says(card):
    readme = read_model_file(default_model_dir(), card, README_FILE)
    assert readme.decode() == readme_text(card)
    assert "FER2013" in readme.decode()


def test_its_certainty_threshold_pays_and_leaves_enough_answered(card):
    selective = card.metrics["selective"]
    assert card.certainty_threshold == selective["threshold"] > 0
    assert selective["coverage"] >= 0.7
    assert selective["coverage_cross_fitted"] >= 0.68
    assert selective["accuracy_answered_cross_fitted"] >= selective["accuracy_all"] + 0.05


def test_boxes_that_are_off_cost_little(card):
    assert card.metrics["shifted_boxes"]["points_lost"] <= 1.5


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
    public = dataset.split("PublicTest")
    litert, keras = (
        evaluate_logits(
            classifier.predict_logits(public.images),
            public.labels,
            temperature=card.temperature,
            certainty_threshold=card.certainty_threshold,
        )
        for classifier in (
            EmotionClassifier.load(threads=2),
            load_keras_classifier(default_model_dir()),
        )
    )
    assert litert.accuracy.value >= 0.66
    assert abs(litert.accuracy.value - keras.accuracy.value) < 0.003
    assert litert.accuracy.value == pytest.approx(card.metrics["accuracy"], abs=0.003)
    selective = card.metrics["selective"]
    assert litert.selective.coverage.value == pytest.approx(selective["coverage"], abs=0.003)
    assert litert.selective.accuracy.value == pytest.approx(
        selective["accuracy_answered"], abs=0.003
    )
