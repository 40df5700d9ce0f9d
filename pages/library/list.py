"""All models, with their figures, and the choice of one to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from emotion_core.errors import EmotionCoreError, ModelError
from emotion_core.models.changes import delete_model
from emotion_core.models.folder import models_dir
from emotion_core.models.in_use import model_in_use, put_to_use
from emotion_core.models.library import DamagedModel, Library, LibraryModel, list_models
from pages.viewer.clicks import once
from pages.viewer.navigation import follow_link
from pages.widgets.glossary import meaning
from pages.widgets.technical import technical
from pages.widgets.text import local_time, located, plain

if TYPE_CHECKING:
    import pandas as pd

CHOSEN = "model"
PROBLEM = "models_problem"

_TABLE = "models_table"
_COLUMNS = {
    "in use": st.column_config.TextColumn("in use", width=60),
    "model": st.column_config.TextColumn("model", width="medium"),
    "accuracy": st.column_config.NumberColumn(
        format="%.1f%%",
        help=meaning("accuracy") + " Each image of “measured on” is read once, as it is.",
    ),
    "95% interval": st.column_config.TextColumn(help=meaning("95% interval")),
    "macro F1": st.column_config.NumberColumn(format="%.3f", help=meaning("macro F1")),
    "calibration error": st.column_config.NumberColumn(
        format="%.1f%%", help=meaning("calibration error (ECE)")
    ),
    "MB": st.column_config.NumberColumn(format="%.1f"),
    "weights": st.column_config.NumberColumn(format="localized", help=meaning("weights")),
    "came from": st.column_config.TextColumn(),
    "created": st.column_config.TextColumn(),
}


def show_models() -> LibraryModel | None:
    """Show all models and return the one to look at; by default the one in use."""
    library = list_models()
    try:
        in_use = model_in_use()
    except EmotionCoreError as error:
        st.error(f"No model can be used. {plain(str(error))}")
        return None
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(plain(problem))
    if in_use.problem:
        st.warning(plain(in_use.problem))
    for broken in library.damaged:
        _show_damaged(broken)
    names = [model.name for model in library.models]
    follow_link(CHOSEN, names)
    if st.session_state.get(CHOSEN) not in names:
        st.session_state[CHOSEN] = in_use.name if in_use.name in names else names[0]
    if len(names) > 1:
        _show_table(library, in_use.name)
        st.selectbox("Model", names, key=CHOSEN, bind="query-params", width=360)
    return library.find(st.session_state[CHOSEN])


def _show_table(library: Library, in_use: str) -> None:
    st.dataframe(
        _table(library, in_use),
        hide_index=True,
        column_config=_COLUMNS,
        on_select=_choose_row,
        selection_mode="single-row",
        placeholder="",
        key=_TABLE,
    )
    if len({model.card.measured_on for model in library.models}) > 1:
        st.caption(
            "Compare accuracies only where “measured on” is the same: other images are easier or "
            "harder. Evaluate compares any two models on the same images."
        )
    st.caption(f"Stored {located(models_dir())}.")


def _choose_row() -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    names = [model.name for model in list_models().models]
    if rows and rows[0] < len(names):
        st.session_state[CHOSEN] = names[rows[0]]


def _table(library: Library, in_use: str) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([_row(model, in_use) for model in library.models])


def _row(model: LibraryModel, in_use: str) -> dict[str, Any]:
    card = model.card
    row = {
        "in use": "✓" if model.name == in_use else "",
        "model": model.name,
        "accuracy": figure(model, "accuracy", 100),
        "95% interval": interval(model),
        "measured on": card.measured_on or "",
        "came from": model.origin,
        "created": local_time(str(card.created))[:10],
    }
    if technical():
        row |= {
            "macro F1": figure(model, "macro_f1"),
            "calibration error": figure(model, "ece", 100),
            "MB": model.size / 1e6,
            "weights": card.parameters,
        }
    return row


def use(model: LibraryModel) -> None:
    """Use a model, or note why it cannot be used."""
    try:
        put_to_use(model.folder)
    except ModelError as error:
        st.session_state[PROBLEM] = f"{model.name} cannot be used. {error}"
        return
    st.toast(f"**{plain(model.name)}** is now in use.")


def figure(model: LibraryModel, name: str, scale: float = 1) -> float | None:
    """Return a figure of a model's card; None where it has none."""
    value = model.card.metrics.get(name)
    return scale * value if isinstance(value, int | float) else None


def interval(model: LibraryModel) -> str:
    """Return the 95% interval of the accuracy, "70.3 to 73.2"; "" where the card has none."""
    bounds = model.card.metrics.get("interval_95", {}).get("accuracy")
    return "" if not bounds else " to ".join(f"{100 * bound:.1f}" for bound in bounds)


def _show_damaged(broken: DamagedModel) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            f"**{plain(broken.name)}** cannot be used. {plain(broken.problem)}", width="stretch"
        )
        with st.popover("Delete", icon=":material/delete:", key=f"damaged {broken.name}"):
            st.write(f"**{plain(broken.name)}** will be permanently deleted.")
            st.button(
                "Delete it",
                type="primary",
                key=f"delete damaged {broken.name}",
                on_click=once(_delete, broken.name),
            )


def _delete(name: str) -> None:
    try:
        delete_model(name, although_in_use=True)
    except ModelError as error:
        st.session_state[PROBLEM] = str(error)
