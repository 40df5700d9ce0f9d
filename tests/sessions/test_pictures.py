"""Faces cut from the video of a session."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading, PersonReading
from emotion_core.sessions.header import VIDEO_KEY, read_header, write_header
from emotion_core.sessions.pictures import cutting
from emotion_core.sessions.pictures.choosing import least_certain, worth_a_picture
from emotion_core.sessions.pictures.cutting import face_pictures, video_of
from emotion_core.sessions.storage import Session, delete_session, open_session
from emotion_core.sessions.tables import read_tables
from emotion_core.system.storage.folders import cache_dir
from tests.sessions.recordings import STARTED, start

SIZE = (96, 128)
#: Grey of the person at the left, and of the one at the right.
LEFT, RIGHT = 60, 200


def reading(x: int, happy: float) -> FaceReading:
    rest = (1 - happy) / 6
    return FaceReading(Box(x, 20, 48, 48), (rest, rest, rest, happy, rest, rest, rest))


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Seconds of two persons with video; the one at the right is read with less certainty."""
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    image = np.zeros((*SIZE, 3), np.uint8)
    image[20:68, 8:56], image[20:68, 72:120] = LEFT, RIGHT
    recorder = start(tmp_path / "sessions", with_video=True)
    for number in range(14):  # as many as the encoder lets wait
        faces = [
            PersonReading(1, 1, reading(8, 0.9)),
            PersonReading(2, 2, reading(72, 0.2 + number / 50)),
        ]
        recorder.record(STARTED + 0.5 + number / 5, faces, image)
    return recorder.stop()


def test_the_best_faces_of_each_and_the_least_certain_of_all(session):
    frames, faces = read_tables(session.folder)
    places = worth_a_picture(frames, faces)
    assert [place.seconds for place in places] == sorted(place.seconds for place in places)
    assert {place.track for place in places} == {1, 2}
    assert 12 <= len(places) <= 16
    first = faces.loc[least_certain(faces, 24)[0]]
    assert (first["person"], first["seconds"]) == (2, 0.5)
    (place,) = [each for each in places if (each.track, each.seconds) == (2, 0.5)]
    assert (place.box, place.frame_size) == (Box(72, 20, 48, 48), (128, 96))


def test_faces_are_cut_once_and_go_with_the_session(session, monkeypatch):
    shares: list[float] = []
    pictures = face_pictures(session, shares.append)
    assert shares[0] == 0.0
    assert len(pictures) >= 12
    for (_, track), picture in pictures.items():
        assert picture.image.shape == (112, 112, 3)
        assert picture.crop.mean() == pytest.approx(LEFT if track == 1 else RIGHT, abs=12)
    with monkeypatch.context() as patch:
        patch.setattr(cutting, "cut_faces", lambda *_: pytest.fail("cut again"))
        again = face_pictures(session, shares.append)
    assert again.keys() == pictures.keys()
    kept = list((cache_dir() / "session_faces").iterdir())
    assert len(kept) == 1
    delete_session(session.folder.parent, session.id)
    assert list((cache_dir() / "session_faces").iterdir()) == []


def test_nothing_is_kept_of_a_session_that_is_deleted_meanwhile(session, monkeypatch):
    cut = cutting.cut_faces

    def cut_and_delete(*arguments):
        pictures = cut(*arguments)
        delete_session(session.folder.parent, session.id)
        return pictures

    monkeypatch.setattr(cutting, "cut_faces", cut_and_delete)
    assert face_pictures(session, lambda _: None)
    assert list((cache_dir() / "session_faces").iterdir()) == []


def test_a_live_sessions_video_has_nothing_drawn_on_it(session):
    found = video_of(session)
    assert (found.file.name, found.start, found.drawn_on) == ("video.mp4", 0.5, False)


def test_the_file_that_was_read_comes_before_what_was_drawn_on(session, tmp_path):
    film = tmp_path / "film.mp4"
    film.write_bytes(session.video.read_bytes())
    told = {VIDEO_KEY: {"name": "film.mp4", "path": str(film), "key": ""}}
    header = read_header(session.folder)
    description = replace(header.description, settings=told)
    write_header(session.folder, replace(header, description=description, plain_video=False))
    session = open_session(session.folder)
    os.utime(film, (0, 0))
    found = video_of(session)
    assert (found.file.name, found.start, found.drawn_on) == ("film.mp4", 0.0, False)
    os.utime(film)  # changed since it was read
    later = (session.folder / "frames.csv").stat().st_mtime + 10
    os.utime(film, (later, later))
    assert video_of(session).drawn_on
    film.unlink()
    found = video_of(session)
    assert (found.drawn_on, found.start) == (True, 0.5)


def test_without_a_video_there_are_no_pictures(session):
    session.video.unlink()
    assert video_of(session) is None
    assert face_pictures(session, lambda _: None) == {}
