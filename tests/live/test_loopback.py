"""The live session behind real WebRTC: encoder, packets and decoder, no browser."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import av
import cv2
import numpy as np
import pytest
import skimage.data
from aiortc import VideoStreamTrack
from streamlit_webrtc import WebRtcMode
from streamlit_webrtc.webrtc import WebRtcWorker

from emotion_core.faces.boxes import Box
from emotion_core.faces.finding.detectors import FRONTAL_SETTINGS, HaarFaceDetector
from emotion_core.live.reader import LiveFaceReader
from emotion_core.live.session import LiveSession
from tests.webrtc import Client, new_worker, running_loop


class FixedClassifier:
    """Finds everybody happy, which is drawn in orange."""

    def predict_scores(self, crops: np.ndarray) -> np.ndarray:
        return np.tile(np.float32([0, 0, 0, 1, 0, 0, 0]), (len(crops), 1))


class FailsAtFirst(LiveFaceReader):
    """Breaks on the first frames, then works."""

    def __init__(self, failures: int) -> None:
        super().__init__(FixedClassifier())
        self.failures = failures

    def read(self, image: np.ndarray, *args: float) -> list:
        if self.failures > 0:
            self.failures -= 1
            raise RuntimeError("the model is not in the mood")
        return super().read(image, *args)


def gray_portrait(width: int, height: int) -> np.ndarray:
    """Return a camera picture (BGR) without colour: what is coloured later was drawn."""
    side = min(width, height)
    portrait = cv2.cvtColor(skimage.data.astronaut()[:340, 55:395], cv2.COLOR_RGB2GRAY)
    picture = np.full((height, width), 96, np.uint8)
    left = (width - side) // 2
    picture[:side, left : left + side] = cv2.resize(portrait, (side, side))
    return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)


def orange_box(image: np.ndarray) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of what is drawn in colour."""
    rows, columns = np.nonzero(np.ptp(image.astype(int), axis=2) > 80)
    if len(rows) < 50:
        return None
    return columns.min(), rows.min(), columns.max(), rows.max()


class Camera(VideoStreamTrack):
    """A track whose picture the test can exchange while it runs."""

    def __init__(self, picture: np.ndarray) -> None:
        super().__init__()
        self.picture = picture

    async def recv(self) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(self.picture, format="bgr24")
        frame.pts, frame.time_base = await self.next_timestamp()
        return frame


Start = Callable[[LiveSession, Camera], tuple[Client, WebRtcWorker]]


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.AbstractEventLoop]:
    with running_loop(monkeypatch) as loop:
        yield loop


@pytest.fixture
def start(loop: asyncio.AbstractEventLoop) -> Iterator[Start]:
    opened: list[tuple[Client, WebRtcWorker]] = []

    def start_one(session: LiveSession, camera: Camera) -> tuple[Client, WebRtcWorker]:
        worker = new_worker(loop, session, mode=WebRtcMode.SENDRECV, sendback_audio=False)
        client = Client(loop, camera)
        opened.append((client, worker))
        client.connect(worker)
        return client, worker

    yield start_one
    for client, worker in opened:
        worker.stop()
        client.close()
    deadline = time.monotonic() + 10
    while processing_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not processing_threads()


def processing_threads() -> list[threading.Thread]:
    """Return the threads in which frames are processed; each ends soon after its stream."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("frames")]


@pytest.fixture
def reader() -> LiveFaceReader:
    return LiveFaceReader(FixedClassifier())


def find(picture: np.ndarray) -> Box:
    (box,) = HaarFaceDetector(FRONTAL_SETTINGS).detect(picture)
    return box


def is_annotated(image: np.ndarray) -> bool:
    return orange_box(image) is not None


def test_the_box_comes_back_where_the_face_is(start, reader):
    session = LiveSession(reader)
    camera = Camera(gray_portrait(640, 480))
    expected = find(camera.picture)

    client, _ = start(session, camera)
    box = orange_box(client.watch(is_annotated))

    assert box is not None
    left, _, _, bottom = box
    assert abs(left - expected.x) < 15
    assert abs(bottom - (expected.y + expected.height)) < 15
    assert session.snapshot.frames > 0
    assert session.snapshot.stream.processing_ms_p50 > 0


def test_the_video_follows_a_change_of_size(start, reader):
    session = LiveSession(reader)
    camera = Camera(gray_portrait(640, 480))
    client, _ = start(session, camera)
    client.watch(is_annotated)

    camera.picture = gray_portrait(320, 240)
    image = client.watch(lambda image: image.shape == (240, 320, 3) and is_annotated(image))
    box = orange_box(image)
    expected = find(camera.picture)
    assert box is not None
    assert abs(box[0] - expected.x) < 12
    assert session.snapshot.errors == 0


def test_the_video_goes_on_after_exceptions(start):
    session = LiveSession(FailsAtFirst(failures=10))
    client, _ = start(session, Camera(gray_portrait(640, 480)))
    client.watch(is_annotated)
    assert session.snapshot.errors == 10
    assert session.snapshot.last_error == "RuntimeError: the model is not in the mood"


def test_the_end_reaches_the_session_and_a_new_stream_starts(start, reader):
    session = LiveSession(reader)
    client, worker = start(session, Camera(gray_portrait(640, 480)))
    client.watch(is_annotated)
    worker.stop()
    deadline = time.monotonic() + 10  # a frame may still be on its way
    while session.snapshot.last_frame_time is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert session.snapshot.last_frame_time is None
    assert session.snapshot.faces == ()
    frames = session.snapshot.frames

    client, _ = start(session, Camera(gray_portrait(640, 480)))
    client.watch(is_annotated)
    assert session.snapshot.frames > frames
