"""Faces cut from the video of a session, which strangers may have made: another process decodes it.

What was cut is kept in the cache, for nobody wants to wait twice, and goes with the session.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_core.emotions import FACE_SIZE
from emotion_core.errors import SourceError
from emotion_core.faces.boxes import Box
from emotion_core.faces.crops import crop_face
from emotion_core.faces.finding.haar import cut_out
from emotion_core.sessions.header import FRAMES_FILE, VIDEO_KEY
from emotion_core.sessions.pictures.choosing import FacePlace, worth_a_picture
from emotion_core.sessions.storage import Session, cache_source
from emotion_core.sessions.tables import read_tables
from emotion_core.system.progress import ShareProgress
from emotion_core.system.storage import disk_cache
from emotion_core.system.storage.disk_cache import CacheKey
from emotion_core.video.apart import Decoder
from emotion_core.video.frames import pictures_of
from emotion_core.video.sources import VideoFile

#: Side of a picture to look at, in pixels, and of what it shows, in boxes.
PICTURE_SIZE: Final = 112
_AROUND: Final = 1.25
#: Changed when the same session would give other pictures.
_VERSION: Final = 1
_FILE: Final = "faces.npz"
# Seconds. Faces that lie so close are read in one go; and a frame is the one of a row if its time
# differs by no more.
_ONE_GO: Final = 1.0
_SAME_TIME: Final = 0.05


@dataclass(frozen=True, eq=False)
class FacePicture:
    """A face as it was filmed.

    Attributes:
        image: uint8 ``[112, 112, 3]``, BGR, with a little around the box.
        crop: uint8 ``[48, 48]``, grey: what the model saw.
        sharpness: variance of the crop's second derivatives (Pech-Pacheco et al. 2000, "Diatom
            autofocusing in brightfield microscopy"): more is sharper.
    """

    image: NDArray[np.uint8]
    crop: NDArray[np.uint8]
    sharpness: float


#: By number of frame and track.
FacePictures = Mapping[tuple[int, int], FacePicture]


@dataclass(frozen=True)
class SessionVideo:
    """The video that a session's rows are about.

    Attributes:
        file: the video.
        start: time of the session at which the file's own times begin, in seconds.
        drawn_on: whether boxes and labels are drawn on it.
    """

    file: VideoFile
    start: float
    drawn_on: bool


def video_of(session: Session) -> SessionVideo | None:
    """Return the session's video; None where there is none.

    That is the file that was read, if it is still there and as it was then, and else what was kept
    with the session.
    """
    told = session.header.description.settings.get(VIDEO_KEY)
    if isinstance(told, dict) and isinstance(told.get("path"), str):
        path = Path(told["path"])
        try:
            same = path.stat().st_mtime <= (session.folder / FRAMES_FILE).stat().st_mtime
        except OSError:
            same = False
        if same and path.is_file():
            return SessionVideo(VideoFile(path.name, path), 0.0, drawn_on=False)
    return own_video_of(session)


def own_video_of(session: Session) -> SessionVideo | None:
    """Return the video that was kept with the session; None where there is none."""
    if session.video is None:
        return None
    start = 0.0 if session.header.video is None else session.header.video.start
    file = VideoFile(session.video.name, session.video)
    return SessionVideo(file, start, drawn_on=not session.header.plain_video)


def face_pictures(session: Session, progress: ShareProgress) -> FacePictures:
    """Return pictures of the best faces of each person and of the least certain ones.

    They are made once, and read from the cache from then on.

    Args:
        session: which one; without a video there is no picture.
        progress: called with the share that is done; what it raises comes out.

    Raises:
        SessionError: the session is damaged.
        SourceError: its video cannot be read.
    """
    video = video_of(session)
    if video is None or session.state == "recording":
        return {}
    key = CacheKey(
        "session_faces",
        _VERSION,
        cache_source(session.folder),
        (session.frames, *_state(video.file)),
    )
    found = disk_cache.load(key, _read)
    if found is not None:
        return found
    pictures = cut_faces(video, worth_a_picture(*read_tables(session.folder)), progress)
    disk_cache.store(
        key,
        lambda folder: _write(folder, pictures),
        _read,
        lost="Pictures of the faces of a session cannot be kept and will be cut again",
    )
    if not session.folder.is_dir():  # deleted meanwhile, with what was kept until then
        disk_cache.forget(key.kind, key.source)
    return pictures


def cut_faces(
    video: SessionVideo, places: Sequence[FacePlace], progress: ShareProgress
) -> dict[tuple[int, int], FacePicture]:
    """Return pictures of faces; those whose frame is not in the video are missing.

    Args:
        video: where they are seen.
        places: in order of time.
        progress: see `face_pictures`.

    Raises:
        SourceError: the video cannot be read.
    """
    pictures: dict[tuple[int, int], FacePicture] = {}
    groups = list(_in_one_go(places))
    with Decoder() as decoder:
        for done, group in enumerate(groups):
            progress(done / len(groups))
            pictures.update(_cut(decoder, video, group))
    return pictures


def _in_one_go(places: Sequence[FacePlace]) -> Iterator[list[FacePlace]]:
    group: list[FacePlace] = []
    for place in places:
        if group and place.seconds - group[-1].seconds > _ONE_GO:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _cut(
    decoder: Decoder, video: SessionVideo, places: Sequence[FacePlace]
) -> Iterator[tuple[tuple[int, int], FacePicture]]:
    """Yield the pictures of faces that follow each other closely."""
    wanted = {
        time: list(group)
        for time, group in itertools.groupby(places, lambda place: place.seconds - video.start)
    }
    first, last = min(wanted), max(wanted)
    with decoder.open(video.file, max(0.0, first - _SAME_TIME)) as opened:
        for frame in opened.frames():
            if frame is None or frame.pts is None:
                continue
            now = frame.time - opened.facts.origin
            if now > last + _SAME_TIME:
                return
            due = [time for time in wanted if time <= now + _SAME_TIME / 10]
            if not due:
                continue
            image, gray = pictures_of(frame)
            for time in due:
                for place in wanted.pop(time):
                    if now - time <= _SAME_TIME:
                        yield (place.frame, place.track), _picture(image, gray, place)
            if not wanted:
                return


def _picture(image: NDArray[np.uint8], gray: NDArray[np.uint8], place: FacePlace) -> FacePicture:
    # What is kept of a video may be smaller than what was read, by a row or a lot.
    scale = gray.shape[1] / place.frame_size[0]
    box = place.box.scaled(scale) if scale != 1 else place.box
    box = _within(box, gray.shape[1], gray.shape[0])
    crop = crop_face(gray, box)
    around = cut_out(image, box.to_square(_AROUND))
    size = (PICTURE_SIZE, PICTURE_SIZE)
    shown = np.asarray(cv2.resize(around, size, interpolation=cv2.INTER_AREA), np.uint8)
    sharpness = float(cv2.Laplacian(crop, cv2.CV_64F).var())
    return FacePicture(shown, crop, sharpness)


def _within(box: Box, width: int, height: int) -> Box:
    """Return a box that overlaps a picture, also where a damaged table has one that does not."""
    x = min(max(box.x, 1 - box.width), width - 1)
    y = min(max(box.y, 1 - box.height), height - 1)
    return Box(x, y, min(box.width, 4 * width), min(box.height, 4 * height))


def _state(file: VideoFile) -> tuple[int, int]:
    assert not isinstance(file.content, bytes)
    try:
        found = Path(file.content).stat()
    except OSError as error:
        raise SourceError(
            f"{file.name}: expected the video of the session, found that it cannot be read "
            f"({error.strerror}); was it deleted just now?"
        ) from error
    return found.st_size, found.st_mtime_ns


def _write(folder: Path, pictures: FacePictures) -> None:
    found = list(pictures.values())
    with (folder / _FILE).open("wb") as file:
        np.savez(
            file,
            places=np.array(list(pictures), np.int64).reshape(-1, 2),
            images=np.array([each.image for each in found], np.uint8),
            crops=np.array([each.crop for each in found], np.uint8),
            sharpness=np.array([each.sharpness for each in found], np.float64),
        )


def _read(folder: Path) -> dict[tuple[int, int], FacePicture]:
    with np.load(folder / _FILE, allow_pickle=False) as file:
        places, images = file["places"], file["images"]
        crops, sharpness = file["crops"], file["sharpness"]
    if len(images) and (
        images.shape[1:] != (PICTURE_SIZE, PICTURE_SIZE, 3)
        or crops.shape[1:] != (FACE_SIZE, FACE_SIZE)
    ):
        raise ValueError(f"pictures of shape {images.shape}")
    return {
        (int(frame), int(track)): FacePicture(image, crop, float(sharp))
        for (frame, track), image, crop, sharp in zip(places, images, crops, sharpness, strict=True)
    }
