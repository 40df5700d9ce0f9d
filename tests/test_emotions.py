from emotion_core.emotions import (
    ANSWER_COLORS,
    EMOTION_ALIASES,
    EMOTION_COLORS,
    EMOTIONS,
    UNCERTAIN,
    answer_color_bgr,
)


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
    assert EMOTION_COLORS["happy"] == "#e69f00"
    assert answer_color_bgr("happy") == (0x00, 0x9F, 0xE6)


def test_aliases_lead_to_known_emotions():
    assert set(EMOTION_ALIASES.values()) == set(EMOTIONS)
    assert EMOTION_ALIASES["surprised"] == "surprise"
