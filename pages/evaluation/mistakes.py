"""The images on which the model fails most clearly."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from emotion_core.judging.answers import Answers, answers_table
from emotion_core.quantities import counted
from emotion_core.system.tables import csv_of
from pages.evaluation.choice import Evaluated
from pages.evaluation.faces import HINT, show_judged_faces
from pages.opened.panel import page_of

_RANKINGS: Final = {
    "confident mistakes": Answers.confident_mistakes,
    "hardest": Answers.hardest,
    "least certain": Answers.least_certain,
}
_MEANS: Final = {
    "confident mistakes": "Wrong answers, highest score first. Check the label too: it may be what "
    "is wrong.",
    "hardest": "Images whose label gets the lowest score, whether the answer is right or wrong.",
    "least certain": "Images on which no expression gets a high score, lowest first.",
}
_TOPS: Final = (120, 600, 3000)


def show_mistakes(evaluated: Evaluated) -> None:
    """Show images by how badly the model does on them."""
    st.fragment(_show)(evaluated)


def _show(evaluated: Evaluated) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ranking = st.pills(
            "Images", list(_RANKINGS), default="confident mistakes", required=True,
            key="ranking", bind="query-params",
        )  # fmt: skip
        top = st.selectbox(
            "How many", _TOPS, format_func="top {:,}".format, key="mistakes_top",
            bind="query-params", width=140,
        )  # fmt: skip
        places = _RANKINGS[ranking](evaluated.answers)[:top]
        st.download_button(
            "CSV",
            lambda: csv_of(answers_table(evaluated.answers, places)),
            f"{ranking.replace(' ', '-')}.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            help=f"{counted(len(places), 'image')} with their scores.",
        )
        shown = page_of(places, f"mistakes page {ranking} {top}")
    if not len(places):
        st.success("The model is right on every image.", icon=":material/check:")
        return
    show_judged_faces(
        evaluated,
        shown,
        "judged_mistakes",
        label=ranking,
        beside=partial(_say, ranking),
    )


def _say(ranking: str) -> None:
    st.markdown(_MEANS[ranking])
    st.caption(f"Below each face: its label and the model's answer. {HINT}")
