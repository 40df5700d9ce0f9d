"""The confusion matrix; a cell shows its images."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS
from emotion_core.judging.figures.confusion import confusion_figure
from emotion_core.quantities import counted
from pages.evaluation.choice import Evaluated
from pages.evaluation.faces import show_judged_faces
from pages.opened.panel import page_of
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.glossary import meaning

# The widgets' keys are the names in the address.
_LABEL, _ANSWER, _BY = "label", "answer", "cells"
_CHART: Final = "confusion"

_SHOWN: Final = {"by row": "row", "by column": "column", "counts": "count"}
_MEANS: Final = {
    "by row": "Of the images with each label, the share that get each answer; the diagonal is the "
    "recall.",
    "by column": "Of the images with each answer, the share that have each label; the diagonal is "
    "the precision.",
    "counts": "The number of images.",
}
#: Cells beside the matrix.
_WORST: Final = 6


def show_confusion(evaluated: Evaluated) -> None:
    """Show what is taken for what, and the images of one cell."""
    st.fragment(_show)(evaluated)


def _show(evaluated: Evaluated) -> None:
    confusion = evaluated.judgement.report.confusion
    by = st.segmented_control(
        "Shares", list(_SHOWN), default="by row", required=True, key=_BY, bind="query-params",
        help=meaning("confusion matrix"),
    )  # fmt: skip
    st.caption(_MEANS[by] + " Click a cell to see its images.")
    matrix, beside = st.columns([5, 3], gap="medium")
    cell = chosen_cell()
    figure = confusion_figure(confusion, "", by=_SHOWN[by], selected=cell)  # type: ignore[arg-type]
    # As wide as the page allows: squares would be too small for their numbers on a phone.
    figure.update_yaxes(scaleanchor=False)
    figure.update_layout(margin={"l": 70, "r": 0})
    with matrix:
        st.plotly_chart(
            figure,
            key=_CHART,
            on_select=_note_click,
            selection_mode="points",
            config=NO_TOOLBAR,
            height=480,
        )
    with beside:
        _choose_cell(confusion)
    if cell is not None:
        _show_cell(evaluated, *cell)


def chosen_cell() -> tuple[int, int] | None:
    """Return label and answer of the cell to show; None without one."""
    label, answer = (st.session_state.get(key) for key in (_LABEL, _ANSWER))
    if label not in EMOTIONS or answer not in EMOTIONS:
        label, answer = (st.query_params.get(key) for key in (_LABEL, _ANSWER))
    if label not in EMOTIONS or answer not in EMOTIONS:
        return None
    return EMOTIONS.index(label), EMOTIONS.index(answer)


def clicked_cell(event: Any) -> tuple[int, int] | None:
    """Return the cell of a click in the matrix; the message is a browser's."""
    for point in event.selection.points:
        numbers = np.ravel(point.get("customdata", [])).tolist()
        if len(numbers) >= 2 and all(number in range(len(EMOTIONS)) for number in numbers[:2]):
            return int(numbers[0]), int(numbers[1])
    return None


def _note_click() -> None:
    cell = clicked_cell(st.session_state[_CHART])
    if cell is not None:
        _choose(*cell)


def _choose(label: int, answer: int) -> None:
    st.session_state[_LABEL], st.session_state[_ANSWER] = EMOTIONS[label], EMOTIONS[answer]


def _choose_cell(confusion: NDArray[np.int64]) -> None:
    """Offer the cell by name, and what is mixed up most."""
    with st.container(horizontal=True):
        for name, key in (("Labelled", _LABEL), ("read as", _ANSWER)):
            st.selectbox(name, EMOTIONS, index=None, key=key, bind="query-params",
                         placeholder="choose")  # fmt: skip
    wrong = confusion * (1 - np.eye(len(EMOTIONS), dtype=np.int64))
    if not wrong.any():
        st.success("Every answer matches its label.", icon=":material/check:")
        return
    st.html('<div class="section">Most frequent mix-ups</div>')
    for flat in np.argsort(-wrong, axis=None, kind="stable")[:_WORST].tolist():
        label, answer = divmod(flat, len(EMOTIONS))
        count = int(wrong[label, answer])
        if count:
            st.button(
                f"{EMOTIONS[label]} read as {EMOTIONS[answer]}: **{count:,}**, "
                f"{count / int(confusion[label].sum()):.0%} of {EMOTIONS[label]}",
                key=f"cell {label} {answer}",
                type="tertiary",
                on_click=partial(_choose, label, answer),
            )


def _show_cell(evaluated: Evaluated, label: int, answer: int) -> None:
    places = evaluated.answers.in_cell(label, answer)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(
            f"**{counted(len(places), 'image')}** labelled **{EMOTIONS[label]}** and read as "
            f"**{EMOTIONS[answer]}**, the most confident first"
        )
        shown = page_of(places, f"cell page {label} {answer}")
    if len(places):
        show_judged_faces(
            evaluated,
            shown,
            "cell_grid",
            label=f"Labelled {EMOTIONS[label]}, read as {EMOTIONS[answer]}",
            captions=[f"{evaluated.answers.confidence[place]:.0%}" for place in shown.tolist()],
        )
