"""The streaming part of the live page around another callback: `glass_to_glass.py` starts it.

The environment variable BENCHMARK_CALLBACK chooses the callback:

- ``library`` returns every frame as it came, through streamlit-webrtc as it is;
- ``pass-through`` does the same through the live page's streamer: the least delay there can be;
- ``haar`` looks for faces in every frame with OpenCV's frontal cascade, as most projects do;
- ``overloaded`` takes 0.3 s for every frame.
"""

import os
import time
from types import SimpleNamespace

import av
import cv2
import streamlit as st
from streamlit_webrtc import webrtc_streamer

from pages.live import streaming
from pages.mending.cleanup import set_libraries_aside
from pages.viewer.navigation import note_page


class Session:
    """Stands in for a live session."""

    def __init__(self, callback: str) -> None:
        self.on_frame = getattr(self, callback.replace("-", "_"))
        folder = cv2.data.haarcascades  # type: ignore[attr-defined]
        self.cascade = cv2.CascadeClassifier(f"{folder}haarcascade_frontalface_default.xml")

    def library(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return ``frame`` as it is."""
        return frame

    def pass_through(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return ``frame`` as it is."""
        return frame

    def overloaded(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return ``frame`` after a third of a second."""
        time.sleep(0.3)
        return frame

    def haar(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return ``frame`` with a box around each face."""
        image = frame.to_ndarray(format="bgr24")
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        for x, y, width, height in self.cascade.detectMultiScale(gray, 1.2, 5, minSize=(60, 60)):
            cv2.rectangle(image, (x, y), (x + width, y + height), (0, 255, 0), 2)
        result = av.VideoFrame.from_ndarray(image, format="bgr24")
        result.pts, result.time_base = frame.pts, frame.time_base
        return result

    def on_ended(self) -> None:
        """Do nothing; the library calls it."""


@st.cache_resource(scope="session")
def session() -> Session:
    """Return this viewer's session."""
    return Session(os.environ["BENCHMARK_CALLBACK"])


if os.environ["BENCHMARK_CALLBACK"] == "library":
    context = webrtc_streamer(
        key=streaming.STREAMER_KEY,
        media_stream_constraints=streaming.CAMERA,
        video_frame_callback=session().on_frame,
    )
else:
    note_page(SimpleNamespace(url_path="benchmark"))  # type: ignore[arg-type]
    context = streaming.camera_stream(session())  # type: ignore[arg-type]
    set_libraries_aside()
if context.state.playing:
    st.write("Details")  # what the live page says when it plays
