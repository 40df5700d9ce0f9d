"""Faces beside what the judged model makes of the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.emotions import EMOTIONS, FACE_SIZE
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.quantities import percent
from pages.evaluation.choice import Evaluated
from pages.evaluation.explanations import show_explanation
from pages.opened.details import choose_face, chosen_face, vote_bars
from pages.opened.grid import show_grid
from pages.viewer.kept import kept
from pages.widgets import display

# Named as on the page of the dataset: the style sheet is the same.
_DETAILS: Final = "face_details"

HINT: Final = "Click a face, or move to it with the arrow keys, to see its scores."


def show_judged_faces(
    evaluated: Evaluated,
    places: NDArray[np.intp],
    key: str,
    *,
    label: str,
    beside: Callable[[], None] | None = None,
    captions: Sequence[str] | None = None,
) -> None:
    """Show a grid, and beside it the chosen face with its scores; on a phone the face comes first.

    Args:
        evaluated: by which model.
        places: intp ``[M]``, places among the answers; as many as fit one page.
        key: tells this grid from others.
        label: what screen readers call the grid.
        beside: shows something in place of the chosen face as long as there is none.
        captions: one below each face; None: label and answer.
    """
    chosen = chosen_place(evaluated)
    answers = evaluated.answers
    with st.container(key="dataset_panel"):
        side, grid = st.columns([3, 5], gap="medium")
    with side, st.container(key=_DETAILS if chosen is not None else f"{_DETAILS}_none"):
        if chosen is not None:
            show_judged_face(evaluated, chosen)
        elif beside is not None:
            beside()
        else:
            st.caption(HINT)
    with grid:
        show_grid(
            evaluated.opened.dataset,
            answers.indices[places],
            key,
            on_chosen=choose_face,
            chosen=None if chosen is None else int(answers.indices[chosen]),
            captions=captions or [caption(evaluated, place) for place in places.tolist()],
            notes=[note(evaluated, place) for place in places.tolist()],
            label=label,
            details=_DETAILS,
            labels=answers.labels[places],
        )


def chosen_place(evaluated: Evaluated) -> int | None:
    """Return the place among the answers of the face that the address names, if it is there."""
    index = chosen_face(evaluated.opened)
    if index is None:
        return None
    place = int(np.searchsorted(evaluated.answers.indices, index))
    indices = evaluated.answers.indices
    return place if place < len(indices) and indices[place] == index else None


def show_judged_face(evaluated: Evaluated, place: int) -> None:
    """Show a face with its label, its scores, its votes and, if wanted, the reasons."""
    answers = evaluated.answers
    index = int(answers.indices[place])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Image {index}", anchor=False, width="stretch")
        st.button(
            "Close",
            icon=":material/close:",
            type="tertiary",
            on_click=partial(choose_face, None),
            key="close_judged",
        )
    verdict = "right" if answers.correct[place] else "wrong"
    image = evaluated.images(np.array([place]))[0]
    st.html(
        display.face_scores(
            reading_of(evaluated, place),
            f"labelled {EMOTIONS[answers.labels[place]]}: {verdict}",
            crop=image,
        )
    )
    if answers.votes is not None:
        st.html('<div class="section">FER+ votes</div>' + vote_bars(answers.votes[place]))
    if st.toggle("Why this answer?", kept("why", usual=False), key="why", persist_state="session"):
        show_explanation(evaluated, image, key="panel")


def reading_of(evaluated: Evaluated, place: int) -> FaceReading:
    """Return what the judged model reads in a face."""
    answers = evaluated.answers
    return FaceReading(
        Box(0, 0, FACE_SIZE, FACE_SIZE),
        tuple(answers.scores[place].tolist()),
        answers.card.certainty_threshold,
    )


def caption(evaluated: Evaluated, place: int) -> str:
    """Return what stands below a face: its label, and the answer with its score."""
    answers = evaluated.answers
    said = f"→ {EMOTIONS[answers.emotions[place]]}"
    return f"{EMOTIONS[answers.labels[place]]}\n{said}\n{answers.confidence[place]:.0%}"


def note(evaluated: Evaluated, place: int) -> str:
    """Return more about a face, for who points at it."""
    answers = evaluated.answers
    return (
        f"labelled {EMOTIONS[answers.labels[place]]} "
        f"({percent(float(answers.label_scores[place]))}), read as "
        f"{EMOTIONS[answers.emotions[place]]} "
        f"({percent(float(answers.confidence[place]))})"
    )
