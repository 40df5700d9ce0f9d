"""Where video comes from besides a viewer's own camera: files, network cameras, plugged-in ones.

`emotion_core.video.opening` opens what is described here, `emotion_core.video.reader` plays it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from emotion_core.access.reach.rules import Rule
from emotion_core.errors import SourceError
from emotion_core.system.storage.folders import typed_path

#: How names of videos end, in lower case. A GIF is a picture.
VIDEO_SUFFIXES: Final = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg",
    ".ogv", ".flv", ".wmv", ".asf", ".3gp", ".3g2", ".mjpeg", ".mjpg",
)  # fmt: skip
#: What network cameras speak.
SCHEMES: Final = ("rtsp", "rtsps", "http", "https")
_USUAL_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


@dataclass(frozen=True)
class VideoFile:
    """A video file on this machine, or the content of one.

    Attributes:
        name: What to call it.
        content: Where it is, or all its bytes. It is there as long as this object, whoever made it.
    """

    name: str
    content: os.PathLike[str] | bytes = field(repr=False)

    @classmethod
    def at(cls, path: str | Path) -> VideoFile:
        """Return the file at ``path``; ``~`` is the home folder."""
        return cls(Path(path).name, typed_path(path))


@dataclass(frozen=True)
class FileFacts:
    """What the header of a video file says.

    Attributes:
        origin: the time that its frames' times count from, in seconds.
        seconds: how long it is, if known.
        rate: frames a second, on average, if known.
        filmed: when it was filmed, in words of whoever wrote the file, if known.
        indexed: whether one can go to a place in it without decoding all that is before.
    """

    origin: float = 0.0
    seconds: float | None = None
    rate: float | None = None
    filmed: str | None = None
    indexed: bool = True


@dataclass(frozen=True)
class NetworkCamera:
    """A camera, or a video, at an RTSP or HTTP address.

    Attributes:
        address: The address; user name and password may be part of it and are never shown.
        rule: Judges what is connected to, at first and wherever that leads on to; None: whoever
            named the address may reach what this machine can.

    Raises:
        SourceError: this is no such address.
    """

    address: str = field(repr=False)
    rule: Rule | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = _split(self.address)
        if parts is None or parts.scheme not in SCHEMES or not parts.hostname:
            raise SourceError(
                "expected an address such as rtsp://192.168.1.20/stream or "
                f"http://192.168.1.20/video, found {_shorten(self.address)}; the camera's manual "
                "names its own"
            )

    @property
    def port(self) -> int:
        """The port, its protocol's own where the address says nothing."""
        parts = urlsplit(self.address)
        return parts.port or _USUAL_PORTS[parts.scheme]

    @property
    def name(self) -> str:
        """The address without user name, password and query, which often holds a password too."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True)
class PluggedCamera:
    """A camera plugged into this machine.

    Attributes:
        index: Its number, 0 for the first.
    """

    index: int = 0

    @property
    def name(self) -> str:
        """What to call it."""
        return f"camera {self.index} of this machine"


VideoSource: TypeAlias = VideoFile | NetworkCamera | PluggedCamera


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises when it is no number
    except ValueError:
        return None
    return parts


def _shorten(address: str) -> str:
    """Return an address that is none, without what may be a password, in a bounded length."""
    shown = address.rpartition("@")[2].partition("?")[0]
    return repr(shown if len(shown) <= 60 else shown[:59] + "…") if shown else "nothing"
