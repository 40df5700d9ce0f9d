"""Reads pictures in threads of its own, each with its own networks, while the event loop goes on.

The event loop carries everybody's video; these threads give way to it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emotion_core.errors import EmotionCoreError
from emotion_core.faces.drawing import draw_faces
from emotion_core.faces.finding.finders import photo_finder
from emotion_core.faces.pictures.apart import read_image_apart
from emotion_core.faces.pictures.images import encode_jpeg, encode_png
from emotion_core.faces.readings import EmotionDetector, FaceReading, face_json
from emotion_core.models.in_use import ModelInUse, model_in_use
from emotion_core.models.views import view_of
from emotion_core.system.native import quiet_native_libraries
from emotion_core.system.processes.serving import let_thread_give_way
from emotion_core.system.storage.persons import for_same_person

#: Pictures that are read at a time.
AT_A_TIME: Final = 2
#: Pictures that may wait besides; a request that brings more is asked to come back.
MOST_WAITING: Final = 200


@dataclass(frozen=True)
class Sent:
    """A picture as it was sent.

    Attributes:
        name: of its file.
        content: of it.
    """

    name: str
    content: bytes


@dataclass(frozen=True)
class Wish:
    """How pictures are to be read.

    Attributes:
        finder: one of ``finders.FINDERS``; None is the usual one.
        thorough: whether the picture is searched as the command line does it; else one look at the
            whole picture has to do, where that finds a face.
        careful: whether each face is read in the mirror, too.
        annotated: the format of the picture with its faces framed, "jpeg" or "png"; None: no
            picture is wanted.
    """

    finder: str | None = None
    thorough: bool = False
    careful: bool = True
    annotated: str | None = None


@dataclass(frozen=True)
class Read:
    """What was read of a picture.

    Attributes:
        photo: as ``faces.json`` of the command line has it, and the model's name.
        picture: with its faces framed, if it was wanted.
    """

    photo: dict[str, Any]
    picture: bytes = b""


class BusyError(Exception):
    """More pictures wait than may."""


class PictureReaders:
    """Reads pictures, some at a time and the others in their order."""

    def __init__(self, at_a_time: int = AT_A_TIME, most_waiting: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(at_a_time, "api-pictures", initializer=let_thread_give_way)
        self._most = at_a_time + most_waiting
        self._lock = threading.Lock()
        self._under_way = 0
        self._own = threading.local()

    async def read(self, pictures: Sequence[Sent], wish: Wish) -> list[Read | EmotionCoreError]:
        """Return what was read of each picture, or why it cannot be read.

        Raises:
            BusyError: too many wait; none of these is read.
        """
        with self._lock:
            if self._under_way + len(pictures) > self._most:
                raise BusyError
            self._under_way += len(pictures)
        read = for_same_person(self._read)
        futures = [self._pool.submit(read, picture, wish) for picture in pictures]
        for future in futures:
            future.add_done_callback(self._end)
        waited = (asyncio.wrap_future(future) for future in futures)
        return list(await asyncio.gather(*waited))

    def _end(self, _: Future[Any]) -> None:
        with self._lock:
            self._under_way -= 1

    def _read(self, picture: Sent, wish: Wish) -> Read | EmotionCoreError:
        try:
            return self._read_or_raise(picture, wish)
        except EmotionCoreError as error:
            return error

    def _read_or_raise(self, picture: Sent, wish: Wish) -> Read:
        in_use = model_in_use()
        image = read_image_apart(picture.content, picture.name)
        faces: list[FaceReading] = []
        if not wish.thorough:
            faces = self._detector(in_use, wish, quick=True).detect(image, careful=wish.careful)
        if not faces:
            faces = self._detector(in_use, wish, quick=False).detect(image, careful=wish.careful)
        photo = {
            "file": picture.name,
            "width": image.shape[1],
            "height": image.shape[0],
            "model": in_use.name,
            "view": view_of(careful=wish.careful),
            "faces": [face_json(number, face) for number, face in enumerate(faces, start=1)],
        }
        return Read(photo, _drawn(image, faces, wish.annotated))

    def _detector(self, in_use: ModelInUse, wish: Wish, *, quick: bool) -> EmotionDetector:
        """Return this thread's own detector with the model in use."""
        if getattr(self._own, "version", None) != in_use.version:
            self._own.version, self._own.detectors = in_use.version, {}
        detectors: dict[tuple[str | None, bool], EmotionDetector] = self._own.detectors
        key = wish.finder, quick
        if key not in detectors:
            with _loading, quiet_native_libraries():
                finder = photo_finder(wish.finder, quick=quick)
                detectors[key] = EmotionDetector.load(in_use.folder, finder)
        return detectors[key]


# What native libraries write while they load is discarded for the whole process: see ``native``.
_loading: Final = threading.Lock()

#: Those of this process.
READERS: Final = PictureReaders()


def _drawn(image: NDArray[np.uint8], faces: Sequence[FaceReading], form: str | None) -> bytes:
    if form is None:
        return b""
    drawn = draw_faces(image, faces)
    return encode_png(drawn) if form == "png" else encode_jpeg(drawn)
