"""What to tell people when a video or a camera cannot be played: expected, found, what to do."""

from __future__ import annotations

import errno
import re
import socket
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import av

from emotion_core.errors import SourceError, SourceLostError, UnknownNameError
from emotion_core.system.storage.files import open_regular
from emotion_core.video.sources import NetworkCamera, VideoFile

#: How long a camera may take to answer, and to send its next picture.
ANSWER_SECONDS: Final = 5.0

# How files begin that somebody may take for a video, what they are, and what to do with them.
_HEAD_BYTES: Final = 16
_PHOTO: Final = "open it on the page Photo"
_NO_VIDEOS: Final = {
    rb"(?s)RIFF....WEBP": ("a picture (WebP)", "convert one that moves to GIF or MP4"),
    rb"\x89PNG": ("a picture (PNG)", _PHOTO),
    rb"\xff\xd8\xff": ("a picture (JPEG)", _PHOTO),
    rb"\x1aE\xdf\xa3": ("no picture", "record or export it again"),  # Matroska
    rb"(?s)RIFF....WAVE|ID3|fLaC": ("sound", "choose a file with a picture"),
}

_NO_ROUTE: Final = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)


def unreadable(file: VideoFile, error: av.FFmpegError) -> SourceError:
    """Return what to tell of a file that could not be opened."""
    if isinstance(error, PermissionError):
        return SourceError(
            f"expected a video file, found that {file.name} may not be read; allow this program "
            "to read it"
        )
    found, advice = next(
        (told for pattern, told in _NO_VIDEOS.items() if re.match(pattern, _head_of(file))),
        ("something else", "choose another file (of an MP4, the end must not be missing)"),
    )
    return SourceError(
        f"expected a video such as MP4, MOV, MKV, WebM or AVI, found {found} in {file.name}; "
        f"{advice}"
    )


def _head_of(file: VideoFile) -> bytes:
    if isinstance(file.content, bytes):
        return file.content[:_HEAD_BYTES]
    try:
        with open_regular(Path(file.content)) as opened:
            return opened.read(_HEAD_BYTES)
    except OSError:
        return b""


def unreachable(camera: NetworkCamera, error: Exception, seconds: float) -> SourceError:
    """Return what to tell of a camera that could not be opened; only some of it ends the tries.

    Args:
        camera: which one.
        error: FFmpeg's, or Python's for an address that is none.
        seconds: how long it took.
    """
    parts = urlsplit(camera.address)
    if isinstance(error, (av.HTTPUnauthorizedError, av.HTTPForbiddenError)):
        # Some cameras lock an account after a few wrong passwords.
        return SourceError(
            f"expected a video from {camera.name}, found that it asks for another user name and "
            f"password; put them into the address: {parts.scheme}://NAME:PASSWORD@…"
        )
    found, advice = _no_connection(error, camera, seconds) or _no_video(error, camera)
    return SourceLostError(f"expected a video from {camera.name}, found {found}; {advice}")


def _no_connection(
    error: Exception, camera: NetworkCamera, seconds: float
) -> tuple[str, str] | None:
    """Return what was found and what to do where nobody was reached; None where somebody was."""
    parts = urlsplit(camera.address)
    port = camera.port
    if isinstance(error, ConnectionRefusedError):
        return (
            f"nobody answering at {parts.hostname}, port {port}",
            "check whether the camera is on, and whether host and port are right",
        )
    if isinstance(error, PermissionError):
        return (
            f"that this machine does not let the app connect to {parts.hostname}",
            "allow it in the firewall",
        )
    code = error.errno if isinstance(error, OSError) else None
    if code in _NO_ROUTE:
        return (
            f"no way to {parts.hostname} through the network",
            "check whether the camera is on and in the same network",
        )
    # FFmpeg has no error of its own for a name that nobody knows.
    if isinstance(error, UnknownNameError) or (
        code == errno.EIO and not _known(parts.hostname or "")
    ):
        return (
            f"no machine called {parts.hostname}",
            "check whether the name is right, or use the camera's number address",
        )
    late = seconds > 0.9 * ANSWER_SECONDS
    if isinstance(error, (av.ExitError, TimeoutError)) or late:
        return (
            f"no answer within {ANSWER_SECONDS:.0f} s",
            "check whether the camera is on and in the same network",
        )
    return None


def _no_video(error: Exception, camera: NetworkCamera) -> tuple[str, str]:
    """Return what was found at a machine that was reached, and what to do."""
    parts = urlsplit(camera.address)
    where = f"{parts.hostname}, port {camera.port}"
    if isinstance(error, (av.HTTPClientError, av.HTTPServerError)):
        return (
            f"that it refuses ({error.strerror})",
            "check whether the part of the address behind the host is right",
        )
    if isinstance(error, (EOFError, ConnectionError)):
        return (
            f"that {where} breaks off the connection",
            "check whether the port is right, and whether the camera is busy with other viewers",
        )
    unread = isinstance(error, av.InvalidDataError) or (
        isinstance(error, OSError) and error.errno == errno.EIO
    )
    if unread and parts.scheme in ("https", "rtsps"):
        return (
            f"no video behind an encrypted connection at {where}",
            f"if the camera does not encrypt, begin the address with {parts.scheme[:-1]}://",
        )
    if unread and parts.scheme == "rtsp":
        return (
            f"that {where} does not speak RTSP",
            "check whether the port is right; some cameras have an http:// address instead",
        )
    if unread:
        return (
            "something else",
            "give the address of the video itself, not that of the camera's web page",
        )
    found = f"none ({error.strerror})" if isinstance(error, av.FFmpegError) else "none"
    return found, "check whether the camera is on, and whether the address is right"


def lost(name: str, error: av.FFmpegError) -> SourceLostError:
    """Return what to tell of a stream that played and broke off."""
    if isinstance(error, (av.ExitError, TimeoutError)):
        found = f"that nothing has come for {ANSWER_SECONDS:.0f} s"
    else:
        found = f"that it broke off ({error.strerror})"
    return SourceLostError(
        f"expected more pictures from {name}, found {found}; check whether the camera is still on "
        "and in the network"
    )


def _known(host: str) -> bool:
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True
