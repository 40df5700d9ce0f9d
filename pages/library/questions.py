"""What the file of a foreign model does not say, asked with the most usual answers first."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.importing.answers import (
    RANGES,
    FoundNetwork,
    ImportAnswers,
    guess_answers,
    orders_for,
)
from pages.widgets.glossary import meaning

GREY_ONLY: Final = (
    "This app reads faces in grey at 48x48 pixels. A network made for larger or colour images gets "
    "enlarged grey ones, so it may do worse here than in its own project."
)

_VALUES: Final = {
    "0 to 255": "0 to 255, unchanged",
    "0 to 1": "0 to 1 (divided by 255)",
    "-1 to 1": "-1 to 1",
    "mean 0, deviation 1": "each image with mean 0 and standard deviation 1",
    "ImageNet, 0 to 1": "0 to 1, then ImageNet's mean and standard deviation (torch)",
    "ImageNet, 0 to 255": "0 to 255, minus ImageNet's mean (caffe)",
}
_ONE_BY_ONE: Final = "another order"
_NONE: Final = "none of the seven"


def ask(found: FoundNetwork) -> ImportAnswers:
    """Ask what the file does not say, the most usual answers first."""
    guess = guess_answers(found)
    if (found.side, found.channels) != (FACE_SIZE, 1):
        st.caption(GREY_ONLY)
    ranges = [name for name in RANGES if found.channels == 3 or "mean" not in RANGES[name]]
    left, right = st.columns(2)
    values = left.selectbox(
        "Input values",
        ranges,
        index=ranges.index(guess.values),
        format_func=lambda name: _VALUES[name],
        key="models_values",
        help="How its own project scales pixel values. The file does not say, so this is a guess.",
    )
    probabilities = right.segmented_control(
        "Outputs",
        [True, False],
        default=guess.probabilities,
        required=True,
        format_func=lambda each: "probabilities" if each else "logits",
        key="models_returns",
        help="Probabilities if its last layer is a softmax; guessed from its answers.\n\n"
        + meaning("logits"),
    )
    color = "rgb"
    if found.channels == 3:
        color = right.segmented_control(
            "Colour order",
            ["rgb", "bgr"],
            default="rgb",
            required=True,
            format_func=str.upper,
            key="models_color",
        )
    return ImportAnswers(values, _ask_classes(found.outputs, left), bool(probabilities), color)


def _ask_classes(outputs: int, place: st.delta_generator.DeltaGenerator) -> tuple[str, ...]:
    orders = orders_for(outputs)
    name = place.selectbox(
        "Class order",
        [*orders, _ONE_BY_ONE],
        format_func=lambda name: f"{name}: {', '.join(orders[name])}" if name in orders else name,
        key="models_order",
        help="Which expression each output stands for, from output 0 on, as in its own project.",
    )
    if name in orders:
        return orders[name]
    with st.container(horizontal=True):
        return tuple(
            st.selectbox(
                f"Output {number}",
                [*EMOTIONS, _NONE],
                index=min(number, len(EMOTIONS)),
                key=f"models_class {number}",
                width=150,
                help="Outputs with the same expression are added up." if not number else None,
            )
            for number in range(outputs)
        )
