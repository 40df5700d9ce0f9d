"""One model: figures, card, layers, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from emotion_core.emotions import FACE_SIZE
from emotion_core.errors import EmotionCoreError, ModelError
from emotion_core.models.changes import delete_model, export_model, rename_model
from emotion_core.models.classifier import EmotionClassifier, speed_warning
from emotion_core.models.folder import LITERT_FILE, MIRRORED, ModelCard, read_model_file
from emotion_core.models.in_use import model_in_use
from emotion_core.models.layers import Layer, read_contents
from emotion_core.models.library import LibraryModel
from emotion_core.quantities import byte_size, milliseconds, percent
from emotion_core.system.storage.persons import for_same_person
from pages.library.card import show_card, show_summary
from pages.library.diagram import network_diagram
from pages.library.list import CHOSEN, PROBLEM, figure, interval, use
from pages.mending.downloads import written
from pages.viewer.clicks import once
from pages.widgets import display
from pages.widgets.sharing import offer_sharing
from pages.widgets.technical import technical
from pages.widgets.text import for_whom, local_time, plain

ORIGINS = {"shipped": "violet", "trained here": "blue", "imported": "orange", "shared": "green"}


def show_details(model: LibraryModel) -> None:
    """Show one model."""
    in_use = model_in_use().folder == model.folder
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(model.name), anchor=False, width="content")
        if in_use:
            st.badge("in use", icon=":material/check:", color="green")
        st.badge(model.origin, color=ORIGINS[model.origin])
    st.html(display.numbers(_figures(model)))
    _show_where_from(model)
    if warning := speed_warning(_seconds_a_face(model, model.card.network_id) or 0.0):
        st.warning(warning)
    _show_actions(model, in_use=in_use)
    summary, card, network = st.tabs(
        ["Summary", "Full card", "Network"], key="model_section", bind="query-params"
    )
    with summary:
        show_summary(model.card)
    with card:
        show_card(model.card)
    with network:
        _show_network(model)


def _show_where_from(model: LibraryModel) -> None:
    """Say what the figures are of, and lead to where they are measured."""
    if model.card.measured_on:
        images = model.card.metrics.get("n")
        how_many = f"{images:,} images of " if isinstance(images, int) else ""
        chosen = ", on which it was also chosen" if model.card.data.get("selected_on") else ""
        st.caption(f"Measured on {how_many}{plain(model.card.measured_on)}{chosen}.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "How often it is right is unknown: it has not been measured yet.",
            width="content",
        )
        st.page_link(
            "pages/evaluate.py",
            label="Evaluate it",
            icon=":material/fact_check:",
            query_params={"evaluated": model.name, "judged": "Overview"},
        )


def _figures(model: LibraryModel) -> dict[str, str]:
    """Return what is known of a model in numbers, each by what it is."""
    accuracy, bounds = figure(model, "accuracy"), interval(model)
    seconds = _seconds_a_face(model, model.card.network_id)
    known = {
        f"accuracy (95%: {bounds})" if bounds else "accuracy": None
        if accuracy is None
        else percent(accuracy, 1),
        "accuracy, with mirror images averaged": _careful_accuracy(model.card),
        "per face on this machine": None if seconds is None else milliseconds(seconds),
        "model file": _size(model.card.sizes.get(LITERT_FILE)),
        "created": local_time(str(model.card.created))[:10],
    }
    if technical():
        macro_f1, error = figure(model, "macro_f1"), figure(model, "ece")
        known |= {
            "macro F1": None if macro_f1 is None else f"{macro_f1:.3f}",
            "calibration error (ECE)": None if error is None else percent(error, 1),
            "weights": f"{model.card.parameters:,}",
            "all files": byte_size(model.size),
        }
    return {what: value for what, value in known.items() if value}


def _careful_accuracy(card: ModelCard) -> str | None:
    accuracy = card.metrics.get(MIRRORED, {}).get("accuracy")
    return None if accuracy is None else percent(accuracy, 1)


# The leading underscore keeps the model out of the cache's key.
@st.cache_data(max_entries=32, show_spinner="Measuring the time of one face …")
def _seconds_a_face(_model: LibraryModel, network_id: str) -> float | None:  # noqa: ARG001 - the key
    """Return how long a model takes for one face; None where it cannot be used."""
    try:
        return EmotionClassifier.load(_model.folder).seconds_a_face
    except ModelError:
        return None


def _size(size: object) -> str | None:
    return byte_size(size) if isinstance(size, int) else None


# --- what can be done -----------------------------------------------------------------------------


def _show_actions(model: LibraryModel, *, in_use: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "In use" if in_use else "Use this model",
            icon=":material/check:" if in_use else ":material/play_arrow:",
            type="secondary" if in_use else "primary",
            disabled=in_use,
            key="model_use",
            help=f"It then reads the faces on every page, open ones too, {for_whom()}.",
            on_click=once(use, model),
        )
        st.download_button(
            "ZIP",
            for_same_person(lambda: written(lambda file: export_model(model.name, file))),
            f"{model.name}.zip",
            "application/zip",
            key="model_zip",
            on_click="ignore",
            icon=":material/download:",
        )
        if model.stays:
            whose = "Is somebody else's" if model.origin == "shared" else "Comes with the app"
            st.caption(f"{whose}: it cannot be renamed or deleted.", width="content")
            return
        offer_sharing("model", model.folder)
        with st.popover("Rename", icon=":material/edit:"):
            key = f"model_name {model.name}"
            st.text_input("Name", model.name, key=key, max_chars=60)
            st.button("Rename", key="model_rename", on_click=once(_rename, model.name, key))
        with st.popover("Delete", icon=":material/delete:"):
            st.write(_farewell(model, in_use=in_use))
            st.button(
                "Delete this model",
                type="primary",
                key="model_delete",
                on_click=once(_delete, model.name),
            )


def _farewell(model: LibraryModel, *, in_use: bool) -> str:
    text = f"**{plain(model.name)}** will be permanently deleted."
    if in_use:
        text += " It is in use: the model that comes with the app takes over, on open pages too."
    return text


def _rename(name: str, key: str) -> None:
    try:
        st.session_state[CHOSEN] = rename_model(name, st.session_state[key]).name
    except ModelError as error:
        st.session_state[PROBLEM] = str(error)


def _delete(name: str) -> None:
    try:
        delete_model(name, although_in_use=True)
    except ModelError as error:
        st.session_state[PROBLEM] = str(error)
        return
    st.session_state.pop(CHOSEN, None)


# --- the network ----------------------------------------------------------------------------------


def _show_network(model: LibraryModel) -> None:
    try:
        layers = _layers(model, model.card.network_id)
    except EmotionCoreError as error:
        st.warning(plain(str(error)))
        return
    interface = model.card.interface
    side, channels = (interface.side, interface.channels) if interface else (FACE_SIZE, 1)
    st.html(network_diagram(layers, (side, side, channels)))
    weights = sum(layer.weights for layer in layers)
    operations = sum(layer.operations for layer in layers)
    st.caption(
        f"{len(layers)} operations in the order they run, read from `{LITERT_FILE}`: {weights:,} "
        f"weights, {operations / 1e6:.1f} million multiply-accumulates per face."
    )
    st.dataframe(
        [
            {
                "layer": layer.name,
                "output shape": "x".join(str(size) for size in layer.shape) or "1",
                "weights": layer.weights,
                "operations, million": layer.operations / 1e6,
            }
            for layer in layers
        ],
        column_config={
            "layer": st.column_config.TextColumn(width="medium"),
            "weights": st.column_config.NumberColumn(format="localized"),
            "operations, million": st.column_config.NumberColumn(format="%.2f"),
        },
        hide_index=True,
    )


# The leading underscore keeps the model out of the cache's key.
@st.cache_data(max_entries=8, show_spinner=False)
def _layers(_model: LibraryModel, network_id: str) -> tuple[Layer, ...]:  # noqa: ARG001 - the key
    return read_contents(read_model_file(_model.folder, _model.card, LITERT_FILE)).layers
