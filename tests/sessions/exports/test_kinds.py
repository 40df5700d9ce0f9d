from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace

import pandas as pd
import pytest

from emotion_core.errors import SessionError
from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.edits.persons import name_person
from emotion_core.sessions.exports.kinds import (
    EXPORT_KINDS,
    export_session,
    python_lines,
    write_session,
)
from emotion_core.sessions.exports.tables import TABLE_KINDS
from emotion_core.sessions.header import PHOTOS_KEY
from emotion_core.sessions.numbers.baseline import RELATIVE_COLUMNS
from emotion_core.sessions.storage import rename_session
from tests.sessions.recordings import record

HOSTILE = "</script><b>x{{ 1 }}"


@pytest.fixture
def session(tmp_path):
    """Three seconds of two people, with a name, a range and two moments."""
    frames = [(each / 10, {1: "happy" if each < 15 else "sad", 2: "fear"}) for each in range(31)]
    session = record(tmp_path / "sessions", frames)
    name_person(session, 1, "Ann")
    add_mark(session, 0.5, "film", seconds=1.5)
    add_mark(session, 1.0, HOSTILE)
    add_mark(session, 1.5, HOSTILE)
    return rename_session(session, name="first <try>", notes="with & without")


def test_bids_are_two_files(session, tmp_path):
    export_session(session, tmp_path / "sub-01_task-film_events.tsv")
    lines = (tmp_path / "sub-01_task-film_events.tsv").read_text("utf-8").splitlines()
    assert lines[1].split("\t")[:6] == ["0.0000", "1.5000", "happy", "expression", "1", "Ann"]
    assert len(lines) == 1 + 3 + 3
    sidecar = json.loads((tmp_path / "sub-01_task-film_events.json").read_text("utf-8"))
    assert "film" in sidecar["trial_type"]["Levels"]
    file = io.BytesIO()
    write_session(session, "tsv", file)
    with zipfile.ZipFile(file) as archive:
        tsv, name = archive.namelist()
        assert archive.read(tsv).decode().splitlines() == lines
    assert re.fullmatch(r"sub-[a-zA-Z0-9]+_task-session_events\.tsv", tsv)
    assert name == tsv.replace(".tsv", ".json")
    with pytest.raises(SessionError, match=r"expected a name that ends in _events\.tsv"):
        export_session(session, tmp_path / "a.tsv")


def test_a_report_needs_no_network_and_runs_nothing_of_others(session, tmp_path):
    export_session(session, tmp_path / "a.html")
    html = (tmp_path / "a.html").read_text("utf-8")
    page = re.sub(r"<script>/\*.*?</script>", "", html, count=1, flags=re.DOTALL)
    for part in (
        "first &lt;try&gt;", "with &amp; without", "<h2>Ann</h2>", "<h2>person 2</h2>", "film",
        "Around marks", "n = 2", "moving-block bootstrap", "Plotly.downloadImage",
    ):  # fmt: skip
        assert part in page, part
    assert HOSTILE not in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert html.count("plotly.js v") == 1


def test_what_it_was_recorded_for_stands_in_report_and_bids(session, tmp_path):
    described = replace(session.header.description, purpose="sleep & <study>")
    told = replace(session, header=replace(session.header, description=described))
    export_session(told, tmp_path / "a.html")
    assert "Recorded for: sleep &amp; &lt;study&gt;" in (tmp_path / "a.html").read_text("utf-8")
    export_session(told, tmp_path / "a_events.tsv")
    sidecar = json.loads((tmp_path / "a_events.json").read_text("utf-8"))
    assert sidecar["PurposeOfRecording"] == "sleep & <study>"


def test_scores_relative_to_rest_stand_beside_the_raw_ones(session, tmp_path):
    add_mark(session, 0.0, "Rest", seconds=1.4, person=1)
    export_session(session, tmp_path / "a.parquet")
    table = pd.read_parquet(tmp_path / "a.parquet")
    own = table[table["person"] == 1]
    assert own["happy"].iloc[0] == 0.7
    assert own[list(RELATIVE_COLUMNS)].iloc[0].to_numpy() == pytest.approx(1 / 7)
    by_hand = 14 / (14 + 1 / 14 + 5)  # sad is 14 times what it is at rest, happy a fourteenth
    assert own["relative_sad"].iloc[-1] == pytest.approx(by_hand)
    assert table.loc[table["person"] == 2, "relative_sad"].isna().all()
    meanings = {each["column"]: each for each in table.attrs["codebook"]}
    assert set(meanings) == set(table.columns)


def test_the_lines_for_a_notebook_run(session, tmp_path):
    path = tmp_path / "a.parquet"
    export_session(session, path)
    names: dict = {}
    exec(python_lines(str(path)), names)
    assert names["marks"]["label"].tolist() == ["film", HOSTILE, HOSTILE]
    assert names["session"]["name"] == "first <try>"
    export_session(session, path, raw=True)
    exec(python_lines(str(path)), names)
    assert len(names["marks"]) == 0


@pytest.mark.parametrize("kind", [kind for kind in EXPORT_KINDS if kind not in TABLE_KINDS])
def test_a_session_without_frames_and_photos(tmp_path, kind):
    file = io.BytesIO()
    session = record(tmp_path, [])
    write_session(session, kind, file)
    assert file.getvalue()
    of_photos = replace(session.header.description, settings={PHOTOS_KEY: {}})
    photos = replace(session, header=replace(session.header, description=of_photos))
    with pytest.raises(SessionError, match="expected a recording, found photos, which have no tim"):
        write_session(photos, kind, file)


def test_names_and_labels_are_text_in_a_spreadsheet(session, tmp_path):
    name_person(session, 2, "=1+1")
    add_mark(session, 2.0, "@SUM(A1)")
    for name, cell in (("a.csv", ",'=1+1,"), ("a_events.tsv", "\t'@SUM(A1)\t")):
        export_session(session, tmp_path / name)
        assert cell in (tmp_path / name).read_text("utf-8")
    assert "\t'=1+1\n" in (tmp_path / "a_events.tsv").read_text("utf-8")
