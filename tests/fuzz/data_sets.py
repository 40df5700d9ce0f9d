"""Fuzzes what reads datasets: CSV files, archives, Parquet files."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow
from hypothesis import strategies as st
from pyarrow import parquet

from emotion_core.datasets import open_dataset
from emotion_core.datasets.reading.votes import VOTES_NAME, read_votes
from emotion_core.faces.pictures.images import encode_png
from tests.fuzz.readers import Reader, damaged

_PIXELS = b" ".join([b"17"] * 2304)
_HEADER = b"emotion,pixels,Usage"
_CSV = b"\n".join([_HEADER, b"3," + _PIXELS + b",Training", b'6,"' + _PIXELS + b'",PrivateTest'])
_VOTES = (
    b"Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
    b"Training,fer0.png,4,0,0,1,3,2,0,0,0,0\nPublicTest,fer1.png,6,0,1,1,0,0,0,0,2,0\n"
)
_FACE = encode_png(np.arange(48 * 48, dtype=np.uint8).reshape(48, 48))


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def _tar(members: dict[str, bytes], kind: str, form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{kind}", format=form) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def _parquet() -> bytes:
    file = io.BytesIO()
    rows = [{"image": {"bytes": _FACE, "path": None}, "label": label} for label in ("happy", "sad")]
    parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    return file.getvalue()


def _read(path: Path) -> int:
    return len(open_dataset(path, use_cache=False, skip_bad_rows=True))


def _read_votes(path: Path) -> int:
    return len(read_votes(path.rename(path.with_name(VOTES_NAME))).counts)


_MEMBERS = {"x/fer2013.csv": _CSV, "x/README": b"hello"}
_LONG = {"x/" + "y" * 200 + "/fer2013.csv": _CSV, "ä": b""}
_PICTURES = {"train/happy/1.png": _FACE, "test/sad/2.png": _FACE}

# Cells and lines as they may come, rather than bytes changed anywhere.
_CELL = st.sampled_from(
    [
        b"",
        b"3",
        b"6",
        b"7",
        _PIXELS,
        _PIXELS + b" 1",
        _PIXELS[:-2] + b"256",
        b"Training",
        b"\0",
        b'"',
    ]
) | st.binary(max_size=12)
_LINE = st.lists(_CELL, max_size=5).map(b",".join)
_HEADERS = st.sampled_from([_HEADER, b"pixels,emotion", b" Emotion ,\tPixels,Usage,x"]) | _LINE
_LINES = st.tuples(_HEADERS, st.lists(_LINE, max_size=8)).map(lambda all_: [all_[0], *all_[1]])
_CSV_FILES = damaged([_CSV]) | st.tuples(st.sampled_from([b"\n", b"\r\n", b"\r"]), _LINES).map(
    lambda drawn: drawn[0].join(drawn[1])
)
_NAMES = st.sampled_from(
    [
        "train/happy/1.png",
        "val_set/sad\\2.png",
        "fer2013.csv",
        "../../x/3/1.jpg",
        "",
        "/",
        "7/a.png",
    ]
) | st.text(max_size=30)
_ZIPS = st.dictionaries(_NAMES, damaged([_FACE, _CSV, b""]), max_size=5).map(_zip)

READERS = {
    "csv": Reader(".csv", _read, _CSV_FILES),
    "votes": Reader(".csv", _read_votes, damaged([_VOTES])),
    "zip": Reader(
        ".zip",
        _read,
        _ZIPS
        | damaged(
            [
                _zip(_MEMBERS),
                _zip(_PICTURES),
                _zip(_MEMBERS, zipfile.ZIP_STORED),
                _zip(_PICTURES, zipfile.ZIP_LZMA),
                _zip(_PICTURES, zipfile.ZIP_BZIP2),
            ]
        ),
    ),
    "tar": Reader(
        ".tar",
        _read,
        damaged(
            [
                *(_tar(_MEMBERS, kind) for kind in ("", "gz", "xz", "bz2")),
                *(_tar(_LONG, "", form) for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)),
            ]
        )
        # Damage within what is compressed, which a checksum would hide.
        | damaged([_tar(_LONG, "")]).map(gzip.compress),
    ),
    "csv.gz": Reader(
        ".csv.gz", _read, damaged([gzip.compress(_CSV)]) | _CSV_FILES.map(gzip.compress)
    ),
    "parquet": Reader(".parquet", _read, damaged([_parquet()])),
}
