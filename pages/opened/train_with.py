"""Hands a dataset over to the page Train."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.datasets.source import DataSource
from pages.opened.store import OpenDataset

_HANDED: Final = "train_with"


def train_with(source: DataSource) -> None:
    """Turn to the page Train, with this data chosen there."""
    st.session_state[_HANDED] = source
    st.switch_page("pages/train.py", query_params={"training": "Set up"})


def handed_over() -> DataSource | None:
    """Return, once, the data that another page has handed over."""
    source: DataSource | None = st.session_state.pop(_HANDED, None)
    return source


def offer_training(opened: OpenDataset, name: str) -> None:
    """Let the viewer train with a correction list of this dataset applied."""
    if opened.path is not None and st.button(
        "Train with it", icon=":material/model_training:", key=f"train with list {name}"
    ):
        train_with(DataSource(str(opened.path), exclusions=name))
