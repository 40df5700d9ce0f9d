from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from emotion_core.errors import SourceLostError
from emotion_core.video import plugged
from emotion_core.video.apart import Decoder
from emotion_core.video.opening import OpenVideo, open_source
from emotion_core.video.sources import PluggedCamera
from tests.source_videos import shade


def until_lost(video: OpenVideo) -> tuple[list[float], str]:
    """Return how bright the frames are until the camera is lost, and the message."""
    pictures: list[float] = []
    try:
        for frame in video.frames():
            pictures += [] if frame is None else [brightness(frame)]
    except SourceLostError as lost:
        return pictures, str(lost)
    raise AssertionError("the camera was not lost")


def brightness(frame: av.VideoFrame) -> float:
    return float(frame.to_ndarray(format="gray").mean())


class FakeCapture:
    """A plugged-in camera with three pictures."""

    def __init__(self, index: int) -> None:
        self.images = [np.full((480, 640, 3), shade(number), np.uint8) for number in range(3)]
        self.opened = index == 0

    def set(self, *_: object) -> None:
        pass

    def isOpened(self) -> bool:  # noqa: N802 - the name is given
        return self.opened

    def read(self) -> tuple[bool, np.ndarray | None]:
        return (True, self.images.pop(0)) if self.images else (False, None)

    def release(self) -> None:
        self.opened = False


class TestPluggedCameras:
    @pytest.fixture
    def captures(self, monkeypatch) -> list[FakeCapture]:
        """Let OpenCV open fake cameras; return those it has opened."""
        made = []

        def capture(index: int) -> FakeCapture:
            made.append(FakeCapture(index))
            return made[-1]

        monkeypatch.setattr(plugged.cv2, "VideoCapture", capture)
        monkeypatch.setattr(plugged, "_expect_device", lambda _: None)
        return made

    def test_its_pictures_come_until_it_is_unplugged(self, captures):
        with open_source(PluggedCamera(), Decoder()) as video:
            assert not video.paced
            pictures, problem = until_lost(video)
        assert "found none; check whether it is still plugged in" in problem
        assert pictures == pytest.approx([shade(0), shade(1), shade(2)], abs=3)
        assert not captures[0].opened

    def test_one_that_cannot_be_opened(self, captures):
        with pytest.raises(SourceLostError) as caught:
            open_source(PluggedCamera(1), Decoder())
        assert str(caught.value) == (
            "expected camera 1 of this machine, found that it cannot be opened; check whether it "
            "is plugged in, whether another program uses it, and whether this one may"
        )
        assert len(captures) == 1

    @pytest.mark.skipif(not Path("/dev").exists(), reason="cameras are files in /dev on Linux")
    def test_one_that_is_not_there(self, monkeypatch):
        monkeypatch.setattr(plugged.sys, "platform", "linux")
        with pytest.raises(SourceLostError, match="found no /dev/video63; plug it in, or choose"):
            open_source(PluggedCamera(63), Decoder())
