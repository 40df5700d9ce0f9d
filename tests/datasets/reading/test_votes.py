from __future__ import annotations

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES, open_dataset
from emotion_core.datasets.reading.votes import read_votes
from emotion_core.errors import DatasetError


def refusal(read, *arguments, **options):
    with pytest.raises(DatasetError) as caught:
        read(*arguments, **options)
    return str(caught.value)


def neutral_votes(dataset):
    return dataset.votes[:, VOTE_NAMES.index("neutral")].tolist()


def test_votes_beside_the_faces_are_joined(write_lines, good_lines, vote_lines):
    write_lines(vote_lines, "fer2013new.csv")
    dataset = open_dataset(write_lines(good_lines), use_cache=False)
    assert dataset.votes.dtype == np.uint8
    assert neutral_votes(dataset) == [0, 1, 2, 3, 4, 5]
    assert dataset.votes[1].tolist() == [1, 9, 0, 0, 0, 0, 0, 0, 0, 0]


def test_votes_elsewhere(write_lines, good_lines, vote_lines):
    votes_path = write_lines(vote_lines, "elsewhere.csv")
    faces_path = write_lines(good_lines)
    assert open_dataset(faces_path, use_cache=False).votes is None
    assert neutral_votes(open_dataset(faces_path, votes_path=votes_path)) == [0, 1, 2, 3, 4, 5]


def test_bad_rows_take_their_votes_with_them(write_lines, good_lines, vote_lines):
    write_lines(vote_lines, "fer2013new.csv")
    lines = [*good_lines[:3], "bad", "", "9,1 2,Training", *good_lines[5:]]
    dataset = open_dataset(write_lines(lines), skip_bad_rows=True, use_cache=False)
    assert dataset.rows.tolist() == [0, 1, 4, 5]
    assert neutral_votes(dataset) == [0, 1, 4, 5]


def test_another_number_of_rows(write_lines, good_lines, vote_lines):
    votes_path = write_lines(vote_lines[:-1], "fer2013new.csv")
    assert refusal(open_dataset, write_lines(good_lines), votes_path=votes_path) == (
        "fer2013new.csv: expected 6 rows, one for each row of fer2013.csv, found 5; "
        "take the two files from the same release, or move the votes away"
    )


def test_other_splits(write_lines, good_lines, vote_lines):
    shuffled = [vote_lines[0], *vote_lines[3:], *vote_lines[1:3]]
    votes_path = write_lines(shuffled, "fer2013new.csv")
    assert refusal(open_dataset, write_lines(good_lines), votes_path=votes_path) == (
        "fer2013new.csv: expected the Usage of fer2013.csv in every row, found 6 rows that differ, "
        "the first for face 1: PublicTest instead of Training; "
        "take the two files from the same release, or move the votes away"
    )


def test_votes_that_nobody_asked_for_are_left_out_with_a_warning(
    write_lines, good_lines, vote_lines, caplog
):
    write_lines(vote_lines[:-1], "fer2013new.csv")
    dataset = open_dataset(write_lines(good_lines))
    assert dataset.votes is None
    assert len(dataset) == 6
    assert caplog.messages == [
        "fer2013new.csv: expected 6 rows, one for each row of fer2013.csv, found 5; take the two "
        "files from the same release, or move the votes away; fer2013.csv is read without votes"
    ]


def test_a_file_without_usage_joins_by_row_alone(write_lines, good_lines, vote_lines):
    lines = [line.rpartition(",")[0] for line in good_lines]
    write_lines(vote_lines, "fer2013new.csv")
    assert neutral_votes(open_dataset(write_lines(lines, "train.csv"))) == [0, 1, 2, 3, 4, 5]


def test_votes_without_usage(write_lines, vote_lines):
    votes = read_votes(write_lines([line.partition(",")[2] for line in vote_lines], "votes.csv"))
    assert votes.splits is None
    assert votes.counts.shape == (6, 10)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Training,a.png,11,0,0,0,0,0,0,0,0,0", "expected votes of 0 to 10, found '11'"),
        ("Training,a.png,-1,0,0,0,0,0,0,0,0,0", "expected votes of 0 to 10, found '-1'"),
        ("Training,a.png,x,0,0,0,0,0,0,0,0,0", "expected votes of 0 to 10, found 'x'"),
        ("Training,a.png,,0,0,0,0,0,0,0,0,0", "expected votes of 0 to 10, found ''"),
        ("Training,a.png,1", "expected 12 columns, found 3"),
        (
            "Test,a.png,1,0,0,0,0,0,0,0,0,0",
            "expected Usage Training, PublicTest, PrivateTest, found 'Test'",
        ),
    ],
)
def test_bad_votes(write_lines, vote_lines, line, reason):
    path = write_lines([*vote_lines[:2], "", line, *vote_lines[2:]], "votes.csv")
    assert refusal(read_votes, path) == (
        f"votes.csv: 1 bad line (4): {reason}; download the file again"
    )


COLUMNS = ", ".join(VOTE_NAMES)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", COLUMNS),
        (b"emotion,pixels,Usage\n", COLUMNS),
        (b"neutral,happiness,surprise,sadness,anger,disgust,fear,contempt\n", "unknown, NF"),
    ],
)
def test_missing_columns(write_lines, content, found):
    path = write_lines([], "votes.csv")
    path.write_bytes(content)
    assert refusal(read_votes, path) == (
        f"votes.csv: expected a FER+ file with the columns {COLUMNS}, found no {found}"
    )


def test_no_text(write_lines):
    path = write_lines([], "votes.csv")
    path.write_bytes(b"\x89PNG\r\n\xff")
    assert refusal(read_votes, path) == (
        f"votes.csv: expected a FER+ file with the columns {COLUMNS}, found no CSV file"
    )


def test_missing_file(write_lines, good_lines, tmp_path):
    missing = tmp_path / "votes.csv"
    expected = f"{missing}: cannot be read (No such file or directory)"
    assert refusal(read_votes, missing) == expected
    assert refusal(open_dataset, write_lines(good_lines), votes_path=missing) == expected
