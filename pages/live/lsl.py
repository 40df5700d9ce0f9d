"""The switch that publishes a viewer's values on the Lab Streaming Layer."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.live.lsl.library import HOW_TO_GET, is_there
from emotion_core.live.lsl.publishing import LslPublisher
from emotion_core.live.session import LiveSession
from emotion_core.live.streams.registry import STREAMS
from pages.live.reader import live_reader
from pages.viewer.access import server_is_offered
from pages.widgets.text import plain

_PUBLISH: Final = "live_lsl"


def choose_publishing(session: LiveSession) -> None:
    """Let whoever uses the machine that runs the app publish scores and marks in its network.

    It is asked for anew by everybody: what is published anybody there can read.
    """
    if not server_is_offered():
        return
    if not is_there():
        st.caption(f"For the Lab Streaming Layer (LSL), {HOW_TO_GET}.")
        return
    wanted = st.toggle(
        "Publish on the Lab Streaming Layer (LSL)",
        key=_PUBLISH,
        persist_state="session",
        help="Sends everybody's seven scores and the marks into the network of the machine that "
        "runs this app. Any program there can read and record them, such as LabRecorder.",
    )
    publisher = session.publisher
    if not wanted:
        if publisher is not None:
            session.publisher = None
            publisher.close()
        return
    if publisher is None:
        viewers = live_reader()
        try:
            publisher = LslPublisher(STREAMS.add(session, lambda: viewers.card))
        except EmotionCoreError as error:
            st.error(plain(str(error)))
            return
        session.publisher = publisher
    if publisher.problem:
        st.error(f"{plain(publisher.problem)} Switch it off and on to try again.")
    else:
        st.caption(
            "While the video runs, each person is a stream, such as “Expressions, person 1”, and "
            "the marks are one, “Expression marks”."
        )
