"""A session of photos, without any photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from emotion_core.sessions.header import PHOTOS_KEY, read_header, write_header
from emotion_core.sessions.photos.table import Photo, write_photos
from emotion_core.sessions.storage import Session, open_session
from tests.sessions.recordings import IMAGE, STARTED, face, start

PHOTOS = (Photo(1, "a.jpg"), Photo(2, "=1+1.jpg"), Photo(3, "c.jpg", problem="no photo"))


def photo_session(parent: Path) -> Session:
    """Return a session of three photos: a face, none, and one that could not be read."""
    recorder = start(parent)
    recorder.record(STARTED, [face(None, "happy", 1)], IMAGE)
    recorder.record(STARTED + 1, [], IMAGE)
    folder = recorder.stop().folder
    write_photos(folder, PHOTOS)
    header = read_header(folder)
    settings = header.description.settings | {PHOTOS_KEY: {"name": "holiday"}}
    description = replace(header.description, settings=settings)
    write_header(folder, replace(header, description=description, name="holiday", dropped=1))
    return open_session(folder)
