"""Exported events in a data set of BIDS, judged by the validator of BIDS itself."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from emotion_core.sessions.edits.marks import add_mark
from emotion_core.sessions.edits.persons import name_person
from emotion_core.sessions.exports.kinds import write_session
from tests.sessions.recordings import record

DESCRIPTION = {
    "Name": "Faces",
    "BIDSVersion": "1.10.0",
    "DatasetType": "raw",
    "License": "CC0",
    "Authors": ["A. Person", "B. Person"],
}


def validated(folder: Path) -> list[dict[str, Any]]:
    """Return the errors that the validator finds in a data set; skip where it cannot run."""
    validator = shutil.which("bids-validator-deno", path=str(Path(sys.executable).parent))
    if validator is None:
        pytest.skip("needs the validator of BIDS (pip install bids-validator-deno)")
    environment = os.environ | {"DENO_DIR": str(folder.parent / "deno"), "NO_COLOR": "1"}
    done = subprocess.run(
        [validator, "--format", "json", "--max-rows", "-1", str(folder)],
        env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if not done.stdout.startswith("{"):
        pytest.skip(f"the validator of BIDS does not run here: {done.stderr[-300:]}")
    issues: list[dict[str, Any]] = json.loads(done.stdout)["issues"]["issues"]
    return [issue for issue in issues if issue["severity"] == "error"]


def in_data_set(events: zipfile.ZipFile, folder: Path) -> Path:
    """Put an export's events into a data set that has nothing else, and return its folder."""
    (subject,) = {name.split("_")[0] for name in events.namelist()}
    events.extractall(folder / subject / "beh")
    (folder / "dataset_description.json").write_text(json.dumps(DESCRIPTION), "utf-8")
    (folder / "README").write_text("Faces of people who watch something. " * 5, "utf-8")
    return folder


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    """Return a data set whose only events are those of a session, as its ZIP has them."""
    frames = [(number / 10, {1: "happy" if number < 20 else "sad"}) for number in range(40)]
    session = record(tmp_path / "sessions", frames)
    name_person(session, 1, "Ann\tBen")
    add_mark(session, 1.0, "=1+1")
    add_mark(session, 2.0, "question, “loud”", seconds=1.5)
    archive = io.BytesIO()
    write_session(session, "tsv", archive)
    with zipfile.ZipFile(archive) as file:
        return in_data_set(file, tmp_path / "data set")


def test_events_are_valid(data_set):
    assert validated(data_set) == []


def test_an_invalid_one_is_noticed(data_set):
    (table,) = data_set.rglob("*_events.tsv")
    table.write_text(table.read_text("utf-8").replace("onset", "start", 1), "utf-8")
    assert "TSV_COLUMN_MISSING" in {issue["code"] for issue in validated(data_set)}
