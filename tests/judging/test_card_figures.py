import dataclasses

import pytest

from emotion_core.datasets.drawn.demo import DEMO_DATASET_NAME
from emotion_core.datasets.types import Exclusion
from emotion_core.errors import ModelError
from emotion_core.judging.card_figures import takes_figures, why_not, with_figures, write_figures
from emotion_core.judging.measures.calibration import calibrate
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import CARD_FILE, MIRRORED, README_FILE, SINGLE, load_card
from emotion_core.models.readme.card import write_card
from emotion_core.models.reliability import reliability_of
from emotion_core.models.views import BothViews
from tests.judging.made_answers import made_card, random_answers

SOURCE = {"file": "theirs.h5", "sha256": "0" * 64, "imported": "2026-11-23T00:00:00+00:00"}


def imported_answers(**fields):
    return random_answers(card=made_card("theirs", source=SOURCE), **fields)


def test_only_models_of_others_take_figures():
    assert takes_figures(imported_answers().card)
    assert not takes_figures(made_card())
    assert not takes_figures(made_card(source=SOURCE, config={"seed": 1}))
    with pytest.raises(ModelError, match="expected a model of another project"):
        with_figures(random_answers())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"dataset": DEMO_DATASET_NAME}, "are drawn"),
        ({"split": "PrivateTest"}, "one final check"),
        ({"count": 199}, "199 images are too few"),
    ],
)
def test_what_says_too_little(fields, reason):
    answers = imported_answers(**fields)
    assert reason in why_not(answers)
    with pytest.raises(ModelError, match=reason):
        with_figures(answers)


def test_the_card_gets_what_is_fitted_and_says_on_what():
    card = with_figures(imported_answers(), Exclusion("twins", 3, "abc"))
    assert card.temperature != 1
    assert card.certainty_threshold > 0
    assert card.measured_on == "made PublicTest"
    assert card.data["measured_images"] == card.metrics["n"] == 300
    assert card.data["excluded"] == {"name": "twins", "images": 3, "checksum": "abc"}
    assert card.metrics["clean"] is None  # what it learned from is not known
    assert reliability_of(card, "happy").data == "made PublicTest"


def test_what_is_measured_is_measured_for_both_views(tiny_model, demo):
    card = load_card(tiny_model)
    public = demo.split("PublicTest")
    logits = BothViews(EmotionClassifier.load(tiny_model)).predict_logits(public.images)
    fitted, both = calibrate(logits, public.labels), card.metrics[MIRRORED]
    assert (card.metrics["view"], both["view"]) == (SINGLE, MIRRORED)
    assert both["temperature"] == pytest.approx(fitted.temperature, rel=0.02)
    assert both["certainty_threshold"] == pytest.approx(fitted.certainty_threshold, abs=0.02)
    assert both["confusion"] == fitted.metrics["confusion"]
    assert both["log_loss"] == pytest.approx(fitted.metrics["log_loss"], rel=1e-3)
    assert both["clean"]["n"] == card.metrics["clean"]["n"]


def test_figures_that_replace_those_of_both_views_leave_none_of_them():
    answers = imported_answers()
    card = dataclasses.replace(answers.card, metrics={MIRRORED: {"temperature": 2.0}})
    measured = with_figures(dataclasses.replace(answers, card=card))
    assert measured.mirrored == measured


def test_both_views_are_no_figures_of_one():
    with pytest.raises(ModelError, match="a single view of each image"):
        with_figures(imported_answers(view=MIRRORED))


def test_card_and_readme_are_written(tmp_path):
    answers = imported_answers()
    write_card(tmp_path, answers.card)
    write_figures(tmp_path, answers)
    assert load_card(tmp_path).metrics["n"] == 300
    words = " ".join((tmp_path / README_FILE).read_text().split())
    assert "What it learned from is not known. Temperature and certainty threshold" in words
    assert "on 300 images: made PublicTest." in words
    assert "Nothing was measured of it" not in words


def test_another_network_in_the_folder_stays_as_it_is(tmp_path):
    answers = imported_answers()
    other = dataclasses.replace(answers.card, files={"model.tflite": "1" * 64})
    write_card(tmp_path, other)
    before = (tmp_path / CARD_FILE).read_bytes()
    with pytest.raises(ModelError, match="found another one by now"):
        write_figures(tmp_path, answers)
    assert (tmp_path / CARD_FILE).read_bytes() == before
