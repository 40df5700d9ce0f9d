"""The labels, and whether people can tell their colours apart."""

import itertools
import tomllib

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, xyz2lab

from emotion_core.emotions import (
    ANSWER_COLORS,
    EMOTION_ALIASES,
    EMOTION_COLORS,
    EMOTIONS,
    UNCERTAIN,
    answer_color_bgr,
)
from emotion_core.system.storage.folders import PROJECT

#: What is left of linear red, green and blue without one kind of cones (Machado, Oliveira and
#: Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
#: severity 1.0).
SIGHTS = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
#: From linear sRGB to XYZ (IEC 61966-2-1); the second row is the luminance.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)
LEAST_DISTANCE = 13.0
LEAST_CONTRAST = 3.0  # WCAG 2.1, 1.4.11: what is needed to understand a graphic


def linear(color: str) -> np.ndarray:
    values = np.array([int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_answers_are_told_apart_by_color(sight):
    """Neutral and uncertain were neighbouring greys; without M cones, fear was a third one."""
    seen = {
        answer: xyz2lab((TO_XYZ @ np.clip(SIGHTS[sight] @ linear(color), 0, 1))[None])[0]
        for answer, color in ANSWER_COLORS.items()
    }
    near = {
        (one, other): round(float(deltaE_ciede2000(seen[one], seen[other])), 1)
        for one, other in itertools.combinations(ANSWER_COLORS, 2)
    }
    assert {pair: far for pair, far in near.items() if far < LEAST_DISTANCE} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colors_are_seen_on_the_page(theme):
    config = tomllib.loads((PROJECT / ".streamlit/config.toml").read_text("utf-8"))
    page = TO_XYZ[1] @ linear(config["theme"][theme]["backgroundColor"])
    for answer, color in ANSWER_COLORS.items():
        low, high = sorted((page, TO_XYZ[1] @ linear(color)))
        assert (high + 0.05) / (low + 0.05) >= LEAST_CONTRAST, answer


def test_order_is_that_of_fer2013():
    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def test_every_emotion_has_a_color_of_its_own():
    assert tuple(EMOTION_COLORS) == EMOTIONS
    assert len(set(EMOTION_COLORS.values())) == len(EMOTIONS)


def test_uncertain_is_an_answer_and_no_emotion():
    assert UNCERTAIN not in EMOTIONS
    assert tuple(ANSWER_COLORS) == (*EMOTIONS, UNCERTAIN)
    assert len(set(ANSWER_COLORS.values())) == len(ANSWER_COLORS)
    blue, green, red = answer_color_bgr(UNCERTAIN)
    assert max(blue, green, red) - min(blue, green, red) < 20  # grey


def test_color_bgr_reverses_the_hexadecimal_order():
    assert EMOTION_COLORS["happy"] == "#ad9200"
    assert answer_color_bgr("happy") == (0x00, 0x92, 0xAD)


def test_aliases_lead_to_known_emotions():
    assert set(EMOTION_ALIASES.values()) == set(EMOTIONS)
    assert EMOTION_ALIASES["surprised"] == "surprise"
