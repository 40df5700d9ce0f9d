"""The ways to find faces that users choose from: Haar cascades, BlazeFace, or both."""

from __future__ import annotations

from typing import Final

from emotion_core.errors import ModelError
from emotion_core.faces.blazeface.detector import BlazeFaceDetector, TwoDetectors
from emotion_core.faces.blazeface.finder import BlazeFaceFinder, TwoFinders
from emotion_core.faces.blazeface.network import is_installed
from emotion_core.faces.detectors import PHOTO_SETTINGS, FaceDetector, HaarFaceDetector
from emotion_core.faces.search import FaceFinder, HaarFaceFinder

HAAR: Final = "haar"
BOTH: Final = "haar+blazeface"
BLAZEFACE: Final = "blazeface"

#: Every choice: its name on the command line, and what pages call it.
FINDERS: Final = {
    HAAR: "Haar cascades",
    BOTH: "Haar cascades and BlazeFace",
    BLAZEFACE: "BlazeFace",
}


#: What each does with photos and with live video, as measured (docs/live.md), to choose by.
PHOTO_FIGURES: Final = {
    HAAR: "44% of small faces, 0.7 s a photo",
    BOTH: "79% of small faces, 0.9 s a photo",
    BLAZEFACE: "78% of small faces, 0.4 s a photo",
}
LIVE_FIGURES: Final = {
    HAAR: "49 to 100% of turned heads, 6.3 ms a frame",
    BOTH: "all turned heads, 5.4 ms a frame",
    BLAZEFACE: "all turned heads, 5.7 ms a frame",
}


def available_finders() -> tuple[str, ...]:
    """Return the names of `FINDERS` that can be used: Haar alone where BlazeFace is missing."""
    return tuple(FINDERS) if is_installed() else (HAAR,)


def usual_photo_finder() -> str:
    """Return the name of the finder for photos when nobody chooses: BlazeFace where it is."""
    return BLAZEFACE if is_installed() else HAAR


def photo_finder(name: str) -> FaceDetector:
    """Return a new finder for single pictures; not thread-safe.

    Args:
        name: one of `FINDERS`.

    Raises:
        ModelError: there is none of this name, or BlazeFace is missing.
    """
    _check(name)
    if name == HAAR:
        return HaarFaceDetector(PHOTO_SETTINGS)
    return BlazeFaceDetector() if name == BLAZEFACE else TwoDetectors()


def live_finder(name: str) -> FaceFinder:
    """Return a new finder for live video; see `photo_finder`."""
    _check(name)
    if name == HAAR:
        return HaarFaceFinder()
    return BlazeFaceFinder() if name == BLAZEFACE else TwoFinders()


def _check(name: str) -> None:
    if name not in FINDERS:
        raise ModelError(f"expected a way to find faces of {', '.join(FINDERS)}, found {name!r}")
