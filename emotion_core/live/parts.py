"""What a live session needs of its parts: what reads frames, and what takes something of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import PersonReading
from emotion_core.live.reader import LiveFace
from emotion_core.live.snapshot import LiveSnapshot
from emotion_core.sessions.events import TriggerEvent


class FrameReader(Protocol):
    """What a live session needs of `emotion_core.live.reader.LiveFaceReader`."""

    def read(
        self,
        image: npt.NDArray[np.uint8],
        now: float,
        smoothing: float,
        smallest_face: float,
        coloured: npt.NDArray[np.uint8] | None = None,
    ) -> list[LiveFace]:
        """Return the faces in ``image`` (grey uint8 ``[height, width]``)."""

    def hidden_places(self) -> list[Box]:
        """Return where, in the newest frame, a face is or may be."""

    def reset(self) -> None:
        """Forget all faces."""

    def forget_persons(self) -> None:
        """Forget what everybody looks like; called from another thread than the others."""


class FrameRecorder(Protocol):
    """What a live session needs of `emotion_core.sessions.recorder.SessionRecorder`."""

    @property
    def with_video(self) -> bool:
        """Whether the pictures are kept as well."""

    def record(
        self,
        frame_time: float,
        readings: Sequence[PersonReading],
        image: npt.NDArray[np.uint8],
    ) -> None:
        """Hand one frame over; never waits and never raises."""

    def record_event(self, event: TriggerEvent) -> None:
        """Hand an event of the frame handed over before; never waits and never raises."""

    def request_stop(self) -> None:
        """Take no more frames."""


class EventSender(Protocol):
    """What a live session needs of `emotion_core.live.webhook.Webhook`."""

    def send(self, event: TriggerEvent) -> None:
        """Take an event; never waits."""


class MarkPublisher(Protocol):
    """What a live session needs of `emotion_core.live.lsl.publishing.LslPublisher`.

    Attributes:
        problem: why nothing is published any more; empty as long as all is well.
    """

    problem: str

    def mark(self, moment: float, label: str) -> None:
        """Take a mark at ``moment`` of the session's clock; never waits."""

    def close(self) -> None:
        """Publish nothing more."""


class FrameFeed(Protocol):
    """What a live session needs of `emotion_core.live.streams.registry.LiveStream`."""

    def publish(self, snapshot: LiveSnapshot) -> None:
        """Hand the state after a frame over; never waits and never raises."""

    def end(self) -> None:
        """Tell everybody who reads that the stream has ended; may be called twice."""
