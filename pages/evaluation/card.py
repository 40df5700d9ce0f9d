"""Figures of an imported model, written into its card, so that every page can tell of them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.errors import ModelError
from emotion_core.judging.card_figures import takes_figures, why_not, write_figures
from pages.evaluation.choice import Evaluated
from pages.shared.clicks import once
from pages.shared.text import local_time, plain

_PROBLEM: Final = "evaluation_card_problem"

WHAT_CHANGES: Final = (
    "This fits its temperature and certainty threshold to these images, so that its scores match "
    "how often it is right and it answers “uncertain” where it is guessing. Live camera and Photo "
    "then show how often it is right. The model changes for everyone who uses this app."
)


def show_card(evaluated: Evaluated) -> None:
    """Tell what an imported model's card states, and offer to write these figures into it."""
    card = evaluated.card
    if not takes_figures(card):
        return
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    st.html('<div class="section">Model card</div>')
    here = f"{evaluated.answers.dataset} {evaluated.answers.split}"
    if card.measured_on:
        st.markdown(
            f"Its card has figures measured on {plain(card.measured_on)}, "
            f"{card.data['measured_images']:,} images, on "
            f"{plain(local_time(card.data['measured_at'])[:10])}."
        )
    else:
        st.markdown(
            f"{plain(card.name)} was imported and its card has no figures, so Live camera and "
            "Photo cannot show how often it is right."
        )
    if card.measured_on == here and card.data["measured_images"] == len(evaluated.answers):
        return
    if reason := why_not(evaluated.answers):
        st.caption(f"These figures cannot be added to it. {reason}")
        return
    st.button(
        "Add these figures to its card",
        icon=":material/edit_note:",
        key="write_card",
        on_click=once(_write, evaluated),
    )
    st.caption(WHAT_CHANGES)


def _write(evaluated: Evaluated) -> None:
    try:
        write_figures(evaluated.model_dir, evaluated.answers, evaluated.excluded)
    except ModelError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.toast(f"The card of **{plain(evaluated.card.name)}** now has these figures.")
