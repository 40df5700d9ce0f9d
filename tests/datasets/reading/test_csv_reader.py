from __future__ import annotations

import re

import numpy as np
import pytest

from emotion_core.datasets import open_dataset
from emotion_core.datasets.reading.csv_reader import (
    _BATCH_LINES,
    PIXELS,
    RowError,
    parse_pixel_row,
    parse_pixels,
)
from emotion_core.errors import DatasetError


def read(path, **options):
    return open_dataset(path, use_cache=False, **options)


def refusal(path, **options):
    with pytest.raises(DatasetError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_official_file(write_lines, good_lines, faces):
    dataset = read(write_lines(good_lines))
    assert dataset.name == "fer2013.csv"
    np.testing.assert_array_equal(dataset.images, faces)
    assert dataset.images.dtype == np.uint8
    assert dataset.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert dataset.splits.tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert dataset.votes is None
    assert dataset.dropped_rows == 0


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("emotion, Usage, pixels", "{label},{split},{pixels}"),  # icml_face_data.csv
        ("PIXELS,Emotion,usage", "{pixels},{label},{split}"),
        ('"emotion","pixels","Usage"', '"{label}","{pixels}","{split}"'),
        ("emotion,pixels,Usage", "{label}, {pixels} , {split} "),
        ("\ufeffemotion,pixels,Usage", "{label},{pixels},{split}"),  # as Excel writes it
        ("id,emotion,pixels,Usage", "17,{label},{pixels},{split}"),
    ],
)
def test_other_column_names_orders_and_quotes(write_lines, faces, pixel_text, header, row, newline):
    lines = [header] + [
        row.format(label=label, split="PublicTest", pixels=pixel_text(face))
        for label, face in enumerate(faces)
    ]
    dataset = read(write_lines(lines, "icml_face_data.csv", newline))
    np.testing.assert_array_equal(dataset.images, faces)
    assert dataset.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert dataset.splits.tolist() == [1] * 6


def test_train_csv_has_no_usage(write_lines, faces, pixel_text):
    lines = ["emotion,pixels", *(f'6,"{pixel_text(face)}"' for face in faces)]
    dataset = read(write_lines(lines, "train.csv"))
    np.testing.assert_array_equal(dataset.images, faces)
    assert dataset.splits.tolist() == [0] * 6


def test_more_rows_than_one_batch(write_lines, pixel_text):
    count = 2 * _BATCH_LINES + 3
    random = np.random.default_rng(1)
    faces = random.integers(0, 256, (count, 48, 48)).astype(np.uint8)
    lines = ["emotion,pixels,Usage"] + [f"3,{pixel_text(face)},Training" for face in faces]
    shares = []
    dataset = read(write_lines(lines), progress=shares.append)
    np.testing.assert_array_equal(dataset.images, faces)
    assert shares == sorted(shares)
    assert len(shares) >= 3
    assert shares[-1] == 1.0


PIXELS_OF_BAD_ROW = {
    "too few": ("1 " * (PIXELS - 1), "expected 2304 pixels, found 2303"),
    "too many": ("1 " * (PIXELS + 1), "expected 2304 pixels, found 2305"),
    "none": ("", "expected 2304 pixels, found 0"),
    "256": ("256 " + "1 " * (PIXELS - 1), "expected pixels of 0 to 255, found '256'"),
    "1000": ("1 " * (PIXELS - 1) + "1000", "expected pixels of 0 to 255, found '1000'"),
    "minus": ("1 " * (PIXELS - 1) + "-1", "expected pixels of 0 to 255, found '-1'"),
    "fraction": ("0.5 " + "1 " * (PIXELS - 1), "expected pixels of 0 to 255, found '0.5'"),
    "word": ("1 " * (PIXELS - 1) + "nan", "expected pixels of 0 to 255, found 'nan'"),
    "umlaut": ("1 " * (PIXELS - 1) + "ä", "expected pixels of 0 to 255, found 'ä'"),
    "long": ("x" * 500, "expected pixels of 0 to 255, found 'xxxxxxxxxxxxxxxxxxxx…'"),
}


@pytest.mark.parametrize(
    ("pixels", "reason"), PIXELS_OF_BAD_ROW.values(), ids=PIXELS_OF_BAD_ROW.keys()
)
def test_bad_pixels_are_named_with_their_line(write_lines, good_lines, faces, pixels, reason):
    path = write_lines([*good_lines[:3], f"4,{pixels},Training", *good_lines[3:]])
    assert refusal(path) == (
        f"fer2013.csv: 1 bad line (4): {reason}; fix the file, or skip bad rows (--skip-bad-rows)"
    )
    kept = read(path, skip_bad_rows=True)
    np.testing.assert_array_equal(kept.images, faces)
    assert kept.dropped_rows == 1
    assert kept.rows.tolist() == [0, 1, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,{pixels},Training", "expected an emotion of 0 to 6, found '7'"),
        ("-1,{pixels},Training", "expected an emotion of 0 to 6, found '-1'"),
        ("happy,{pixels},Training", "expected an emotion of 0 to 6, found 'happy'"),
        (",{pixels},Training", "expected an emotion of 0 to 6, found ''"),
        (
            "3,{pixels},Testing",
            "expected Usage Training, PublicTest, PrivateTest, found 'Testing'",
        ),
        ("3,{pixels},", "expected Usage Training, PublicTest, PrivateTest, found ''"),
        ("3,{pixels}", "expected 3 columns, found 2"),
        ("3,{pixels},Training,1", "expected 3 columns, found 4"),
        ('3,"{pixels},Training', None),  # a lost quote spoils nothing
    ],
)
def test_bad_labels_usages_and_columns(write_lines, good_lines, faces, pixel_text, row, reason):
    path = write_lines([*good_lines, row.format(pixels=pixel_text(faces[0]))])
    if reason is None:
        assert len(read(path)) == 7
    else:
        assert f"1 bad line (8): {reason};" in refusal(path)
        assert read(path, skip_bad_rows=True).dropped_rows == 1


def test_the_first_five_bad_lines_are_named_and_all_counted(write_lines, good_lines):
    # Lines as an editor counts them: the header is 1, blank lines count.
    lines = ["", good_lines[0], "", "8,1 2,Training", *good_lines[1:3], "", "9", "   "]
    lines += ["3,1 2 3,Training"] * 5
    path = write_lines([*lines, good_lines[3]])
    assert refusal(path) == (
        "fer2013.csv: 7 bad lines (4, 8, 10, 11, 12, …): expected an emotion of 0 to 6, found '8' "
        "in line 4; fix the file, or skip bad rows (--skip-bad-rows)"
    )
    kept = read(path, skip_bad_rows=True)
    assert kept.dropped_rows == 7
    assert kept.labels.tolist() == [0, 1, 2]
    assert kept.rows.tolist() == [1, 2, 9]  # blank lines are no rows


def test_two_bad_lines(write_lines, good_lines):
    assert "2 bad lines (8, 9): " in refusal(write_lines([*good_lines, "1", "2"]))


def test_a_file_cut_in_its_last_line(write_lines, good_lines):
    path = write_lines(good_lines)
    path.write_bytes(path.read_bytes()[:-500])
    assert "fer2013.csv: 1 bad line (7): expected 3 columns, found 2" in refusal(path)
    assert len(read(path, skip_bad_rows=True)) == 5


def test_a_last_line_without_a_line_end(write_lines, good_lines):
    path = write_lines(good_lines)
    path.write_bytes(path.read_bytes()[:-1])
    assert len(read(path)) == 6


EXPECTED = "expected a CSV file with the columns emotion, pixels and (optional) Usage"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "fer2013.csv: expected a FER2013 CSV file, found an empty file"),
        (b"\n\n", "fer2013.csv: expected a FER2013 CSV file, found an empty file"),
        (
            b"emotion,pixels,Usage\n",
            "fer2013.csv: expected at least one line with a face, found none",
        ),
        (
            b"emotion,pixels,Usage\n\n  \n",
            "fer2013.csv: expected at least one line with a face, found none",
        ),
        (
            b"emotion,Usage\n3,Training\n",
            f"fer2013.csv: {EXPECTED}, found no pixels in line 1: 'emotion,Usage'",
        ),
        (
            b"0,1 2 3,Training\n",
            f"fer2013.csv: {EXPECTED}, found no emotion and no pixels in line 1: "
            "'0,1 2 3,Training'",
        ),
        (
            b"a" * 10_000,
            f"fer2013.csv: {EXPECTED}, found no emotion and no pixels in line 1: '{'a' * 60}…'",
        ),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            f"fer2013.csv: {EXPECTED}, found a file that is not text",
        ),
        (
            b"\0\0\0\x20ftypisom\0\0\2\0",  # the beginning of an mp4
            f"fer2013.csv: {EXPECTED}, found a file that is not text",
        ),
        (
            "emotion,pixels,Usage\n".encode("utf-16"),
            f"fer2013.csv: {EXPECTED}, found a file that is not text",
        ),
    ],
)
def test_files_that_are_no_fer2013(write_lines, content, message):
    path = write_lines([])
    path.write_bytes(content)
    assert refusal(path) == message


def test_nothing_left_to_keep(write_lines):
    path = write_lines(["emotion,pixels,Usage", "3,1 2 3,Training", "9,1 2 3,Training"])
    assert refusal(path, skip_bad_rows=True) == (
        "fer2013.csv: expected at least one good line, found 2 bad ones; "
        "line 2: expected 2304 pixels, found 3"
    )


def test_a_file_that_cannot_be_opened(write_lines, good_lines, monkeypatch):
    path = write_lines(good_lines)

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    assert refusal(path) == f"{path}: cannot be read (Permission denied)"


def test_both_parsers_agree_on_every_number():
    # Each of 0..255 beside each kind of neighbour, at both ends and in the middle.
    numbers = np.resize(np.arange(256), PIXELS)
    rows = [np.roll(numbers, shift) for shift in (0, 1, 9, 10, 99, 100, 255)]
    texts = [" ".join(map(str, row)).encode() for row in rows]
    parsed = parse_pixels(texts)
    np.testing.assert_array_equal(parsed, rows)
    np.testing.assert_array_equal(parsed, [parse_pixel_row(text) for text in texts])


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "pixels", [pixels for pixels, _ in PIXELS_OF_BAD_ROW.values()], ids=PIXELS_OF_BAD_ROW.keys()
)
def test_one_bad_row_makes_the_fast_parser_give_up(pixels, place):
    good = " ".join(["200"] * PIXELS).encode()
    rows = [good, good, good]
    rows[place] = pixels.strip().encode()
    assert parse_pixels(rows) is None
    with pytest.raises(RowError):
        parse_pixel_row(rows[place])


def test_the_fast_parser_counts_each_row_for_itself():
    short, long = b"1" + b" 1" * (PIXELS - 2), b"1" + b" 1" * PIXELS
    assert parse_pixels([short, long]) is None
    assert parse_pixels([long, short]) is None


def test_several_spaces_between_pixels(write_lines, good_lines, faces):
    lines = [good_lines[0], *(re.sub(" ", "  ", line) for line in good_lines[1:])]
    np.testing.assert_array_equal(read(write_lines(lines)).images, faces)
