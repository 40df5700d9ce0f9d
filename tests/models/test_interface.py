"""What models of other projects take and return."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.models.interface import ModelInterface, softmax

GRADIENT = np.tile(np.linspace(0, 255, 48).astype(np.uint8), (2, 48, 1))


def interface(**changes: object) -> ModelInterface:
    usual = {"side": 64, "color": "grey", "returns": "logits", "classes": EMOTIONS}
    return ModelInterface(**{**usual, **changes})


@pytest.mark.parametrize(("side", "color"), [(64, "grey"), (48, "rgb"), (24, "bgr")])
def test_faces_get_the_networks_size_and_channels(side, color):
    prepared = interface(side=side, color=color).prepare(GRADIENT)
    assert prepared.shape == (2, side, side, 1 if color == "grey" else 3)
    assert prepared.dtype == np.float32
    assert np.ptp(prepared, axis=-1).max() == 0
    assert prepared[0, 0, 0, 0] < 10
    assert prepared[0, 0, -1, 0] > 245


@pytest.mark.parametrize(
    ("changes", "black", "white"),
    [
        ({}, 0, 255),
        ({"low": 0.0, "high": 1.0}, 0, 1),
        ({"low": -1.0, "high": 1.0}, -1, 1),
        ({"low": 0.0, "high": 1.0, "mean": (0.5,), "deviation": (0.25,)}, -2, 2),
    ],
)
def test_black_and_white_become_what_the_network_expects(changes, black, white):
    two = np.stack([np.zeros((48, 48)), np.full((48, 48), 255)]).astype(np.uint8)
    prepared = interface(**changes).prepare(two)
    assert prepared[0] == pytest.approx(np.full((64, 64, 1), black))
    assert prepared[1] == pytest.approx(np.full((64, 64, 1), white))


def test_each_colour_has_its_own_mean():
    prepared = interface(color="bgr", mean=(3.0, 2.0, 1.0)).prepare(GRADIENT[:1] * 0)
    assert prepared[0, 0, 0].tolist() == [-3, -2, -1]


def test_each_picture_is_standardized_by_itself():
    prepared = interface(standardized=True).prepare(np.stack([GRADIENT[0], GRADIENT[0] // 4]))
    assert prepared.mean(axis=(1, 2, 3)) == pytest.approx([0, 0], abs=1e-5)
    assert prepared.std(axis=(1, 2, 3)) == pytest.approx([1, 1], abs=1e-5)
    assert np.isfinite(interface(standardized=True).prepare(GRADIENT * 0)).all()


def test_no_face():
    assert interface().prepare(GRADIENT[:0]).shape == (0, 64, 64, 1)
    assert interface().to_logits(np.empty((0, 7), np.float32)).shape == (0, 7)


def scores(output: list[float], **changes: object) -> dict[str, float]:
    logits = interface(**changes).to_logits(np.asarray([output], np.float32))
    return dict(zip(EMOTIONS, softmax(logits)[0].tolist(), strict=True))


def test_classes_in_another_order_are_put_into_ours():
    found = scores([0.1, 0.2, 0.7], returns="probabilities", classes=("happy", "sad", "angry"))
    assert found["happy"] == pytest.approx(0.1)
    assert found["sad"] == pytest.approx(0.2)
    assert found["angry"] == pytest.approx(0.7)
    assert found["fear"] == pytest.approx(0, abs=1e-9)


def test_outputs_of_one_expression_are_added_and_others_left_out():
    found = scores(
        [0.3, 0.1, 0.2, 0.4],
        returns="probabilities",
        classes=("disgust", "disgust", "happy", None),
    )
    assert found["disgust"] == pytest.approx(4 / 6)
    assert found["happy"] == pytest.approx(2 / 6)


def test_logits_become_the_probabilities_of_their_softmax():
    values = [0.0, 1.0, 2.0, 3.0, -4.0, 500.0, 499.0]
    expected = softmax(np.asarray([values], np.float32))[0]
    assert list(scores(values).values()) == pytest.approx(expected.tolist(), abs=1e-6)


def test_it_survives_the_card():
    original = interface(color="rgb", mean=(1.0, 2.0, 3.0), classes=(*EMOTIONS, None))
    assert ModelInterface.from_json(original.to_json()) == original


def test_what_no_output_names_is_known():
    assert interface(classes=("happy", "sad", None)).missing == (
        "angry", "disgust", "fear", "surprise", "neutral",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"side": 8}, "interface, side: expected 16 to 512 pixels, found 8"),
        ({"color": "cmyk"}, "interface, color: expected one of grey, rgb, bgr, found cmyk"),
        ({"returns": "votes"}, "interface, returns: expected one of probabilities, logits"),
        ({"low": 1.0, "high": 0.0}, "interface, low, high: expected a range"),
        ({"high": float("nan")}, "interface, low, high: expected two numbers"),
        ({"mean": (1.0, 2.0)}, "interface, mean: expected nothing, or 1 numbers"),
        ({"deviation": (0.0,)}, "interface, deviation: expected positive"),
        ({"classes": ("happy",)}, "interface, classes: expected 2 to 64, found 1"),
        ({"classes": ("happy", "hungry")}, "interface, classes: expected angry, disgust"),
        ({"classes": ("happy", None)}, "interface, classes: expected at least two of our"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ModelError, match=message):
        interface(**changes)


def test_softmax_survives_large_logits():
    scores = softmax(np.array([[1e4, 0, 0, 0, 0, 0, -1e4]], np.float32))
    assert np.isfinite(scores).all()
    assert scores.sum() == pytest.approx(1)
