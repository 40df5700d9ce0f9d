"""Hostile folders, pictures in them, and Parquet files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from tests.hostile.cases import Case
from tests.hostile.making import (
    FACE,
    HEADER,
    PICTURE,
    Make,
    faces_apart,
    faces_in,
    file,
    good_faces_in,
    patched,
    png,
)

NO_FILE = "it is a pipe or a device and no file"


def folder_with(change: Callable[[Path], object]) -> Make:
    """Return what makes a folder of one good picture, changed in some way."""

    def make(folder: Path) -> Path:
        (folder / "train/happy").mkdir(parents=True)
        (folder / "train/happy/1.png").write_bytes(PICTURE)
        change(folder)
        return folder

    return make


def nested(folder: Path) -> Path:
    """Make 1,500 folders in each other, the innermost one of happy faces."""
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(folder)
        for _ in range(1_500):
            Path("a").mkdir()
            os.chdir("a")
        Path("happy").mkdir()
        Path("happy/1.png").write_bytes(PICTURE)
    finally:
        os.fchdir(before)
        os.close(before)
    return folder


def links_to_each_other(folder: Path) -> None:
    for one in range(20):
        for other in range(20):
            (folder / f"{one}").mkdir(exist_ok=True)
            (folder / f"{one}/{other}").symlink_to(f"../{other}")


def pipe(name: str) -> Make:
    def make(folder: Path) -> Path:
        os.mkfifo(folder / name)
        return folder / name

    return make


def beside_a_pipe(folder: Path) -> Path:
    pipe("fer2013new.csv")(folder)
    return file("fer2013.csv", HEADER, FACE)(folder)


def latin(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/train/happy/\xe9.png")).touch()


def link(name: str, target: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).symlink_to(target)
        return folder / name

    return make


def table(labels: list[object], image: bytes, **options: object) -> Make:
    def make(folder: Path) -> Path:
        images = pyarrow.array([0] * len(labels), pyarrow.int32())
        cells = pyarrow.DictionaryArray.from_arrays(images, pyarrow.array([image]))
        path = folder / "train.parquet"
        parquet.write_table(
            pyarrow.table({"image": cells, "label": labels}), path, compression="zstd", **options
        )
        return path

    return make


CASES = {
    "a pipe for a CSV file": Case(pipe("fer2013.csv"), faces_in, refused=NO_FILE),
    "a pipe for a ZIP file": Case(pipe("faces.zip"), faces_in, refused=NO_FILE),
    "a pipe for a tar file": Case(pipe("faces.tar.gz"), faces_in, refused=NO_FILE),
    "a pipe for a compressed CSV file": Case(pipe("a.csv.gz"), faces_in, refused=NO_FILE),
    "a pipe for a Parquet file": Case(pipe("train.parquet"), faces_in, refused=NO_FILE),
    "a link to a device": Case(link("fer2013.csv", "/dev/zero"), faces_in, refused=NO_FILE),
    "a link to a device for a ZIP": Case(link("a.zip", "/dev/zero"), faces_in, refused=NO_FILE),
    "a device": Case(lambda _: Path("/dev/zero"), faces_in, refused=NO_FILE),
    "a link to itself": Case(
        link("fer2013.csv", "fer2013.csv"), faces_in, refused="cannot be read|found nothing"
    ),
    "a picture that is a pipe": Case(
        folder_with(lambda folder: os.mkfifo(folder / "train/happy/2.png")),
        faces_in,
        refused=rf"1 bad picture \(train/happy/2\.png\): expected a picture, but {NO_FILE}",
    ),
    "a picture that is a device": Case(
        folder_with(lambda folder: (folder / "train/happy/2.png").symlink_to("/dev/zero")),
        good_faces_in,
        answer=1,
    ),
    "a CSV file among folders that is a pipe": Case(
        folder_with(lambda folder: os.mkfifo(folder / "train/fer2013.csv")), faces_in, answer=1
    ),
    "votes that are a pipe": Case(
        lambda folder: (
            os.mkfifo(folder / "fer2013new.csv"),
            file("fer2013.csv", HEADER, FACE)(folder),
        )[1],
        faces_in,
        answer=1,
    ),
    "1,500 folders in each other": Case(nested, faces_in, answer=1),
    "folders that link to each other": Case(folder_with(links_to_each_other), faces_in, answer=1),
    "a folder linked into itself": Case(
        folder_with(lambda folder: (folder / "train/happy/again").symlink_to("../..")),
        faces_in,
        answer=1,
    ),
    "a large hole for a picture": Case(
        folder_with(lambda folder: os.truncate(file("train/happy/2.png")(folder), 900_000)),
        faces_in,
        refused="found one that cannot be decoded",
    ),
    "names that turn what is printed": Case(
        folder_with(lambda folder: (folder / "train/happy/\u202egnp.\x1b[2J.png").touch()),
        faces_in,
        refused=r"\\u202egnp\.\\x1b\[2J\.png",
    ),
    "a name of Latin-1": Case(
        folder_with(
            lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/train/happy/\xe9.png")).touch()
        ),
        faces_in,
        refused=r"\\udce9\.png",
    ),
    "a picture that claims 100,000 x 100,000": Case(
        folder_with(
            lambda folder: (folder / "train/happy/2.png").write_bytes(png(100_000, 4)[:200])
        ),
        faces_in,
        refused="expected 48x48 pixels, found 100000x4|cannot be decoded",
    ),
    "a Parquet file that claims a billion rows": Case(
        table(["happy"] * 3_000_000, PICTURE),
        faces_apart,
        refused="expected at most .* rows, found",
    ),
    "a Parquet file of one large picture in each row": Case(
        table(["happy"] * 20_000, bytes(30 << 20)),
        faces_apart,
        refused="expected|took more memory",
    ),
    "a Parquet file of labels of a megabyte": Case(
        table(["x" * (1 << 20)] * 2_000, PICTURE), faces_apart, refused="expected labels of at most"
    ),
    "a Parquet file of labels that lead elsewhere": Case(
        table(["../../happy", "\x1b[2J", None], PICTURE), faces_apart, answer=1
    ),
    "a Parquet file cut off": Case(
        file("a.parquet", b"PAR1" + bytes(99)), faces_apart, refused="damaged"
    ),
    "a Parquet file whose head has any length": Case(
        patched(table(["happy"], PICTURE), (b"PAR1", b"PAR2")), faces_apart, refused="damaged"
    ),
}


@pytest.fixture(autouse=True)
def removed(tmp_path: Path) -> Iterator[None]:
    """Remove what pytest cannot, which goes down into folders by recursion."""
    yield
    subprocess.run(["rm", "-rf", tmp_path], check=False)


@pytest.mark.parametrize("name", CASES)
def test_ends_well(name, host, tmp_path):
    host.check(name, tmp_path)
