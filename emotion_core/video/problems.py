"""What to tell people when a video or a camera cannot be played: expected, found, what to do."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import SplitResult, urlsplit

import av

from emotion_core.errors import SourceError, SourceLostError
from emotion_core.video.sources import NetworkCamera, VideoFile

#: How long a camera may take to answer, and to send its next picture.
ANSWER_SECONDS: Final = 5.0


def unreadable(file: VideoFile, error: av.FFmpegError) -> SourceError:
    """Return what to tell of a file that could not be opened."""
    if isinstance(error, PermissionError):
        return SourceError(
            f"expected a video file, found that {file.name} may not be read; allow this program "
            "to read it"
        )
    return SourceError(
        f"expected a video such as MP4, MOV, MKV, WebM or AVI, found something else in "
        f"{file.name}; choose another file (of an MP4, the end must not be missing)"
    )


def unreachable(camera: NetworkCamera, error: Exception, seconds: float) -> SourceError:
    """Return what to tell of a camera that could not be opened; only some of it ends the tries."""
    parts = urlsplit(camera.address)
    if isinstance(error, (av.HTTPUnauthorizedError, av.HTTPForbiddenError, PermissionError)):
        # Some cameras lock an account after a few wrong passwords.
        return SourceError(
            f"expected a video from {camera.name}, found that it asks for another user name and "
            f"password; put them into the address: {parts.scheme}://NAME:PASSWORD@…"
        )
    if isinstance(error, ConnectionRefusedError):
        found = f"nobody answering at {parts.hostname}, port {parts.port or _usual_port(parts)}"
        advice = "look whether the camera is on, and whether host and port are right"
    elif isinstance(error, (av.ExitError, TimeoutError)) or seconds > 0.9 * ANSWER_SECONDS:
        found = f"no answer within {ANSWER_SECONDS:.0f} s"
        advice = "look whether the camera is on and in the same network"
    elif isinstance(error, (av.HTTPClientError, av.HTTPServerError)):
        found = f"that it refuses ({error.strerror})"
        advice = "look whether the part of the address behind the host is right"
    elif not _known(parts.hostname or ""):
        found = f"no machine called {parts.hostname}"
        advice = "look whether the name is right, or use the camera's number address"
    else:
        found = f"none ({error.strerror})" if isinstance(error, OSError) else "none"
        advice = "give the address of the video itself, not that of the camera's web page"
    return SourceLostError(f"expected a video from {camera.name}, found {found}; {advice}")


def lost(name: str, error: av.FFmpegError) -> SourceLostError:
    """Return what to tell of a stream that played and broke off."""
    if isinstance(error, (av.ExitError, TimeoutError)):
        found = f"that nothing has come for {ANSWER_SECONDS:.0f} s"
    else:
        found = f"that it broke off ({error.strerror})"
    return SourceLostError(
        f"expected more pictures from {name}, found {found}; look whether the camera is still on "
        "and in the network"
    )


def _known(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def _usual_port(parts: SplitResult) -> int:
    return {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}[parts.scheme]
