"""A model that was read, put into the library under a name, or let go."""

from __future__ import annotations

import streamlit as st

from emotion_core.errors import ModelError, NoRoomError
from emotion_core.importing.answers import ImportAnswers
from emotion_core.importing.staging import StagedModel, proposed_name
from pages.library.handed_in import current_round, let_go
from pages.library.list import CHOSEN, use
from pages.viewer.clicks import once
from pages.widgets.text import plain

_PROBLEM = "models_import_problem"
_KEPT = "models_import_kept"


def show_kept() -> None:
    """Say once what was added."""
    if kept := st.session_state.pop(_KEPT, None):
        st.success(f"**{plain(kept)}** was added.")


def offer_keeping(staged: StagedModel, answers: ImportAnswers | None) -> None:
    """Ask for a name, and offer to keep the model under it or to let go of it."""
    # Read where it is used: a press of a button may come together with what was typed.
    name = f"models_new_name {current_round()}"
    st.text_input("Name", proposed_name(staged.file), key=name, max_chars=60, width=360)
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    with st.container(horizontal=True):
        st.button(
            "Keep",
            type="primary",
            icon=":material/check:",
            key="models_keep",
            on_click=once(_keep, staged, name, answers),
        )
        st.button(
            "Keep and use",
            icon=":material/play_arrow:",
            key="models_keep_and_use",
            on_click=once(_keep, staged, name, answers, and_use=True),
        )
        st.button(
            "Discard", icon=":material/delete:", key="models_discard", on_click=once(start_over)
        )


def _keep(
    staged: StagedModel, name_key: str, answers: ImportAnswers | None, *, and_use: bool = False
) -> None:
    try:
        kept = staged.keep(st.session_state[name_key], answers)
    except (ModelError, NoRoomError) as error:
        st.session_state[_PROBLEM] = str(error)
        return
    start_over()
    st.session_state[CHOSEN] = st.session_state[_KEPT] = kept.name
    if and_use:
        use(kept)


def start_over() -> None:
    """Let go of the model and offer a new, empty place for files."""
    st.session_state.pop(_PROBLEM, None)
    let_go()
