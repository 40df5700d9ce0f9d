"""What an answer rests on, computed once for a face and drawn over it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.faces.pictures.thumbnails import png_address
from emotion_core.judging.explanation import Explanation, explain, heat_picture
from emotion_core.judging.figures.explanation import faithfulness_figure
from emotion_core.judging.predictions.predict import ParallelClassifier
from pages.evaluation.choice import Evaluated
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.text import plain


@st.cache_resource(max_entries=2, show_spinner=False)
def _classifier(model_dir: Path, network_id: str) -> ParallelClassifier:  # noqa: ARG001 - a key
    return ParallelClassifier.load(model_dir)


@st.cache_resource(max_entries=200, show_spinner="Hiding parts of the face …")
def _explanation(
    model_dir: Path, network_id: str, temperature: float, face: bytes, emotion: str | None
) -> Explanation:
    pixels = np.frombuffer(face, np.uint8).reshape(48, 48)
    return explain(
        _classifier(model_dir, network_id), pixels, emotion=emotion, temperature=temperature
    )


def show_explanation(
    evaluated: Evaluated,
    face: NDArray[np.uint8],
    *,
    key: str,
    emotion: str | None = None,
    details: bool = False,
) -> None:
    """Show which parts of a face speak for an expression, and how far that can be believed.

    Args:
        evaluated: by which model.
        face: uint8 ``[48, 48]``.
        key: tells this one from others on the page.
        emotion: the expression; None for the model's answer.
        details: also how the score falls and rises as pixels are hidden and uncovered.
    """
    card = evaluated.card
    try:
        found = _explanation(
            evaluated.model_dir,
            card.network_id,
            card.temperature,
            face.tobytes(),
            emotion,
        )
    except ModelError as error:
        st.warning(f"The answer cannot be explained. {plain(str(error))}")
        return
    st.html(_pictures(found))
    st.markdown(_verdict(found))
    if details:
        st.plotly_chart(
            faithfulness_figure(found),
            key=f"faithfulness {key}",
            config=NO_TOOLBAR,
            height=320,
        )


def _pictures(found: Explanation) -> str:
    """Return HTML: the face, and the map over it."""
    return (
        f'<div class="why"><figure><img class="plain" src="{png_address(found.face)}" '
        f'alt="the face as the model sees it"><figcaption>what the model sees</figcaption></figure>'
        f'<figure><img src="{png_address(heat_picture(found))}" '
        f'alt="the evidence for {found.emotion}">'
        f"<figcaption>evidence for {found.emotion}</figcaption></figure></div>"
        '<div class="scale"></div>'
        '<div class="scale-ends"><span>against</span><span>for</span></div>'
    )


def _verdict(found: Explanation) -> str:
    """Say what the map is worth: hiding what it marks must cost more than hiding anything else."""
    quarter = len(found.faithfulness.deletion) // 4
    left = found.faithfulness.deletion[quarter]
    by_chance = found.of_chance.deletion[quarter]
    text = (
        f"The score for **{found.emotion}** is {found.score:.0%}. With the most important quarter "
        f"of the pixels hidden it is **{left:.0%}**; with as many hidden at random, "
        f"{by_chance:.0%}."
    )
    if left >= by_chance:
        text += " So this map explains little: the answer does not rest on any one area."
    return text


def emotion_choice(key: str) -> str | None:
    """Let the viewer choose which expression to explain; None for the model's answer."""
    return st.selectbox(
        "Evidence for", EMOTIONS, index=None, placeholder="the model's answer", key=key
    )
