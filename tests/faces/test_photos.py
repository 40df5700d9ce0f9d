"""What people take home of photos: pictures, CSV and JSON."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import cv2
import numpy as np
import pandas
import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.faces.boxes import Box
from emotion_core.faces.photos import (
    PHOTO_COLUMNS,
    ReadPhoto,
    annotated,
    photos_json,
    photos_table,
    write_annotated,
)
from emotion_core.faces.readings import FaceReading
from emotion_core.system.tables import csv_of

HAPPY = (0.05, 0.01, 0.04, 0.72, 0.05, 0.03, 0.10)
LEFT = FaceReading(Box(40, 60, 80, 80), HAPPY)
RIGHT = FaceReading(Box(180, 60, 80, 80), HAPPY, certainty_threshold=0.9)


def photo(name: str, *faces: FaceReading) -> ReadPhoto:
    return ReadPhoto(name, 320, 240, "tiny", faces)


def test_rows_name_their_photo_and_model():
    table = photos_table([photo("a.jpg", LEFT, RIGHT), photo("wall.png"), photo("b.jpg", RIGHT)])
    read = pandas.read_csv(io.StringIO(csv_of(table)))
    assert tuple(read.columns) == PHOTO_COLUMNS
    assert read["file"].tolist() == ["a.jpg", "a.jpg", "b.jpg"]
    assert read["face"].tolist() == [1, 2, 1]
    assert set(read["model"]) == {"tiny"}
    assert set(read["view"]) == {"single"}
    assert read["answer"].tolist() == ["happy", "uncertain", "uncertain"]
    assert read[list(EMOTIONS)].sum(axis="columns").tolist() == pytest.approx([1.0] * 3)


def test_without_a_face_there_are_the_columns():
    assert tuple(photos_table([photo("wall.png")]).columns) == PHOTO_COLUMNS
    assert photos_table([]).empty


def test_columns_of_earlier_files_stay_where_they_were():
    assert PHOTO_COLUMNS[:8] == (
        *("face", "x", "y", "width", "height", "emotion", "confidence", "answer"),
    )


def test_json_of_one_photo_is_an_object_and_of_several_a_list():
    one = json.loads(photos_json([photo("a.jpg", LEFT)]))
    assert {key: one[key] for key in ("file", "width", "height", "model")} == {
        "file": "a.jpg",
        "width": 320,
        "height": 240,
        "model": "tiny",
    }
    assert one["faces"][0]["face"] == 1
    assert one["view"] == "single"
    careful = replace(photo("a.jpg", LEFT), view="mirrored")
    assert json.loads(photos_json([careful]))["view"] == "mirrored"
    several = json.loads(photos_json([photo("a.jpg", LEFT, RIGHT), photo("wall.png")]))
    assert [(entry["file"], len(entry["faces"])) for entry in several] == [
        ("a.jpg", 2),
        ("wall.png", 0),
    ]


def test_several_faces_are_numbered_on_the_picture():
    image = np.full((240, 320, 3), 128, np.uint8)
    alone, both = annotated(image, [LEFT]), annotated(image, [LEFT, RIGHT])
    assert (image == 128).all()
    beyond = np.s_[:60, : LEFT.box.x + 130]  # the label of the face at the left
    assert (alone[beyond] != both[beyond]).any()


def test_pictures_go_into_an_archive_under_names_of_their_own():
    shades = [10, 100, 200]
    photos = [photo("a.jpg", LEFT), photo("A.png", LEFT), photo("x" * 300 + ".png", LEFT)]
    file = io.BytesIO()
    write_annotated(photos, lambda place: np.full((240, 320, 3), shades[place], np.uint8), file)
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        corners = [
            int(cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), 0)[-1, -1])
            for name in names
        ]
    assert names[:2] == ["a-faces.png", "A-faces-2.png"]
    assert len(names[2]) <= 255
    assert names[2].endswith("-faces.png")
    assert corners == shades
