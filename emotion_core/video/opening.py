"""Opens what `emotion_core.video.sources` describes and hands out its frames, one by one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import av

from emotion_core.video.apart import Decoder
from emotion_core.video.plugged import PluggedVideo
from emotion_core.video.sources import PluggedCamera, VideoSource


class OpenVideo(Protocol):
    """A source while it is being read.

    Attributes:
        paced: Whether the frames' times tell when to show them; else they come when they are due.
        complaint: What was wrong with a video that was read to its end all the same, or "".
    """

    paced: bool
    complaint: str

    def frames(self) -> Iterator[av.VideoFrame | None]:
        """Yield the frames, and None now and then so that the reader can look up.

        Raises:
            SourceError: nothing more can be read.
        """


def open_source(source: VideoSource, decoder: Decoder) -> AbstractContextManager[OpenVideo]:
    """Return the opened source; leaving the context closes it.

    Args:
        source: what to open.
        decoder: the process that opens files and network cameras. A camera of this machine, which
            is nobody's file, is read here.

    Raises:
        SourceLostError: a camera does not answer.
        SourceError: there is no video.
    """
    if isinstance(source, PluggedCamera):
        return contextlib.closing(PluggedVideo(source))
    return decoder.open(source)
