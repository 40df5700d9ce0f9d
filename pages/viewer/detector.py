"""What finds and reads faces in single pictures, one for each viewer, and the choice of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st

from emotion_core.errors import ModelError
from emotion_core.faces.finding.detectors import FaceDetector, yunet_is_named
from emotion_core.faces.finding.finders import (
    FINDERS,
    PHOTO_FIGURES,
    WITHOUT_BLAZEFACE,
    available_finders,
    photo_finder,
    usual_photo_finder,
)
from emotion_core.faces.readings import EmotionDetector
from emotion_core.models.folder import default_model_dir
from emotion_core.models.in_use import model_in_use
from pages.viewer.kept import kept

PHOTO_HELP: Final = "What looks for faces. The figures are for faces 24 to 60 pixels high."


def choose_finder(key: str, usual: str, figures: Mapping[str, str], help_text: str) -> str | None:
    """Let the viewer choose what finds the faces, and return its name; None where YuNet does.

    Args:
        key: of the widget.
        usual: the name it begins with.
        figures: what each was measured to do, by its name.
        help_text: what the figures are of.
    """
    if yunet_is_named():
        return None
    choices = available_finders()
    chosen: str = st.selectbox(
        "Finder",
        choices,
        index=choices.index(kept(key, usual, choices)),
        format_func=lambda name: FINDERS[name],
        help="\n\n".join(
            [help_text, *(f"**{FINDERS[each]}**: {figures[each]}" for each in choices)]
        ),
        key=key,
        persist_state="session",
    )
    st.caption(f"Finds {figures[chosen]}.")  # beside its name, a phone would cut it
    if len(choices) < len(FINDERS):
        st.caption(WITHOUT_BLAZEFACE)
    return chosen


def choose_photo_finder(key: str) -> str | None:
    """Let the viewer choose what finds the faces in photos; see ``choose_finder``."""
    with st.expander("Adjust"):
        return choose_finder(key, usual_photo_finder(), PHOTO_FIGURES, PHOTO_HELP)


@st.cache_resource(scope="session", max_entries=1, show_spinner=False)
def photo_faces(finder: str | None = None) -> FaceDetector:
    """Return what finds this viewer's faces in single pictures; see ``photo_finder``.

    Raises:
        ModelError: it cannot be used.
    """
    return photo_finder(finder)


def chosen_model() -> Path:
    """Return the folder of the model in use; the shipped one's where none is usable."""
    try:
        return model_in_use().folder
    except ModelError:
        return default_model_dir()  # loading it says what is wrong


def photo_detector(finder: str | None = None) -> EmotionDetector:
    """Return this viewer's thorough detector for single pictures, with the model in use.

    Args:
        finder: one of `emotion_core.faces.finding.finders.FINDERS`; None for the usual one.

    Raises:
        ModelError: there is no usable model.
    """
    in_use = model_in_use()
    return _photo_detector(in_use.folder, in_use.version, finder)


@st.cache_resource(scope="session", max_entries=1, show_spinner="Loading the model …")
def _photo_detector(
    folder: Path,
    version: str,  # noqa: ARG001 - tells networks apart
    finder: str | None,
) -> EmotionDetector:
    return EmotionDetector.load(folder, finder and photo_finder(finder))
