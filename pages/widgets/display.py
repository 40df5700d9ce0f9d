"""What live camera and photo show alike: scores, the model in use, and the limits of it all."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.emotions import ANSWER_COLORS, EMOTION_COLORS, EMOTIONS
from emotion_core.faces.pictures.images import encode_png
from emotion_core.faces.readings import FaceReading
from emotion_core.models.folder import MIRRORED, ModelCard
from emotion_core.models.reliability import reliability_of
from emotion_core.quantities import percent
from pages.widgets.glossary import meaning
from pages.widgets.text import plain

UNMEASURED: Final = "; how often it is right is unknown until you measure it on Evaluate"

_STYLE: Final = Path(__file__).parent / "style.css"


def use_style() -> None:
    """Add the style sheet of `face_scores` and `numbers` to the page."""
    st.html(_STYLE)


def face_scores(
    face: FaceReading,
    title: str = "",
    crop: NDArray[np.uint8] | None = None,
    card: ModelCard | None = None,
) -> str:
    """Return HTML: the answer in large, how sure it is, how often such answers are right, and bars.

    HTML because it is one small message whatever changes; seven widgets a face, twice a second,
    are not.

    Args:
        face: what to show.
        title: tells this face from others.
        crop: grey uint8 [48, 48], what the model saw; left out where the video shows it anyway.
        card: of the model that read it; where it says how often such answers are right, so does
            this.
    """
    bars = "".join(
        f'<div class="score"><span>{emotion}</span>'
        f'<div class="track"><div class="bar" style="width:{score:.1%};'
        f'background:{EMOTION_COLORS[emotion]}"></div></div>'
        f'<span class="percent">{percent(score)}</span></div>'
        for emotion, score in zip(EMOTIONS, face.scores, strict=True)
    )
    # An answer is held until another expression is clearly ahead, so it need not be the highest.
    highest = EMOTIONS[int(np.argmax(face.scores))]
    confidence = (
        percent(face.confidence) if face.certain else f"{highest} {percent(max(face.scores))}"
    )
    held = (
        f'<span class="reliability">kept until another is clearly ahead of {face.emotion}</span>'
        if face.certain and highest != face.emotion
        else ""
    )
    return (
        f'<div class="face">{_thumbnail(crop)}<div class="scores">'
        f'<div class="face-name{"" if face.certain else " hollow"}">'
        f'<span class="dot" style="background:{ANSWER_COLORS[face.answer]}"></span>'
        f'<span class="emotion">{face.answer}</span>'
        f'<span class="confidence">{confidence}</span>'
        f'<span class="number">{escape(title)}</span>{held}{_reliability(face, card)}</div>{bars}'
        "</div></div>"
    )


def _reliability(face: FaceReading, card: ModelCard | None) -> str:
    if card is None or not face.certain:
        return ""
    reliability = reliability_of(card, face.emotion)
    if reliability is None:
        return f'<span class="reliability">{face.emotion}: how often it is right is unknown</span>'
    measured = (
        f"Of {reliability.answers:,} images of {reliability.data} that this model called "
        f"{face.emotion}, {percent(reliability.precision)} were labelled {face.emotion}."
    )
    return (
        f'<span class="reliability" title="{escape(measured)}">on test images, {face.emotion} is '
        f"right in {reliability.of_ten} cases</span>"
    )


def _thumbnail(crop: NDArray[np.uint8] | None) -> str:
    if crop is None:
        return ""
    source = base64.b64encode(encode_png(crop)).decode()
    return f'<img src="data:image/png;base64,{source}" alt="the face as the model sees it">'


def numbers(values: dict[str, str]) -> str:
    """Return HTML: measured values, each above what it measures; text in them is escaped here."""
    cells = "".join(
        f"<div><b>{escape(value)}</b><span>{escape(what)}</span></div>"
        for what, value in values.items()
    )
    return f'<div class="numbers">{cells}</div>'


def show_model(card: ModelCard) -> None:
    """Name the model in use, how often it is right, and what "uncertain" changes about that."""
    accuracy, data = card.metrics.get("accuracy"), card.measured_on
    quality = UNMEASURED
    if accuracy and data:
        both = " (each with its mirror image)" if card.metrics.get("view") == MIRRORED else ""
        quality = f", right on {percent(accuracy, 1)} of {plain(data)}{both}"
    certainty = _certainty(card)
    terms = meaning("score", "uncertain", "certainty threshold") if certainty else meaning("score")
    st.caption(f"Model: **{plain(card.name)}**{quality}{certainty}.", help=terms)


def _certainty(card: ModelCard) -> str:
    """Return what the threshold does, with the figures of the page Evaluate and the README."""
    selective = card.metrics.get("selective", {})
    if not card.certainty_threshold or "coverage" not in selective:
        return ""
    coverage, right = (percent(selective[name]) for name in ("coverage", "accuracy_answered"))
    return (
        f". Below a score of {percent(card.certainty_threshold)} it answers “uncertain”: {coverage}"
        f" of these images then get an answer, and {right} of the answers are right"
    )


def show_limits() -> None:
    """Say, in two sentences, what this can tell and where the pictures go."""
    st.caption(
        "This app names which of seven expressions a face shows and is often wrong; it cannot tell "
        "what somebody feels, thinks or intends.  \n"
        "Pictures are processed on the machine that runs this app, and nothing is stored unless "
        "you ask for it."
    )


NO_TOOLBAR: Final = {"displayModeBar": False}


def with_picture_button(name: str, kind: str = "png") -> dict[str, Any]:
    """Return the settings of a chart that can be saved as a picture, by the button above it.

    The browser makes it, four times as fine as on the screen.

    Args:
        name: of the file.
        kind: "png" or "svg".
    """
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": kind, "filename": name, "scale": 4},
    }
