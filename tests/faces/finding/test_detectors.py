"""Where the faces are, and how they are cropped."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import skimage.data

from emotion_core.errors import ModelError
from emotion_core.faces.boxes import Box, intersection_over_union
from emotion_core.faces.finding.detectors import (
    FRONTAL_SETTINGS,
    PHOTO_SETTINGS,
    YUNET_VARIABLE,
    HaarFaceDetector,
    HaarSettings,
    Search,
    YuNetFaceDetector,
)
from emotion_core.faces.readings import EmotionDetector
from emotion_core.live.reader import LiveFaceReader

#: Where the face is in skimage.data.astronaut(), 512 x 512, by eye.
ASTRONAUT_FACE = Box(174, 64, 98, 98)


@pytest.fixture(scope="module")
def live() -> HaarFaceDetector:
    return HaarFaceDetector(FRONTAL_SETTINGS)


@pytest.fixture(scope="module")
def photo() -> HaarFaceDetector:
    return HaarFaceDetector(PHOTO_SETTINGS)


def is_found(face: Box, boxes: list[Box]) -> bool:
    return any(intersection_over_union(face, box) > 0.5 for box in boxes)


@pytest.mark.parametrize("settings", [FRONTAL_SETTINGS, PHOTO_SETTINGS])
def test_one_face(astronaut: np.ndarray, settings: HaarSettings) -> None:
    boxes = HaarFaceDetector(settings).detect(astronaut)
    assert len(boxes) == 1
    assert is_found(ASTRONAUT_FACE, boxes)


def test_gray_and_color_give_the_same(astronaut: np.ndarray, live: HaarFaceDetector) -> None:
    gray = cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY)
    assert live.detect(gray) == live.detect(astronaut)


def test_looking_twice_gives_the_same(astronaut: np.ndarray, photo: HaarFaceDetector) -> None:
    assert photo.detect(astronaut) == photo.detect(astronaut)


@pytest.mark.parametrize("factor", [0.5, 4.0])
def test_boxes_are_in_the_pictures_pixels(
    astronaut: np.ndarray, live: HaarFaceDetector, factor: float
) -> None:
    image = cv2.resize(astronaut, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    assert is_found(ASTRONAUT_FACE.scaled(factor), live.detect(image))


def test_dim_light(astronaut: np.ndarray, live: HaarFaceDetector) -> None:
    dim = (astronaut * 0.25 + 40).astype(np.uint8)
    assert is_found(ASTRONAUT_FACE, live.detect(dim))


@pytest.mark.parametrize("angle", [-40, -25, 25, 40])
def test_photo_finds_a_tilted_face(
    astronaut: np.ndarray, photo: HaarFaceDetector, angle: int
) -> None:
    center = ASTRONAUT_FACE.center
    matrix = cv2.getRotationMatrix2D(center, angle, 1.0)
    tilted = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    assert is_found(ASTRONAUT_FACE, photo.detect(tilted))


def test_largest_face_comes_first(astronaut: np.ndarray, photo: HaarFaceDetector) -> None:
    image = np.full((512, 1024, 3), 128, np.uint8)
    image[256:, :256] = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    image[:, 512:] = astronaut
    boxes = photo.detect(image)
    assert len(boxes) == 2
    assert is_found(Box(686, 64, 98, 98), boxes[:1])
    assert is_found(Box(87, 256 + 32, 49, 49), boxes[1:])


@pytest.mark.parametrize("name", ["brick", "coffee", "chelsea", "grass", "rocket", "text"])
def test_nothing_is_taken_for_a_face(
    name: str, live: HaarFaceDetector, photo: HaarFaceDetector
) -> None:
    image = getattr(skimage.data, name)()
    assert live.detect(image) == []
    assert photo.detect(image) == []


def test_second_look_drops_what_only_one_cascade_takes_for_a_face() -> None:
    image = skimage.data.chelsea()
    first_look = replace(PHOTO_SETTINGS, confirming_votes=0)
    assert HaarFaceDetector(first_look).detect(image) != []
    assert HaarFaceDetector(PHOTO_SETTINGS).detect(image) == []


@pytest.mark.parametrize("settings", [FRONTAL_SETTINGS, PHOTO_SETTINGS])
@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (7, 5), (30, 30), (24, 3000)])
def test_degenerate_pictures(settings: HaarSettings, shape: tuple[int, int]) -> None:
    assert HaarFaceDetector(settings).detect(np.zeros(shape, np.uint8)) == []


def test_search_for_large_faces_only(astronaut: np.ndarray) -> None:
    large = HaarSettings((Search(smallest_face=0.4),))
    assert HaarFaceDetector(large).detect(astronaut) == []
    small = HaarSettings((Search(smallest_face=0.04, largest_face=0.1),))
    assert not is_found(ASTRONAUT_FACE, HaarFaceDetector(small).detect(astronaut))


@pytest.fixture
def yunet_file(tmp_path: Path) -> Path:
    file = tmp_path / "yunet.onnx"
    file.write_bytes(b"no network")
    return file


def test_a_file_that_is_no_yunet_model_is_refused(yunet_file: Path, capfd) -> None:
    with pytest.raises(ModelError, match="found one that OpenCV cannot read"):
        YuNetFaceDetector(yunet_file)
    with pytest.raises(ModelError, match="found no such file"):
        YuNetFaceDetector(yunet_file.with_name("other.onnx"))
    capfd.readouterr()  # OpenCV's own complaint


@pytest.mark.parametrize("shape", [(120, 160), (120, 160, 3)])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (None, []),
        (
            [[10.4, 20.2, 30.0, 40.0, *[0.0] * 10, 0.9], [0.0, 0.0, 59.6, 60.0, *[0.0] * 10, 0.8]],
            [Box(0, 0, 60, 60), Box(5, 20, 40, 40)],
        ),
    ],
)
def test_yunets_rows_become_square_boxes(
    yunet_file: Path, monkeypatch: pytest.MonkeyPatch, shape, rows, expected
) -> None:
    class Network:
        def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802 - OpenCV's name
            self.size = size

        def detect(self, image: np.ndarray) -> tuple[int, np.ndarray | None]:
            assert image.shape == (120, 160, 3)
            assert self.size == (160, 120)
            return 1, None if rows is None else np.float32(rows)

    monkeypatch.setattr(cv2, "FaceDetectorYN", SimpleNamespace(create=lambda *_, **__: Network()))
    assert YuNetFaceDetector(yunet_file).detect(np.zeros(shape, np.uint8)) == expected


def test_the_environment_names_yunets_file(
    yunet_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OneFace:
        def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802 - OpenCV's name
            self.size = size

        def detect(self, image: np.ndarray) -> tuple[int, np.ndarray]:
            side = image.shape[0] / 2
            return 1, np.float32([[side / 2, side / 2, side, side, *[0.0] * 10, 0.9]])

    monkeypatch.setattr(cv2, "FaceDetectorYN", SimpleNamespace(create=lambda *_, **__: OneFace()))
    nobody = np.random.default_rng(0).integers(0, 256, (240, 240, 3), np.uint8)
    monkeypatch.delenv(YUNET_VARIABLE, raising=False)
    assert EmotionDetector.load().detect(nobody) == []
    monkeypatch.setenv(YUNET_VARIABLE, str(yunet_file))
    (face,) = EmotionDetector.load().detect(nobody)
    assert face.box == Box(60, 60, 120, 120)
    reader = LiveFaceReader.load()
    faces = [reader.read(nobody, frame / 30, 0.5, 0.1) for frame in range(10)]
    assert intersection_over_union(faces[-1][0].box, face.box) > 0.9
    monkeypatch.setenv(YUNET_VARIABLE, "elsewhere.onnx")
    for load in (EmotionDetector.load, LiveFaceReader.load):
        with pytest.raises(ModelError, match="found no such file"):
            load()


@pytest.mark.parametrize("angle", [25.0, -25.0])
def test_photo_tells_how_far_a_face_is_tilted(
    astronaut: np.ndarray, photo: HaarFaceDetector, angle: float
) -> None:
    height, width = astronaut.shape[:2]
    matrix = cv2.getRotationMatrix2D((225, 130), -angle, 1.0)
    tilted = cv2.warpAffine(astronaut, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    box = photo.detect(tilted)[0]
    assert box.angle == pytest.approx(angle, abs=12)


#: Centres and sides of the faces in three frames of each clip, by eye.
FACES_IN_CLIPS = {
    "two-people-turning-heads.mp4": {
        0: [(190, 206, 140), (725, 191, 168)],
        12: [(125, 238, 150), (674, 207, 170)],
        48: [(120, 243, 150), (667, 216, 173)],
    },
    "people-walking-and-pausing.mp4": {
        0: [(230, 240, 85), (456, 212, 83), (647, 260, 105)],
        12: [(199, 226, 117), (455, 191, 115), (730, 259, 130)],
        36: [(160, 226, 127), (455, 196, 132), (752, 264, 125)],
    },
}


@pytest.mark.skipif(
    "EMOTION_TEST_MEDIA" not in os.environ, reason="EMOTION_TEST_MEDIA names no folder of videos"
)
@pytest.mark.parametrize("clip", FACES_IN_CLIPS)
def test_photo_finds_just_the_faces_in_real_videos(clip: str, photo: HaarFaceDetector) -> None:
    video = cv2.VideoCapture(str(Path(os.environ["EMOTION_TEST_MEDIA"]) / clip))
    for index, faces in FACES_IN_CLIPS[clip].items():
        video.set(cv2.CAP_PROP_POS_FRAMES, index)
        _, frame = video.read()
        expected = [Box(x - side // 2, y - side // 2, side, side) for x, y, side in faces]
        boxes = photo.detect(frame)
        assert len(boxes) == len(expected)
        for face in expected:
            assert is_found(face, boxes), f"frame {index}: no box at {face}, only {boxes}"


@pytest.mark.parametrize("shape", [(1, 60_000), (60_000, 1), (40, 1601), (1, 1)])
def test_a_strip_shows_no_face(shape):
    assert HaarFaceDetector(PHOTO_SETTINGS).detect(np.zeros(shape, np.uint8)) == []
