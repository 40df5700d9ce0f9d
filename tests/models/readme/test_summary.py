"""A card in short: no figure without what qualifies it."""

from dataclasses import replace

import pytest

from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.readme.summary import summary_of
from emotion_core.models.readme.text import readme_text


@pytest.fixture(scope="module")
def card():
    return load_card(default_model_dir())


def test_the_shipped_model_in_short(card):
    summary = summary_of(card)
    assert list(summary) == [
        "What it is",
        "Accuracy",
        "Use it for",
        "Do not use it for",
        "Limits",
    ]
    metrics = card.metrics
    low, high = (f"{100 * bound:.1f}" for bound in metrics["interval_95"]["accuracy"])
    accuracy = summary["Accuracy"]
    assert f"{100 * metrics['accuracy']:.1f}% of 3,589 images (95% interval {low} to {high})" in (
        accuracy
    )
    assert "The model was chosen on these images, so it may do worse on new ones." in accuracy
    assert f"not also in its training data: {100 * metrics['clean']['accuracy']:.1f}%" in accuracy
    assert "weakest on fear" in summary["Limits"]
    assert "not measured" in summary["Limits"]
    for what, text in summary.items():
        assert f"- **{what}**: {text}\n" in readme_text(card)


def test_nothing_is_claimed_of_a_model_that_was_not_measured(card):
    summary = summary_of(replace(card, metrics={}, data={}))
    assert summary["Accuracy"].startswith("unknown")
    assert not any(character.isdigit() for character in summary["Accuracy"] + summary["Limits"])


def test_figures_of_an_imported_model_say_that_its_data_is_unknown(card):
    data = {"measured_on": "faces.csv PublicTest", "measured_images": 3589}
    accuracy = summary_of(replace(card, data=data))["Accuracy"]
    assert "What it learned from is unknown" in accuracy
