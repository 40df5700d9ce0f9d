from emotion_core.emotions import EMOTION_ALIASES, EMOTION_COLORS, EMOTIONS, emotion_color_bgr


def test_order_is_that_of_fer2013():
    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def test_every_emotion_has_a_color_of_its_own():
    assert tuple(EMOTION_COLORS) == EMOTIONS
    assert len(set(EMOTION_COLORS.values())) == len(EMOTIONS)


def test_color_bgr_reverses_the_hexadecimal_order():
    assert EMOTION_COLORS["happy"] == "#e69f00"
    assert emotion_color_bgr("happy") == (0x00, 0x9F, 0xE6)


def test_aliases_lead_to_known_emotions():
    assert set(EMOTION_ALIASES.values()) == set(EMOTIONS)
    assert EMOTION_ALIASES["surprised"] == "surprise"
