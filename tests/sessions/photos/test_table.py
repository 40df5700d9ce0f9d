from __future__ import annotations

import csv
import io
import zipfile

import pandas as pd
import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.exports.codebook import codebook, exported_codebook
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.photos.summary import summarize_photos
from emotion_core.sessions.photos.table import PHOTOS_COLUMNS, Photo, read_photos, write_photos
from tests.sessions.photos.sets import photo_session
from tests.sessions.recordings import record

ODD = (Photo(1, 'a, "b"\nc.jpg', "2024-05-01T12:34:56"), Photo(3, "=1+1.jpg", problem="no photo"))


def test_what_is_written_is_read(tmp_path):
    write_photos(tmp_path, ODD)
    assert read_photos(tmp_path) == ODD


def test_a_name_of_any_bytes(tmp_path):
    write_photos(tmp_path, [Photo(1, "\udcff.jpg")])
    assert read_photos(tmp_path)[0].file == "\\udcff.jpg"


@pytest.mark.parametrize("text", ["", "frame,file\n1,a.jpg\n", "frame,file,taken,problem\n0,a,,\n"])
def test_a_damaged_one_is_told(tmp_path, text):
    (tmp_path / "photos.csv").write_text(text)
    if not text:
        (tmp_path / "photos.csv").unlink()
    with pytest.raises(SessionError, match=r"photos\.csv cannot be read \(.*restore it from a b"):
        read_photos(tmp_path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_every_column_of_an_export_has_its_meaning(tmp_path, kind):
    session = photo_session(tmp_path)
    export_session(session, tmp_path / f"a.{kind}")
    read = pd.read_csv if kind == "csv" else pd.read_parquet
    table = read(tmp_path / f"a.{kind}")
    meanings = exported_codebook(kind="photos")
    assert [each.column for each in meanings] == table.columns.tolist()
    if kind == "csv":
        assert table["file"].tolist() == ["a.jpg", "'=1+1.jpg"]  # no formula
    told = {each.column: each.meaning for each in meanings}
    assert "It is no time" in told["seconds"]


def test_a_zip_holds_the_photos_table_and_what_it_means(tmp_path):
    session = photo_session(tmp_path)
    export_session(session, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        photos = archive.read(f"{session.id}/photos.csv").decode()
        told = archive.read(f"{session.id}/codebook.csv").decode()
    assert photos.splitlines() == [
        ",".join(PHOTOS_COLUMNS), "1,a.jpg,,", "2,'=1+1.jpg,,", "3,c.jpg,,no photo",
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(told)))
    assert [row["column"] for row in rows if row["table"] == "photos.csv"] == list(PHOTOS_COLUMNS)
    assert all(row["meaning"].endswith(".") for row in rows)


def test_other_sessions_are_no_photos(tmp_path):
    session = record(tmp_path, [(0.0, {1: "happy"})])
    assert session.header.kind == "live"
    assert "file" not in [each.column for each in exported_codebook()]
    assert "photos.csv" not in {each.table for each in codebook(2)}
    with pytest.raises(SessionError, match="expected photos, found a live session"):
        summarize_photos(session)
