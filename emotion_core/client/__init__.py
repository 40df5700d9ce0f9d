"""The app from another program: live values out, marks in, recordings, pictures, videos.

Three lines print what everybody in front of the camera shows, frame by frame::

    with Client("http://localhost:8501", token="...") as client:
        for frame in client.live():
            print(frame.wall_clock, [face.answer for face in frame.faces])

A token is made on the app's page Connect, or by ``python -m emotion_core tokens add``. Besides the
standard library this needs httpx, msgspec and platformdirs: no OpenCV, no NumPy, no model.

`client` holds the class; `connection` sends its requests, and `problems` is what may go wrong with
them; `events` reads server-sent events; `streaming` follows a live stream; `clocks` compares its
clock with this machine's; `sessions` and `videos` have the calls for these. `answers` is what the
app answers, as values.
"""

from emotion_core.client.answers import (
    ClockOffset,
    LiveStream,
    Picture,
    PictureFace,
    PlacedMark,
    Session,
    SessionFile,
    SessionMark,
    Video,
)
from emotion_core.client.client import Client
from emotion_core.client.problems import RefusedError, UnreachableError
from emotion_core.errors import ClientError
from emotion_core.live.streams.messages import BoxMessage, FaceMessage, FrameMessage

__all__ = [
    "BoxMessage",
    "Client",
    "ClientError",
    "ClockOffset",
    "FaceMessage",
    "FrameMessage",
    "LiveStream",
    "Picture",
    "PictureFace",
    "PlacedMark",
    "RefusedError",
    "Session",
    "SessionFile",
    "SessionMark",
    "UnreachableError",
    "Video",
]
