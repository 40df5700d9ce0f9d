from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from emotion_core.datasets import open_dataset
from emotion_core.datasets.reading import image_folder
from emotion_core.datasets.reading.image_folder import list_pictures
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.faces.pictures.images import PICTURE_SUFFIXES, encode_png


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def write(folder):
    def write_picture(name, picture):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), picture)

    return write_picture


def read(folder, **options):
    return open_dataset(folder, use_cache=False, **options)


def refusal(folder, **options):
    with pytest.raises(DatasetError) as caught:
        read(folder, **options)
    return str(caught.value)


def test_kaggles_folder(folder, write, faces):
    # Kaggle's copy keeps both test splits in one folder; the file names tell them apart.
    write("train/angry/Training_3908.png", faces[0])
    write("test/happy/PrivateTest_1.png", faces[1])
    write("test/sad/PublicTest_2.png", faces[2])
    dataset = read(folder)
    assert dataset.name == "archive"
    assert [EMOTIONS[label] for label in dataset.labels] == ["happy", "sad", "angry"]
    assert dataset.splits.tolist() == [2, 1, 0]
    assert dataset.rows.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(dataset.images, faces[[1, 2, 0]])


@pytest.mark.parametrize(
    ("name", "split", "emotion"),
    [
        ("train/happy/1.png", 0, "happy"),
        ("images/Train/Happiness/1.png", 0, "happy"),
        ("training/surprised/1.bmp", 0, "surprise"),
        ("val/anger/1.png", 1, "angry"),
        ("validation/fearful/1.png", 1, "fear"),
        ("test/NEUTRAL/1.PNG", 2, "neutral"),
        ("PublicTest/disgusted/1.png", 1, "disgust"),
        ("PrivateTest/sadness/1.png", 2, "sad"),
        ("test/train/sad/1.png", 0, "sad"),  # the folder nearest to the picture
        ("test/sad/Training_1.png", 0, "sad"),  # the name before the folder
        ("sad/1.png", 0, "sad"),  # no split told
    ],
)
def test_names_of_splits_and_classes(folder, write, faces, name, split, emotion):
    write(name, faces[0])
    dataset = read(folder)
    assert (dataset.splits[0], EMOTIONS[dataset.labels[0]]) == (split, emotion)


def test_one_split_of_it(folder, write, faces):
    write("test/happy/1.png", faces[0])
    write("train/happy/1.png", faces[0])
    assert read(folder / "test").splits.tolist() == [2]


def test_formats_and_colour(folder, write, faces):
    write("train/sad/1.png", cv2.cvtColor(faces[0], cv2.COLOR_GRAY2BGR))
    write("train/sad/2.pgm", faces[0])
    flat = np.full((48, 48), 77, np.uint8)
    write("train/sad/3.jpg", flat)
    dataset = read(folder)
    np.testing.assert_array_equal(dataset.images, [faces[0], faces[0], flat])


def test_other_files_are_passed_over(folder, write, faces):
    write("train/sad/1.png", faces[0])
    (folder / "train" / "sad" / "Thumbs.db").write_bytes(b"\0")
    (folder / "train" / "sad" / "._1.png").write_bytes(b"\0")
    (folder / "README.txt").write_text("hello")
    assert len(read(folder)) == 1


@pytest.mark.parametrize("ending", [*sorted(PICTURE_SUFFIXES), ".JFIF", ".TIF"])
def test_every_ending_of_a_picture(folder, write, faces, ending):
    write("train/sad/1.png", faces[0])
    (folder / "train" / "sad" / f"2{ending}").write_bytes(encode_png(faces[1]))
    np.testing.assert_array_equal(read(folder).images, faces[:2])


def test_endings_that_people_have():
    expected = {".jfif", ".jpe", ".gif", ".avif", ".jp2", ".pnm", ".ppm", ".webp", ".tiff"}
    assert expected <= set(PICTURE_SUFFIXES)


@pytest.mark.parametrize("ending", [".gif", ".avif", ".jp2", ".pnm", ".ppm", ".ras", ".webp"])
def test_formats_in_colour(folder, write, ending):
    write(f"train/sad/1{ending}", np.full((48, 48, 3), 77, np.uint8))
    # OpenCV writes GIF files with few colours.
    assert abs(read(folder).images.mean() - 77) <= (8 if ending == ".gif" else 1)


def test_files_among_the_faces_that_are_none_are_counted(folder, write, faces):
    write("train/sad/1.png", faces[0])
    for name in ("2.heic", "3.HEIC", "notes", "Thumbs.db"):
        (folder / "train" / "sad" / name).write_bytes(b"")
    assert read(folder).notes == (
        "skipped 3 files in class folders that are not pictures it can read "
        "(2 .heic, 1 without an ending); convert them to PNG if they are faces",
    )


def test_larger_squares_are_scaled_and_it_is_said(folder, write, faces):
    write("train/sad/1.png", faces[0])
    write("train/sad/2.png", faces[1].repeat(2, 0).repeat(2, 1))
    write("train/sad/3.png", np.full((100, 100), 7, np.uint8))
    dataset = open_dataset(folder)
    np.testing.assert_array_equal(dataset.images[:2], faces[:2])
    assert (dataset.images[2] == 7).all()
    assert dataset.notes == ("scaled 2 pictures to 48x48 pixels, from 96x96, 100x100",)
    assert open_dataset(folder).notes == dataset.notes  # from the cache
    write("train/sad/4.png", np.zeros((1025, 1025), np.uint8))
    assert "expected 48x48 pixels, found 1025x1025" in refusal(folder)


def test_a_huge_picture_is_refused_before_it_is_decoded(folder, write, faces, monkeypatch):
    write("train/happy/1.png", faces[0])
    content = BytesIO()
    Image.new("1", (20_000, 20_000)).save(content, "PNG")
    (folder / "train" / "happy" / "2.png").write_bytes(content.getvalue())
    decoded = []
    decode = image_folder.decode_gray
    monkeypatch.setattr(image_folder, "decode_gray", lambda c: decoded.append(c) or decode(c))
    assert "expected 48x48 pixels, found 20000x20000" in refusal(folder)
    assert len(decoded) == 1


def test_transparency_lies_on_white_and_floats_are_0_to_1(folder, write):
    write("train/sad/1.png", np.zeros((48, 48, 4), np.uint8))
    write("train/sad/2.tiff", np.full((48, 48), 0.5, np.float32))
    write("train/sad/3.png", np.full((48, 48), 257 * 9, np.uint16))
    assert read(folder).images[:, 0, 0].tolist() == [255, 128, 9]


def test_backslashes_for_folders(folder, write, faces):
    write("train\\happy\\1.png", faces[0])
    write("test\\sad\\2.png", faces[1])
    dataset = read(folder)
    assert [EMOTIONS[label] for label in dataset.labels] == ["sad", "happy"]
    assert dataset.splits.tolist() == [2, 0]


class TestLinks:
    @pytest.fixture
    def elsewhere(self, tmp_path, faces):
        for name in ("train/happy/1.png", "train/sad/2.png"):
            path = tmp_path / "elsewhere" / name
            path.parent.mkdir(parents=True)
            path.write_bytes(encode_png(faces[0]))
        return tmp_path / "elsewhere"

    def test_a_linked_split(self, folder, write, faces, elsewhere):
        write("test/happy/1.png", faces[0])
        (folder / "train").symlink_to(elsewhere / "train")
        assert read(folder).splits.tolist() == [2, 0, 0]

    def test_a_linked_class(self, folder, write, faces, elsewhere):
        write("test/happy/1.png", faces[0])
        (folder / "test" / "sad").symlink_to(elsewhere / "train" / "sad")
        dataset = read(folder)
        assert [EMOTIONS[label] for label in dataset.labels] == ["happy", "sad"]
        assert dataset.splits.tolist() == [2, 2]

    def test_loops_end_and_nothing_is_counted_twice(self, folder, write, faces):
        write("val/happy/1.png", faces[0])
        for link, target in (("val/up", ".."), ("again", "."), ("test", "val"), ("a", "val/happy")):
            (folder / link).symlink_to(target)
        assert read(folder).splits.tolist() == [1]

    @pytest.mark.parametrize("link", ["train", "val/happy/2.png"])
    def test_one_that_leads_nowhere(self, folder, write, faces, link):
        write("val/happy/1.png", faces[0])
        (folder / link).symlink_to("missing")
        assert refusal(folder) == (f"{folder / link}: cannot be read (No such file or directory)")


def test_bad_pictures_are_named(folder, write, faces):
    write("train/happy/1.png", np.zeros((64, 96), np.uint8))
    write("train/happy/2.png", faces[0])
    (folder / "train" / "happy" / "3.png").write_bytes(b"no picture")
    (folder / "train" / "happy" / "4.png").write_bytes(b"")
    write("train/contempt/5.png", faces[0])
    write("6.png", faces[0])
    assert refusal(folder) == (
        f"{folder}: 5 bad pictures (6.png, train/contempt/5.png, train/happy/1.png, "
        "train/happy/3.png, train/happy/4.png): expected a class folder of angry, disgust, fear, "
        "happy, sad, surprise, neutral, found '' in picture 6.png; "
        "fix the file, or skip bad rows (--skip-bad-rows)"
    )
    kept = read(folder, skip_bad_rows=True)
    assert kept.dropped_rows == 5
    assert kept.rows.tolist() == [3]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (np.zeros((64, 96), np.uint8), "expected 48x48 pixels, found 96x64"),
        (b"no picture", "expected a picture, found one that cannot be decoded"),
        (b"", "expected a picture, found one that cannot be decoded"),
    ],
)
def test_reasons(folder, write, content, reason):
    write("train/happy/1.png", np.zeros((48, 48), np.uint8))
    if isinstance(content, bytes):
        (folder / "train" / "happy" / "2.png").write_bytes(content)
    else:
        write("train/happy/2.png", content)
    assert f"1 bad picture (train/happy/2.png): {reason};" in refusal(folder)


def test_a_picture_cut_in_the_middle(folder, write, faces):
    write("train/happy/1.png", faces[0])
    path = folder / "train" / "happy" / "1.png"
    path.write_bytes(path.read_bytes()[:400])
    assert "train/happy/1.png" in refusal(folder)


def test_no_pictures(folder):
    folder.mkdir()
    assert refusal(folder) == (
        f"{folder}: expected pictures in folders by split and class, such as train/happy/face.png, "
        "or fer2013.csv; found neither"
    )


def test_nothing_left(folder, write):
    write("train/happy/1.png", np.zeros((9, 9), np.uint8))
    assert refusal(folder, skip_bad_rows=True) == (
        f"{folder}: expected at least one good picture, found 1 bad ones; "
        "picture train/happy/1.png: expected 48x48 pixels, found 9x9"
    )


def test_a_folder_that_cannot_be_listed(tmp_path):
    with pytest.raises(DatasetError, match="missing: cannot be read"):
        list_pictures(tmp_path / "missing")


def test_votes_need_rows(folder, write, faces, write_lines, vote_lines):
    write("train/happy/1.png", faces[0])
    votes = write_lines(vote_lines, "fer2013new.csv")
    assert refusal(folder, votes_path=votes) == (
        f"{folder}: expected a CSV file to join fer2013new.csv to by row, found a dataset without "
        "rows; leave the votes out, or give fer2013.csv"
    )
