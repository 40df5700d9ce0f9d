"""The seven expressions, their order, names and colours, and how large a face the networks take."""

from __future__ import annotations

from typing import Final

#: Side of a face in pixels, as in FER2013 and as the networks here take it.
FACE_SIZE: Final = 48

#: FER2013's class names in the order of its label numbers 0 to 6 (Goodfellow et al. 2013,
#: "Challenges in Representation Learning"). Every score vector in this project has this order.
EMOTIONS: Final[tuple[str, ...]] = (
    "angry",
    "disgust",
    "fear",
    "happy",
    "sad",
    "surprise",
    "neutral",
)

#: One colour per expression as ``#rrggbb``. With that of "uncertain" they were searched for by two
#: conditions that a test holds: any two differ by a CIEDE2000 distance of 13 or more, even as
#: people without one kind of cones see them (Machado et al. 2009), and each has a contrast of 3 or
#: more against the light page and the dark one.
EMOTION_COLORS: Final[dict[str, str]] = {
    "angry": "#ca0903",
    "disgust": "#587146",
    "fear": "#bb62fa",
    "happy": "#ad9200",
    "sad": "#3973a0",
    "surprise": "#20a4ab",
    "neutral": "#71626c",
}

#: The answer for a face whose highest score is too low to name an expression.
UNCERTAIN: Final = "uncertain"

#: Its colour: a grey lighter than that of neutral. Where there is room it is hollow or hatched too.
UNCERTAIN_COLOR: Final = "#969185"

#: One colour for every possible answer.
ANSWER_COLORS: Final[dict[str, str]] = {**EMOTION_COLORS, UNCERTAIN: UNCERTAIN_COLOR}

#: What other copies of FER2013 and FER+ call the same classes, in lower case.
EMOTION_ALIASES: Final[dict[str, str]] = {
    "anger": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
} | {name: name for name in EMOTIONS}


def answer_color_bgr(answer: str) -> tuple[int, int, int]:
    """Return an answer's colour as (blue, green, red), each 0..255, for OpenCV drawing.

    Args:
        answer: one of ``EMOTIONS``, or ``UNCERTAIN``.
    """
    hexadecimal = ANSWER_COLORS[answer]
    red, green, blue = (int(hexadecimal[start : start + 2], 16) for start in (1, 3, 5))
    return blue, green, red
