"""Hostile CSV files, and those that are compressed alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.datasets.reading.votes import VOTES_NAME, read_votes
from emotion_core.datasets.types import VOTE_NAMES
from tests.hostile.cases import Case
from tests.hostile.making import (
    FACE,
    HEADER,
    faces_in,
    file,
    good_faces_in,
    gzipped,
    repeated,
)

VOTES = b"Usage,Image name," + ",".join(VOTE_NAMES).encode() + b"\n"
CSV = "fer2013.csv"
NO_TEXT = "found a file that is not text"


def votes_in(path: Path) -> int:
    return len(read_votes(path).counts)


def faces_with_votes(path: Path) -> int:
    path.with_name(VOTES_NAME).write_bytes(VOTES + b'Training,x,"' + b"\n" * 300_000)
    return faces_in(path)


CASES = {
    "a good one": Case(file(CSV, HEADER, FACE, FACE), faces_in, answer=2),
    "a line without an end": Case(
        file(CSV, HEADER, b"3," + b"7 " * 400_000),
        faces_in,
        refused=r"^fer2013\.csv: 1 bad line \(2\): expected a line of under 64 KB, found more",
    ),
    "a good line behind a long one": Case(
        file(CSV, HEADER, b"x" * 300_000, b"\n", FACE), good_faces_in, answer=1
    ),
    "a line as long as the longest, and a good one": Case(
        file(CSV, HEADER, b"x" * 65_535, b"\n", FACE), good_faces_in, answer=1
    ),
    "a header without an end": Case(file(CSV, b"emotion," * 100_000), faces_in, refused="found no"),
    "a line of commas": Case(file(CSV, HEADER, b"," * 900_000), faces_in, refused="1 bad line"),
    "nothing but blank lines": Case(
        gzipped("a.csv.gz", repeated(b"\n", 60)), faces_in, refused="found no emotion and no pixels"
    ),
    "nothing but spaces": Case(
        gzipped("a.csv.gz", repeated(b" ", 60)), faces_in, refused="found no emotion and no pixels"
    ),
    "blank lines behind the header": Case(
        gzipped("a.csv.gz", lambda: [HEADER, *repeated(b"\n", 60)()]),
        faces_in,
        refused="expected at most 5,000,000 lines, found more",
    ),
    "half a million bad lines": Case(
        file(CSV, HEADER, b"\0\n" * 490_000),
        faces_in,
        refused=r"490000 bad lines \(2, 3, 4, 5, 6, …\): expected 3 columns, found 1 in line 2",
    ),
    "millions of bad lines, skipped": Case(
        gzipped("a.csv.gz", lambda: [HEADER, *repeated(b"9,,\n", 15)()]),
        good_faces_in,
        refused=r"^a\.csv\.gz: expected a few bad lines, found more than 1,000,000; give a ",
    ),
    "80 MB of one line": Case(
        gzipped("a.csv.gz", lambda: [HEADER, *repeated(b"7 ", 80)()]),
        faces_in,
        refused=r"^a\.csv\.gz: expected at most .* MB in an archive of .* [kM]B, found more",
    ),
    "80 MB of faces in 100 KB": Case(
        gzipped("a.csv.gz", lambda: [HEADER, *([FACE * 200] * 80)]),
        faces_in,
        refused=r"expected at most .* MB in an archive",
    ),
    "200 MB of zeros": Case(
        gzipped("a.csv.gz", repeated(b"\0", 200)), faces_in, refused="found a file that is not text"
    ),
    "numbers of a thousand digits": Case(
        file(CSV, HEADER, b"3," + b"9" * 60_000 + b",Training\n"),
        faces_in,
        refused="expected pixels of 0 to 255, found '99999999999999999999…'",
    ),
    "numbers in other letters": Case(
        file(CSV, HEADER, FACE.replace(b"7 7", "\u0667 \u0667".encode(), 1)),
        faces_in,
        refused="found '\u0667'",
    ),
    "escape bytes": Case(
        file(CSV, HEADER, b"\x1b]0;a\x07,,\n"), faces_in, refused=r"found '\\x1b\]0;a\\x07'"
    ),
    "escape bytes in the header": Case(file(CSV, b"\x1b[2J,pixels\n"), faces_in, refused=NO_TEXT),
    "no bytes": Case(file(CSV), faces_in, refused="found an empty file"),
    "a byte order mark alone": Case(
        file(CSV, b"\xef\xbb\xbf"), faces_in, refused="found no emotion and no pixels"
    ),
    "UTF-16": Case(file(CSV, HEADER.decode().encode("utf-16")), faces_in, refused=NO_TEXT),
    "a gzip file that is cut off": Case(
        file("a.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
        faces_in,
        refused=r"^a\.csv\.gz: expected a whole \.csv\.gz file, but it is damaged",
    ),
    "an xz file that wants 4 GB": Case(
        # Its filter claims the largest dictionary there is.
        file("a.csv.xz", b"\x5d\xff\xff\xff\xff" + b"\xff" * 8 + bytes(64)),
        faces_in,
        refused=r"expected a whole \.csv\.xz file, but it is damaged",
    ),
    "votes on a line without an end": Case(
        file(VOTES_NAME, VOTES, b"Training,x" + b",1" * 400_000),
        votes_in,
        refused="expected 12 columns",
    ),
    "votes within one quote": Case(
        file(VOTES_NAME, VOTES, b'Training,x,"' + b"\n" * 300_000), votes_in, refused="found no CSV"
    ),
    "votes of nobody": Case(
        file(VOTES_NAME, VOTES, b"x\n" * 400_000), votes_in, refused="400000 bad lines"
    ),
    "faces beside bad votes": Case(file(CSV, HEADER, FACE), faces_with_votes, answer=1),
}


@pytest.mark.parametrize("name", CASES)
def test_ends_well(name, host, tmp_path):
    host.check(name, tmp_path)
