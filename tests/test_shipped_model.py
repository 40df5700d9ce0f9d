"""The model that ships: complete, small, and as good as its card says."""

import os

import numpy as np
import pytest

from emotion_core.datasets import demo_dataset, open_dataset
from emotion_core.judging.measures.evaluation import evaluate_logits
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import (
    LITERT_FILE,
    README_FILE,
    default_model_dir,
    load_card,
    read_model_file,
)
from emotion_core.models.readme.text import readme_text
from emotion_core.models.views import BothViews
from emotion_core.system.storage.folders import PROJECT
from emotion_core.training.networks.loading import load_keras_classifier


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


def test_the_docs_say_what_its_card_says(card):
    page = " ".join((PROJECT / "docs" / "accuracy.md").read_text("utf-8").split())
    metrics, spans = card.metrics, card.metrics["interval_95"]
    clean, selective = metrics["clean"], metrics["selective"]
    f1_low, f1_high = spans["macro_f1"]
    for words in (
        f"| accuracy | {percent(metrics['accuracy'])}% (95% interval "
        f"{' to '.join(map(percent, spans['accuracy']))}) |",
        f"| without the images that are also in Training | {percent(clean['accuracy'])}% of "
        f"{clean['n']:,} ({' to '.join(map(percent, clean['interval_95']))}) |",
        f"| macro F1 | {metrics['macro_f1']:.3f} ({f1_low:.3f} to {f1_high:.3f}) |",
        f"| expected calibration error, 15 bins | {percent(metrics['ece'])}% |",
        f"scaled 0.85 to 1.15 | {metrics['shifted_boxes']['points_lost']:.1f} |",
        f"| right among the {percent(selective['coverage'], 0)}% that are not "
        f'"uncertain" | {percent(selective["accuracy_answered"])}% |',
        f"the calibration error is {percent(metrics['ece_cross_fitted'])}%; "
        f"{percent(selective['coverage_cross_fitted'], 0)}% of the faces get an answer, and "
        f"{percent(selective['accuracy_answered_cross_fitted'])}% of the answers are right.",
    ):
        assert words in page


def test_the_docs_say_what_its_card_says_of_both_views(card):
    page = " ".join((PROJECT / "docs" / "accuracy.md").read_text("utf-8").split())
    views = card, card.mirrored
    rows = {
        "accuracy": [f"{percent(each.metrics['accuracy'])}%" for each in views],
        "log loss": [f"{each.metrics['log_loss']:.3f}" for each in views],
        "calibration error, cross-fitted": [
            f"{percent(each.metrics['ece_cross_fitted'])}%" for each in views
        ],
        "temperature": [f"{each.temperature:.3f}" for each in views],
        '"uncertain" below': [f"{each.certainty_threshold:.0%}" for each in views],
    }
    for name, cells in rows.items():
        assert f"| {name} | {' | '.join(cells)} |" in page
    chance = percent(card.metrics["ece_if_perfect"])
    assert f"chance would still show {chance}% on {card.metrics['n']:,} images" in page


def test_both_views_are_measured_and_worth_no_less(card):
    both = card.metrics["mirrored"]
    assert both["n"] == card.metrics["n"]
    assert both["log_loss"] < card.metrics["log_loss"]
    assert both["accuracy"] > card.metrics["accuracy"] - 0.005


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}"


def test_its_figures_are_those_it_must_have(card):
    """The floors of a model trained on a processor."""
    metrics = card.metrics
    assert metrics["accuracy"] >= 0.685
    assert metrics["clean"]["accuracy"] >= 0.67
    assert metrics["macro_f1"] >= 0.65
    assert metrics["ece_cross_fitted"] <= 0.04


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
    both = evaluate_logits(
        BothViews(EmotionClassifier.load(threads=2)).predict_logits(public.images),
        public.labels,
        temperature=card.mirrored.temperature,
    )
    assert both.accuracy.value == pytest.approx(card.mirrored.metrics["accuracy"], abs=0.003)
    assert both.log_loss == pytest.approx(card.mirrored.metrics["log_loss"], abs=0.003)
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
    assert abs(litert.accuracy.value - keras.accuracy.value) < 0.003
    assert litert.accuracy.value == pytest.approx(card.metrics["accuracy"], abs=0.003)
    selective = card.metrics["selective"]
    assert litert.selective.coverage.value == pytest.approx(selective["coverage"], abs=0.003)
    assert litert.selective.accuracy.value == pytest.approx(
        selective["accuracy_answered"], abs=0.003
    )
