from __future__ import annotations

import csv
import io
import zipfile

import pandas as pd
import pytest

from emotion_core.sessions.exports.codebook import codebook, codebook_csv, exported_codebook
from emotion_core.sessions.exports.kinds import export_session
from emotion_core.sessions.tables import EVENTS_COLUMNS, FACES_COLUMNS_1
from tests.sessions.recordings import event, record


@pytest.fixture
def session(tmp_path):
    return record(tmp_path / "sessions", [(0.0, {1: "happy"})], [event(0.0)])


@pytest.mark.parametrize("file", ["a.csv", "a.parquet"])
def test_every_column_of_an_export_has_its_meaning(session, tmp_path, file):
    export_session(session, tmp_path / file)
    read = pd.read_csv if file.endswith("csv") else pd.read_parquet
    table = read(tmp_path / file)
    meanings = exported_codebook()
    assert [each.column for each in meanings] == table.columns.tolist()
    if file.endswith("parquet"):
        assert [each["column"] for each in table.attrs["codebook"]] == table.columns.tolist()


def test_a_zip_holds_the_meaning_of_every_column_in_it(session, tmp_path):
    export_session(session, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        text = archive.read(f"{session.id}/codebook.csv").decode()
        columns = [
            (table, column)
            for table in ("frames.csv", "faces.csv", "events.csv")
            for column in archive.read(f"{session.id}/{table}").decode().splitlines()[0].split(",")
        ]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["table"], row["column"]) for row in rows] == columns
    assert all(row["meaning"].endswith(".") for row in rows)
    assert text == codebook_csv(codebook(2))


def test_what_an_earlier_version_recorded_is_explained_in_its_own_words():
    columns = [each.column for each in codebook(1) if each.table == "faces.csv"]
    assert tuple(columns) == FACES_COLUMNS_1
    assert [each.column for each in codebook(1)][-5:] == list(EVENTS_COLUMNS)
