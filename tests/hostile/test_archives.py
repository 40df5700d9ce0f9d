"""Hostile ZIP and tar files with datasets."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.hostile.cases import Case
from tests.hostile.making import (
    FACE,
    HEADER,
    MB,
    PICTURE,
    faces_apart,
    faces_in,
    file,
    good_faces_in,
    patched,
    png,
    png_chunk,
    repeated,
    sparse_header,
    tar_header,
    tarred,
    zipped,
)

CSV = HEADER + FACE
SIZE = r"[\d.,]+ (bytes|[kMG]B)"
TOO_MUCH = f"expected at most {SIZE} in an archive of {SIZE}, found more; unpack it if you"
DAMAGED = (
    r"expected a whole \.\S+ file, but it is damaged or cannot be read \(.+\); download it again"
)
BUSY = "found one that is made to keep its reader busy"
END = bytes(1024)
#: A comment on the next member: its data begin with a map of where they belong.
_MAP = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n31 GNU.sparse.realsize=99999999\n"
SPARSE_MAP = tar_header(b"x", len(_MAP), b"x") + _MAP.ljust(512, b"\0")


def gzipped_tar(*parts: bytes):
    return file("a.tar.gz", gzip.compress(b"".join(parts) + END))


def many_members(folder: Path) -> Path:
    path = folder / "a.tar.gz"
    header = tar_header(b"x", 0)
    with gzip.open(path, "wb", 9) as packed:
        for _ in range(120):
            packed.write(header * 2048)
    return path


def tar_of_members_with_comments(folder: Path) -> Path:
    """Each of many members says again what all share: thousands of comments."""
    path = folder / "a.tar.gz"
    comments = b"".join(b"18 comment%05d=x\n" % number for number in range(3000))
    shared = tar_header(b"x", len(comments), b"g") + comments + bytes(-len(comments) % 512)
    record = b"11 mtime=1\n"
    member = tar_header(b"x", len(record), b"x") + record.ljust(512, b"\0") + tar_header(b"x", 0)
    with gzip.open(path, "wb", 9) as packed:
        packed.write(shared)
        packed.write(member * 6_000)
    return path


def overlapping(folder: Path) -> Path:
    """Thousands of names for the same megabyte."""
    path = folder / "faces.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train/happy/0.png", MB)
        first = archive.filelist[0]
        for number in range(1, 8_000):
            other = zipfile.ZipInfo(f"train/happy/{number}.png")
            for field in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(other, field, getattr(first, field))
            archive.filelist.append(other)
            archive.NameToInfo[other.filename] = other
    return path


def large_pngs(folder: Path) -> Path:
    """Packed twice: each decodes to 8 MB and takes 200 bytes."""
    picture = png(1024, 1024, depth=16, color=6)
    members = {f"train/happy/{number}.png": picture for number in range(600)}
    return zipped(members)(folder)


def pngs_with_notes(folder: Path) -> Path:
    """Each holds 40 MB of text, packed twice."""
    text = png_chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(1_000_000), 9)) * 40
    picture = png(48, 48, chunks=text)
    return zipped({f"train/happy/{number}.png": picture for number in range(300)})(folder)


CASES = {
    "a good ZIP": Case(zipped({"x/fer2013.csv": CSV}), faces_in, answer=1),
    "a good tar": Case(tarred({"x/fer2013.csv": CSV}), faces_in, answer=1),
    "a sparse file": Case(
        gzipped_tar(sparse_header(b"fer2013.csv", 1 << 40)),
        faces_in,
        refused=r"^a\.tar\.gz: expected files that are stored whole, found the sparse file fer2013",
    ),
    "a sparse file of another format": Case(
        gzipped_tar(
            SPARSE_MAP,
            tar_header(b"fer2013.csv", 512),
            b"1\n0\n0\n".ljust(512, b"\0"),
        ),
        faces_in,
        refused="found the sparse file",
    ),
    "a sparse file whose map has no end": Case(
        gzipped_tar(
            SPARSE_MAP,
            tar_header(b"fer2013.csv", 8**10),
            b"99999999\n" + b"1\n" * 20_000_000,
        ),
        faces_in,
        refused=BUSY,
    ),
    "a map of holes in the old way without end": Case(
        gzipped_tar(
            tar_header(b"a", 0, b"S", extra=bytes(137) + b"\1"),
            (b"%011o\0" % 8 * 42 + b"\1".rjust(1, b"\0")).ljust(512, b"\1") * 60_000,
        ),
        faces_in,
        refused=BUSY,
    ),
    "80 MB before the CSV file": Case(
        gzipped_tar(tar_header(b"a", 80 << 20), *([MB] * 80), tar_header(b"fer2013.csv", 0)),
        faces_in,
        refused=TOO_MUCH,
    ),
    "a CSV file of 80 MB in 80 KB": Case(
        gzipped_tar(tar_header(b"fer2013.csv", 80 << 20), HEADER, *([b"\n" * (1 << 20)] * 80)),
        faces_in,
        refused=f"{TOO_MUCH}|expected at most 5,000,000 lines",
    ),
    "a member of 8 exabytes": Case(
        gzipped_tar(tar_header(b"a", 1 << 62)), faces_in, refused=TOO_MUCH
    ),
    "a member of less than nothing": Case(
        gzipped_tar(
            tar_header(b"a", 0)[:124]
            + b"\xff" * 12
            + tar_header(b"a", 0)[136:148]
            + b"%06o\0 " % (sum(tar_header(b"a", 0)[:148]) - 11 * 48 + 12 * 255 + 8 * 32)
            + tar_header(b"a", 0)[156:]
        ),
        faces_in,
        refused=rf"{DAMAGED}|expected one of|{TOO_MUCH}",
    ),
    "a name of 60 MB": Case(
        gzipped_tar(tar_header(b"a", 60 << 20, b"L"), *([b"x" * (1 << 20)] * 60)),
        faces_in,
        refused=BUSY,
    ),
    "a comment of 60 MB": Case(
        gzipped_tar(tar_header(b"a", 60 << 20, b"x"), *([b"1" * (1 << 20)] * 60)),
        faces_in,
        refused=BUSY,
    ),
    "ten thousand names for one member": Case(
        gzipped_tar((tar_header(b"a", 1, b"L") + b"x".ljust(512, b"\0")) * 10_000),
        faces_in,
        refused=f"{DAMAGED}|{BUSY}",
    ),
    "a quarter of a million members": Case(
        many_members, faces_in, refused=rf"{TOO_MUCH}|expected one of fer2013\.csv"
    ),
    "what is said of all said again for each": Case(
        tar_of_members_with_comments, faces_in, refused="expected one of fer2013|damaged"
    ),
    "a thousand CSV files to look into": Case(
        tarred({f"{number}/train.csv": b"a,b\n" for number in range(1000)}),
        faces_in,
        refused="found no emotion and no pixels",
    ),
    "a thousand folders in a row": Case(
        gzipped_tar(
            tar_header(b"a/", 0, b"5") * 1000,
            tar_header(b"fer2013.csv", len(CSV)),
            CSV.ljust(5120, b"\0"),
        ),
        faces_in,
        answer=1,
    ),
    "links and devices in a tar": Case(
        gzipped_tar(
            tar_header(b"fer2013.csv", 0, b"1"),
            tar_header(b"train.csv", 0, b"2"),
            tar_header(b"fer2013.csv", 0, b"3"),
            tar_header(b"fer2013.csv", 0, b"6"),
        ),
        faces_in,
        refused="inside, found nothing",
    ),
    "escape bytes in the name of a member": Case(
        tarred({"\x1b[2J\n.csv": b"x"}), faces_in, refused=r"found \\x1b\[2j \.csv"
    ),
    "an empty tar": Case(file("a.tar", b""), faces_in, refused=DAMAGED),
    "a tar of zeros": Case(file("a.tar", bytes(10_240)), faces_in, refused="found nothing|damaged"),
    "a tar that is a ZIP": Case(file("a.tar", b"PK\3\4" + bytes(999)), faces_in, refused=DAMAGED),
    "a ZIP with a line of 80 MB": Case(
        zipped({"fer2013.csv": lambda: [HEADER, *repeated(b"7 ", 80)()]}),
        faces_in,
        refused=TOO_MUCH,
    ),
    "a ZIP with 80 MB of rows": Case(
        zipped({"fer2013.csv": lambda: [HEADER, *([FACE * 200] * 80)]}), faces_in, refused=TOO_MUCH
    ),
    "a ZIP that says it has less": Case(
        patched(
            zipped({"fer2013.csv": CSV}, zipfile.ZIP_STORED),
            (len(CSV).to_bytes(4, "little"), (len(HEADER) + 9).to_bytes(4, "little")),
        ),
        faces_in,
        refused=rf"{DAMAGED}|bad line",
    ),
    "a ZIP that says it has more": Case(
        patched(
            zipped({"fer2013.csv": CSV}, zipfile.ZIP_STORED),
            (len(CSV).to_bytes(4, "little"), (1 << 25).to_bytes(4, "little")),
        ),
        faces_in,
        refused=DAMAGED,
    ),
    "thousands of names for one megabyte": Case(overlapping, good_faces_in, refused=TOO_MUCH),
    "a picture of 2 MB in 2 KB": Case(
        zipped({"train/happy/1.png": MB + MB}), faces_in, refused="expected at most 1 MB"
    ),
    "pictures of 8 MB each in 200 bytes": Case(
        large_pngs,
        good_faces_in,
        refused=r"expected at most \d+ megapixels in pictures of .* [kM]B",
    ),
    "pictures of 60,000 x 60,000 pixels": Case(
        zipped({f"train/happy/{n}.png": png(60_000, 1) for n in range(20)}),
        faces_in,
        refused="20 bad pictures .* expected 48x48 pixels, found 60000x1",
    ),
    "pictures with megabytes of text": Case(
        pngs_with_notes, faces_apart, refused="expected|took more memory or time"
    ),
    "a name of 60,000 letters": Case(
        zipped({"train/" + "_" * 60_000 + "a/1.png": PICTURE}),
        faces_in,
        refused=r"^faces\.zip: expected names of at most 1,024 letters in it, found one of 60,0",
    ),
    "a thousand folders in each other": Case(
        zipped({"a/" * 500 + "happy/1.png": PICTURE}), faces_in, answer=1
    ),
    "a way out of the folder": Case(
        zipped({"../../../happy/1.png": PICTURE, "/etc/happy/2.png": PICTURE}), faces_in, answer=1
    ),
    "escape bytes in the name of a picture": Case(
        zipped({"train/happy/\x1b[2J\r\n.png": b""}), faces_in, refused=r"\(train/happy/\\x1b\[2J"
    ),
    "a member without a name": Case(
        patched(zipped({"@": b"", "train/happy/1.png": PICTURE}), (b"@", b"\0")), faces_in, answer=1
    ),
    "a name that is no UTF-8": Case(
        patched(zipped({"train/happy/ä.png": PICTURE}), ("ä".encode(), b"\xff\xfe")),
        faces_in,
        refused=DAMAGED,
    ),
    "a picture under lock": Case(
        patched(
            zipped({"train/happy/1.png": PICTURE}),
            (b"PK\1\2\x2d\x03\x2d\0\0\0", b"PK\1\2\x2d\x03\x2d\0\1\0"),
        ),
        faces_in,
        refused="bad picture.*encrypted|expected a picture",
    ),
    "a method that nobody knows": Case(
        patched(zipped({"fer2013.csv": CSV}), (b"\0\0\x08\0\0\0\x21\0", b"\0\0\x63\0\0\0\x21\0")),
        faces_in,
        refused="compression|damaged",
    ),
    "a ZIP of a later version": Case(
        patched(zipped({"fer2013.csv": CSV}), (b"PK\1\2\x2d\x03\x2d", b"PK\1\2\x2d\x03\xff")),
        faces_in,
        refused="version|damaged",
    ),
    "a ZIP cut off": Case(file("a.zip", b"PK\3\4" + bytes(99)), faces_in, refused=DAMAGED),
    "a ZIP within a ZIP": Case(
        zipped({"faces.zip": b"PK\5\6" + bytes(18)}), faces_in, refused="expected one of fer2013"
    ),
    "a tar by another format's name": Case(
        tarred({"fer2013.csv": CSV}, "", tarfile.PAX_FORMAT), faces_in, answer=1
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_ends_well(name, host, tmp_path):
    host.check(name, tmp_path)
