"""A model's card: in short, and section by section."""

from __future__ import annotations

import streamlit as st

from emotion_core.models.folder import ModelCard
from emotion_core.models.readme.summary import summary_of
from emotion_core.models.readme.text import readme_text
from emotion_core.models.readme.works import FER2013_ADDRESS, FERPLUS_ADDRESS
from pages.widgets.glossary import explain_terms
from pages.widgets.text import plain

#: Of the README, what a page shows elsewhere, or what is for those who write programs.
_ELSEWHERE = ("In short", "Use")


def show_summary(card: ModelCard) -> None:
    """Show what to know before using a model."""
    st.markdown(
        "\n".join(f"- **{what}**: {plain(text)}" for what, text in summary_of(card).items())
    )
    if "FER2013" in readme_text(card):
        st.markdown(
            f"About its data: [FER2013]({FER2013_ADDRESS}) and the [FER+ votes]({FERPLUS_ADDRESS})."
        )
    explain_terms("accuracy", "95% interval", "uncertain", "PublicTest", "weights")


def show_card(card: ModelCard) -> None:
    """Show the whole card, each section behind its title."""
    first, *sections = _without_pictures(readme_text(card)).split("\n## ")
    st.markdown(first.split("\n\n")[1])
    for section in sections:
        title, _, text = section.partition("\n")
        if title not in _ELSEWHERE:
            with st.expander(title, key=f"card {card.name} {title}"):
                st.markdown(text)


def _without_pictures(text: str) -> str:
    """Return Markdown that fetches no pictures: names in it may come from anywhere."""
    return text.replace("![", "!\\[")
