import re
from dataclasses import replace

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.measures.calibration import calibrate
from emotion_core.judging.robustness.perturbations import RobustnessReport
from emotion_core.models.folder import ModelCard, load_card
from emotion_core.models.readme.text import FER2013_TRAINING, readme_text

SHIFTED = RobustnessReport("boxes that are off", 400, seed=0, accuracy=0.66, perturbed=(0.6, 0.64))


@pytest.fixture(scope="module")
def card():
    """A card with every figure, of a network trained on FER2013."""
    random = np.random.default_rng(5)
    labels = random.integers(0, 7, 400).astype(np.uint8)
    logits = random.normal(size=(400, 7)).astype(np.float32)
    logits[np.arange(400), labels] += 1.5
    fitted = calibrate(logits, labels, np.arange(400) < 40)
    return ModelCard(
        name="mine",
        created="2026-01-02T03:04:05+00:00",
        temperature=fitted.temperature,
        certainty_threshold=fitted.certainty_threshold,
        architecture="vgg",
        parameters=1234567,
        data={
            "name": "faces.csv",
            "fingerprint": "abc",
            "training_images": 28709,
            "training_fingerprint": FER2013_TRAINING,
            "training_images_also_selecting": 55,
            "selected_on": "faces.csv PublicTest",
            "selection_images": 400,
            "teachers": [],
        },
        config={"seed": 17, "epochs": 3},
        best_epoch=2,
        versions={"keras": "3.15.1"},
        metrics=fitted.metrics | {"shifted_boxes": SHIFTED.to_json()},
        files={},
        sizes={"model.tflite": 4_700_000},
    )


def bare(card):
    """The same card without anything measured, as little as a card may state."""
    return replace(card, data={}, config={}, versions={}, metrics={}, sizes={})


def said(card):
    """The README's words without line breaks."""
    return " ".join(readme_text(card).split())


def section(card, title):
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", readme_text(card), re.M | re.S)
    return text


def rows(text):
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]


def titles(card):
    return re.findall(r"^## (.*)$", readme_text(card), re.M)


def test_sections(card):
    assert readme_text(card).startswith("# mine\n")
    assert titles(card) == [
        *(
            "In short",
            "Use",
            "Data and protocol",
            "Figures",
            "Expressions",
            "Confusion matrix",
            "Calibration",
        ),
        *("Uncertain", "Shifted boxes", "Not for", "Known limits", "How it was made", "Licence"),
        "References",
    ]


def test_what_it_is(card):
    assert "(vgg, 1,234,567 weights, 4.7 MB as `model.tflite`)" in said(card)
    assert "angry, disgust, fear, happy, sad, surprise, neutral" in said(card)
    assert "cannot tell what somebody feels" in said(card)


def test_data_and_protocol(card):
    text = said(card)
    assert "Trained on 28,709 images of the Training split of faces.csv." in text
    assert "The best epoch (2) was selected on 400 images: faces.csv PublicTest." in text
    assert "they are not a test score" in text
    assert "PrivateTest split took no part" in text
    assert "Of these 400 images, 40 also appear, byte for byte, among the training images" in text
    assert "(there in 55 copies)" in text


@pytest.mark.parametrize(("name", "named"), [("mine", "an earlier mine"), ("other", "other")])
def test_what_it_began_with(card, name, named):
    initial = {"name": name, "checksum": "0af"}
    text = said(replace(card, data=card.data | {"initial": initial}))
    assert f"It started from the weights of {named} (`0af`), so it has learned" in text


def test_figures_have_intervals_and_the_seed(card):
    text = section(card, "Figures")
    assert "one run with one seed (17)" in " ".join(text.split())
    figures = {row[0]: row[1] for row in rows(text)[2:]}
    metrics = card.metrics
    low, high = metrics["interval_95"]["accuracy"]
    assert figures["accuracy, 400 images"] == (
        f"{100 * metrics['accuracy']:.1f}% ({100 * low:.1f} to {100 * high:.1f})"
    )
    clean = figures["accuracy without those also in the training data, 360 images"]
    assert clean.startswith(f"{100 * metrics['clean']['accuracy']:.1f}% (")
    low, high = metrics["interval_95"]["macro_f1"]
    assert figures["macro F1"] == f"{metrics['macro_f1']:.3f} ({low:.3f} to {high:.3f})"
    assert figures["log loss"] == f"{metrics['log_loss']:.3f}"
    assert figures["Brier score, 0 to 2"] == f"{metrics['brier']:.3f}"


def test_expressions(card):
    header, _, *body = rows(section(card, "Expressions"))
    assert header == ["", "images", "recall", "precision", "F1", "answered"]
    assert [row[0] for row in body] == list(EMOTIONS)
    recalls = {}
    for emotion, images, recall, *_rest in body:
        figures = card.metrics["per_class"][emotion]
        assert int(images) == figures["support"]
        assert recall.startswith(f"{100 * figures['recall']:.1f}% (")
        recalls[emotion] = figures["recall"]
    best, worst = max(recalls, key=recalls.get), min(recalls, key=recalls.get)
    assert f"best for {best}, worst for {worst}." in said(card)


def test_an_expression_without_images_is_not_the_worst(card):
    metrics = dict(card.metrics)
    per_class = {name: dict(figures) for name, figures in metrics["per_class"].items()}
    per_class["disgust"] |= {"support": 0, "recall": 0.0}
    assert "worst for disgust" not in said(
        replace(card, metrics=metrics | {"per_class": per_class})
    )


def test_confusion_matrix(card):
    header, _, *body = rows(section(card, "Confusion matrix"))
    assert header == ["", *EMOTIONS]
    assert [[int(cell) for cell in row[1:]] for row in body] == card.metrics["confusion"]
    assert [row[0] for row in body] == list(EMOTIONS)


def test_calibration(card):
    text = section(card, "Calibration")
    assert f"a temperature of {card.temperature:.3f}" in text
    table = rows(text)
    metrics = card.metrics
    assert table[2:5] == [
        ["without temperature", f"{100 * metrics['ece_uncalibrated']:.1f}%"],
        ["with it", f"{100 * metrics['ece']:.1f}%"],
        [
            "fitted on one half, measured on the other",
            f"{100 * metrics['ece_cross_fitted']:.1f}%",
        ],
    ]
    filled = [bin_ for bin_ in metrics["reliability"] if bin_["count"]]
    assert [int(row[1]) for row in table[7:]] == [bin_["count"] for bin_ in filled]
    assert table[-1][0] == "93 to 100%"


def test_calibration_says_what_chance_alone_would_show(card):
    text = section(replace(card, metrics=card.metrics | {"ece_if_perfect": 0.0123}), "Calibration")
    assert "chance alone would show 1.2% if every score were exactly right." in (
        " ".join(text.split())
    )


def test_both_views(card):
    both = card.metrics | {
        "view": "mirrored",
        "temperature": 1.234,
        "certainty_threshold": 0.37,
        "accuracy": 0.777,
        "log_loss": 0.5559,
        "ece_cross_fitted": 0.0321,
    }
    changed = replace(card, metrics=card.metrics | {"mirrored": both})
    figures = {row[0]: row[1:] for row in rows(section(changed, "Both views"))[2:]}
    assert figures["accuracy"][1].startswith("77.7% (")
    assert figures["accuracy"][0].startswith(f"{100 * card.metrics['accuracy']:.1f}% (")
    assert figures["log loss"] == [f"{card.metrics['log_loss']:.3f}", "0.556"]
    assert figures["temperature"] == [f"{card.temperature:.3f}", "1.234"]
    assert figures["uncertain below"] == [f"{100 * card.certainty_threshold:.0f}%", "37%"]
    assert figures["calibration error, fitted on one half, measured on the other"][1] == "3.2%"
    assert "With mirror images averaged: 77.7% of all." in said(changed)
    assert "Both views" not in said(replace(card, metrics=without_views(card)))


def without_views(card):
    return {name: value for name, value in card.metrics.items() if name != "mirrored"}


def test_views_of_which_little_is_known_have_what_there_is(card):
    bare_view = {"temperature": 1.234, "certainty_threshold": 0.37}
    text = section(replace(card, metrics={"mirrored": bare_view}), "Both views")
    assert [row[0] for row in rows(text)[2:]] == ["temperature", "uncertain below"]


def test_uncertain(card):
    text = " ".join(section(card, "Uncertain").split())
    selective = card.metrics["selective"]
    assert f"whose highest score is below {100 * card.certainty_threshold:.0f}%" in text
    assert f"leaves {100 * selective['coverage']:.1f}% (" in text
    assert f"and {100 * selective['accuracy_answered']:.1f}% (" in text
    assert "with which 80% of the answers are right, but none that leaves less than 70%" in text
    assert f"{100 * selective['coverage_cross_fitted']:.1f}% are answered" in text
    table = rows(section(card, "Uncertain"))
    assert table[2][:2] == ["0%", "100.0%"]
    assert [row[0] for row in table[2:6]] == ["0%", "10%", "20%", "30%"]


@pytest.mark.parametrize(("accuracy", "reached"), [(0.79, False), (0.8, True)])
def test_a_target_that_is_missed_is_said_to_be(card, accuracy, reached):
    selective = card.metrics["selective"] | {"accuracy_answered": accuracy}
    changed = replace(card, metrics=card.metrics | {"selective": selective})
    assert ("Here none does both" not in said(changed)) == reached


def test_never_uncertain(card):
    assert "Every face gets an answer" in section(
        replace(card, certainty_threshold=0.0), "Uncertain"
    )


def test_shifted_boxes(card):
    text = " ".join(section(card, "Shifted boxes").split())
    assert "On boxes that are off, at random (2 repeats, seed 0): 62.0% right" in text
    assert "against 66.0% on the images as they are" in text


def test_what_it_is_not_for(card):
    for text in (said(card), said(bare(card))):
        for use in ("hiring", "policing", "lie detection", "diagnosis", "at work or in education"):
            assert use in text
        assert "Regulation (EU) 2024/1689, Article 5(1)(f)" in text


def test_bias_is_said_to_be_unknown(card):
    for text in (said(card), said(bare(card))):
        assert "nothing here was measured by group" in text
        for work in ("Rhue 2018", "Xu et al. 2020", "Dominguez-Catena et al. 2022"):
            assert work in text
    assert "FER2013 has no group labels" in said(card)


def test_other_data_makes_no_claims_of_fer2013(card):
    other = replace(card, data=card.data | {"training_fingerprint": "0"})
    assert "FER2013" not in readme_text(other)
    assert "Goodfellow" not in readme_text(other)
    older = {name: value for name, value in card.data.items() if "fingerprint" not in name}
    assert "FER2013" not in readme_text(replace(card, data=older))


def test_a_card_without_figures_claims_none(card):
    assert titles(bare(card)) == [
        *("In short", "Use", "Not for", "Known limits", "How it was made", "Licence"),
        "References",
    ]
    assert "%" not in readme_text(bare(card))
    assert " MB" not in readme_text(bare(card))
    assert "seed" not in readme_text(bare(card))


def test_an_older_card_without_curves_and_thresholds(card):
    newer = ("selective", "reliability", "shifted_boxes")
    metrics = {name: value for name, value in card.metrics.items() if name not in newer}
    metrics["per_class"] = {
        emotion: {name: value for name, value in figures.items() if name != "answered"}
        for emotion, figures in card.metrics["per_class"].items()
    }
    older = replace(card, metrics=metrics, certainty_threshold=0.0)
    assert "Uncertain" not in titles(older)
    assert len(rows(section(older, "Calibration"))) == 5
    assert rows(section(older, "Expressions"))[0][-1] == "F1"


@pytest.mark.parametrize(
    ("metrics", "data", "expected"),
    [
        ({"n": 9, "clean": {"n": 9}}, {}, "None of them also appears, byte for byte"),
        ({"n": 9, "clean": None}, {}, None),
        ({"n": 9, "clean": {"n": 7}}, {}, "Of these 9 images, 2 also appear"),
    ],
)
def test_leaked_images(card, metrics, data, expected):
    changed = replace(bare(card), metrics=metrics, data=data)
    if expected is None:
        assert "byte for byte" not in said(changed)
    else:
        assert expected in said(changed)
    assert "copies" not in said(changed)


@pytest.mark.parametrize(
    ("teachers", "expected"),
    [(["a"], "the scores of one other network"), (["a", "b"], "the scores of 2 other networks")],
)
def test_teachers(card, teachers, expected):
    taught = replace(card, data=card.data | {"teachers": teachers})
    assert expected in said(taught)
    assert "Hinton" in section(taught, "References")
    assert "Hinton" not in readme_text(card)


def test_an_exclusion_list(card):
    excluded = {"name": "leaks", "images": 279, "checksum": "abc", "relabelled": 5}
    both = replace(card, data=card.data | {"excluded": excluded})
    assert "(`abc`) left out 279 and gave another label to 5 of the dataset's images." in said(both)
    only = replace(card, data=card.data | {"excluded": excluded | {"images": 0}})
    assert "(`abc`) gave another label to 5 of the dataset's images." in said(only)
    del excluded["relabelled"]
    without = replace(card, data=card.data | {"excluded": excluded})
    expected = "The correction list leaks (`abc`) left out 279 of the dataset's images."
    assert expected in said(without)
    assert "correction list" not in said(replace(card, data=card.data | {"excluded": None}))


def test_held_out_images_are_not_public_test(card):
    held_out = replace(card, data=card.data | {"selected_on": "mine.zip Training (held out)"})
    assert "The PrivateTest split took no part" in said(card)
    assert "The PrivateTest split took no part" not in said(held_out)


@pytest.mark.parametrize("whole", [True, False])
def test_works_are_listed_where_they_are_cited_and_only_there(card, whole):
    body, references = readme_text(card if whole else bare(card)).split("## References")
    listed = {line.split()[0].rstrip(",") for line in references.split("\n- ")[1:]}
    assert {"Barrett", "Rhue", "Xu", "Dominguez-Catena"} <= listed
    for author in ("Barsoum", "Geifman", "Goodfellow", "Guo", "Wilson"):
        assert (author in listed) == (author in body) == whole


def test_lines_are_wrapped_but_for_tables_and_references(card):
    for line in readme_text(card).splitlines():
        assert len(line) <= 100 or line.startswith(("| ", "- "))


def test_the_lines_of_code_work(tiny_model):
    card = load_card(tiny_model)
    code = re.search(r"```python\n(.*?)```", readme_text(card), re.S).group(1)
    assert len(code.splitlines()) == 3
    code = code.replace(f"models/{card.name}", str(tiny_model))
    names = {"image": np.full((100, 100, 3), 128, np.uint8)}
    exec(code, names)
    assert names["faces"] == []
