"""The detectors of one viewer. Cascades and LiteRT interpreters must not be shared by threads.

All of them read with the model in use, one setting of the whole installation. A live page asks for
it twice a second; another one is loaded in the page's own thread and handed to the reader, so that
the video goes on meanwhile. A recording keeps the model it began with, which its header names; the
page changes over when it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
import streamlit as st

from emotion_core.errors import EmotionCoreError, ModelError
from emotion_core.faces.finding.finders import LIVE_FIGURES, live_finder, usual_live_finder
from emotion_core.live.background import live_classifier
from emotion_core.live.reader import LiveFaceReader
from emotion_core.live.session import LiveSession
from emotion_core.live.settings import LiveSettings
from emotion_core.models.classifier import EmotionClassifier, speed_warning
from emotion_core.models.classifier_process import ClassifierProcess
from emotion_core.models.folder import ModelCard
from emotion_core.models.in_use import ModelInUse, model_in_use, put_to_use
from emotion_core.models.library import list_models
from pages.live.viewers import note_session
from pages.live.waiting import join_places
from pages.mending.cleanup import SECONDS_TO_COME_BACK, clean_up_after_leaving
from pages.viewer import detector
from pages.widgets import display
from pages.widgets.text import for_whom, plain

#: How often a live page looks whether another model was put to use.
FOLLOW_SECONDS: Final = 0.5

_FIGURES: Final = (
    "What looks for faces. The figures are for two clips of people who turn their heads, from any "
    "moment on, and for the time that finding and following one face takes."
)
_CHOSEN = "model_in_use"
_PROBLEM = "model_problem"


@dataclass
class ViewersReader:
    """What reads a viewer's live video, and which model it reads with.

    Attributes:
        reader: see `LiveFaceReader`.
        version: of the model in use that it was given; see `ModelInUse`.
        problem: why a newer one could not be loaded; empty when it could.
        finder: what finds the faces, one of `FINDERS`.
    """

    reader: LiveFaceReader
    version: str
    problem: str = ""
    finder: str = field(default_factory=usual_live_finder)

    @property
    def card(self) -> ModelCard:
        """The card of the model that reads."""
        classifier: EmotionClassifier | ClassifierProcess
        classifier = self.reader.classifier  # type: ignore[assignment]
        return classifier.card

    def follow(self, in_use: ModelInUse) -> None:
        """Read with the model in use from the next frame on."""
        if in_use.version == self.version:
            return
        self.version, self.problem = in_use.version, ""
        try:
            # Loaded and warmed up here, so that no frame waits for it.
            classifier = live_classifier(in_use.folder)
        except ModelError as error:
            self.problem = f"{in_use.name} cannot be used; {self.card.name} stays in use. {error}"
            return
        self.reader.use_classifier(classifier, classifier.card.certainty_threshold)


@st.cache_resource(scope="session", show_spinner="Loading the model …")
def live_reader() -> ViewersReader:
    """Return what finds and reads this viewer's faces on live video, warmed up.

    Raises:
        ModelError: there is no usable model.
    """
    clean_up_after_leaving(SECONDS_TO_COME_BACK)
    # For the whole process: several streams on several cores lose to each other's thread pools.
    cv2.setNumThreads(1)
    in_use = model_in_use()
    reader = LiveFaceReader.load(in_use.folder)
    settings = LiveSettings()
    nobody = np.zeros((480, 640, 3), np.uint8)
    reader.read(nobody, 0.0, settings.smoothing_seconds, settings.smallest_face)
    reader.reset()
    return ViewersReader(reader, in_use.version)


@st.cache_resource(scope="session", show_spinner=False)
def live_session() -> LiveSession:
    """Return this viewer's live session; it outlives start, stop and leaving the page.

    Raises:
        ModelError: there is no usable model.
    """
    reader = live_reader().reader
    session = LiveSession(reader)
    note_session(session)
    join_places(session, reader)
    return session


def follow_model_in_use(session: LiveSession) -> None:
    """Change over when another model was put to use; where that has to wait or fails, say so.

    To be called every second or so while the live page is open. The page is not run as a whole for
    it: when a fragment's timer fires while such a run ends, Streamlit may lose that end, timers
    included. What names the model asks `live_reader` when it is drawn.
    """
    viewers = live_reader()
    try:
        in_use = model_in_use()
    except EmotionCoreError as error:  # removed by hand: what is loaded reads on
        st.warning(plain(str(error)))
        return
    waiting = session.recorder is not None and in_use.version != viewers.version
    if not waiting:
        viewers.follow(in_use)
    else:
        st.info(f"**{plain(in_use.name)}** is now in use. It takes over when the recording ends.")
    for problem in (in_use.problem, viewers.problem):
        if problem:
            st.warning(plain(problem))


def card_shown(session: LiveSession) -> ModelCard:
    """Return the card of the model that reads, with the figures of the views that it reads."""
    card = live_reader().card
    return card.mirrored if session.settings.smoothing_seconds > 0 else card


def show_model_in_use(session: LiveSession) -> None:
    """Name the model that reads this viewer's video, and warn of a slow one."""
    viewers = live_reader()
    display.show_model(card_shown(session))
    if warning := speed_warning(getattr(viewers.reader.classifier, "seconds_a_face", 0.0)):
        st.caption(f":orange[:material/hourglass_bottom:] {warning}")


def choose_finder() -> None:
    """Let the viewer choose what finds the faces, from the next frame on, unless YuNet does."""
    chosen = detector.choose_finder("live_finder", usual_live_finder(), LIVE_FIGURES, _FIGURES)
    viewers = live_reader()
    if chosen not in (None, viewers.finder):
        # Made here, so that no frame waits until its networks are loaded.
        viewers.reader.use_finder(live_finder(chosen))
        viewers.finder = chosen


def choose_model(*, disabled: bool = False) -> None:
    """Let the viewer put another model to use, as on the page of all models."""
    names = [model.name for model in list_models().models]
    in_use = model_in_use().name
    # Not the viewer's alone: it shows what was put to use elsewhere.
    st.session_state[_CHOSEN] = in_use if in_use in names else None
    st.selectbox(
        "Model",
        names,
        key=_CHOSEN,
        placeholder=in_use,
        disabled=disabled,
        help=f"Reads faces on every page, {for_whom()}. You cannot change it while recording.",
        on_change=_use_chosen_model,
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))


def _use_chosen_model() -> None:
    try:
        put_to_use(list_models().find(st.session_state[_CHOSEN]).folder)
    except ModelError as error:
        st.session_state[_PROBLEM] = f"This model cannot be used. {error}"
