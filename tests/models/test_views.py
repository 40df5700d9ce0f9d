"""A face and its mirror image, averaged."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from emotion_core.errors import ModelError
from emotion_core.models.folder import MIRRORED, SINGLE, load_card
from emotion_core.models.interface import softmax
from emotion_core.models.views import BothViews, FittedViews, mirror, view_of
from tests.judging.made_answers import made_card

FACES = np.random.default_rng(0).integers(0, 256, (4, 48, 48), np.uint8)


class LeftHalf:
    """Takes the brightness of a face's left half for a logit, so that mirror images differ."""

    card = None

    def predict_logits(self, crops: np.ndarray) -> np.ndarray:
        logits = np.zeros((len(crops), 7), np.float32)
        logits[:, 3] = crops[..., :24].mean(axis=(1, 2)) / 20
        logits[:, 5] = crops[..., 24:].mean(axis=(1, 2)) / 30
        return logits


def card_with(of_both: float, least: float, **fields):
    both = {"view": MIRRORED, "temperature": of_both, "certainty_threshold": least}
    return made_card(metrics={MIRRORED: both}, **fields)


def test_the_mirror_image_swaps_left_and_right():
    face = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert mirror(face).tolist() == [[2, 1, 0], [5, 4, 3]]
    assert mirror(face[None]).tolist() == [[[2, 1, 0], [5, 4, 3]]]
    assert np.array_equal(mirror(mirror(FACES)), FACES)


def test_both_views_are_read_and_their_logits_averaged():
    one, other = LeftHalf().predict_logits(FACES), LeftHalf().predict_logits(mirror(FACES))
    assert np.abs(one - other).max() > 0.01
    both = BothViews(LeftHalf())
    assert both.predict_logits(FACES) == pytest.approx((one + other) / 2)
    assert both.predict_logits(mirror(FACES)) == pytest.approx(both.predict_logits(FACES))
    assert both.predict_logits(FACES[:0]).shape == (0, 7)


def test_scores_of_both_views_are_those_of_the_mean_logits_at_their_temperature():
    one, other = LeftHalf().predict_logits(FACES), LeftHalf().predict_logits(mirror(FACES))
    classifier = LeftHalf()
    classifier.card = card_with(1.1, 0.4, temperature=1.3, certainty_threshold=0.5)
    views = FittedViews.of(classifier, 0.5)
    assert (views.threshold(SINGLE), views.threshold(MIRRORED)) == (0.5, 0.4)
    found = views.mean(softmax(one, 1.3), softmax(other, 1.3))
    assert found == pytest.approx(softmax((one + other) / 2, 1.1))
    assert views.sharpened(softmax(one, 1.3)) == pytest.approx(softmax(one, 1.1))


def test_views_that_exclude_each_other_have_a_mean():
    one, other = np.eye(7)[[3]], np.eye(7)[[5]]
    (mean,) = FittedViews().mean(one, other)
    assert mean == pytest.approx([0, 0, 0, 0.5, 0, 0.5, 0], abs=1e-6)


def test_without_figures_of_both_views_those_of_one_count():
    classifier = LeftHalf()
    assert FittedViews.of(classifier, 0.3) == FittedViews(0.3, 0.3, 1.0)
    classifier.card = made_card(temperature=1.7, certainty_threshold=0.3)
    assert classifier.card.mirrored == classifier.card
    assert FittedViews.of(classifier, 0.3) == FittedViews(0.3, 0.3, 1.0)


def test_a_threshold_of_ones_own_is_that_of_both_views():
    classifier = LeftHalf()
    classifier.card = card_with(1.0, 0.4, certainty_threshold=0.5)
    assert FittedViews.of(classifier, 0.0) == FittedViews(0.0, 0.0, 1.0)


def test_the_cards_other_view(tiny_model):
    card = load_card(tiny_model)
    both = card.mirrored
    assert both.metrics["view"] == MIRRORED
    assert both.metrics["n"] == card.metrics["n"]
    assert both.temperature == card.metrics[MIRRORED]["temperature"]
    assert dataclasses.replace(both, metrics={}, temperature=1, certainty_threshold=0) == (
        dataclasses.replace(card, metrics={}, temperature=1, certainty_threshold=0)
    )


@pytest.mark.parametrize(("temperature", "threshold"), [(0.0, 0.5), (1.0, 1.5), (-1.0, 0.5)])
def test_a_card_with_impossible_values_is_refused(temperature, threshold):
    content = card_with(temperature, threshold).to_json()
    with pytest.raises((ValueError, ModelError)):
        type(made_card()).from_json(content)


def test_views_by_name():
    assert (view_of(careful=True), view_of(careful=False)) == (MIRRORED, SINGLE)
