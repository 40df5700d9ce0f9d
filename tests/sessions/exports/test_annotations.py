"""What other programs read: each file is read back by one of them, or by its own rules."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import av
import pympi
import pytest

from emotion_core.sessions.exports.annotations import Annotation, in_video
from emotion_core.sessions.exports.bids import events_json, events_tsv
from emotion_core.sessions.exports.elan import MOMENT_MILLISECONDS, eaf
from emotion_core.sessions.exports.webvtt import webvtt
from tests.sessions.exports.eaf_schema import schema_problems

FOUND = [
    Annotation(0.5, 2.0, "expression", "happy", 1, "Ann & Ben"),
    Annotation(2.5, 1.25, "expression", "sad", 1, "Ann & Ben"),
    Annotation(1.0, 3.0, "expression", "fear", 2, "person 2"),
    Annotation(0.75, 0.0, "mark", "=1+1\t<b>&\n--> x"),
    Annotation(0.76, 5.0, "mark", "film"),
    Annotation(3.0, 0.0, "rule", "happy above 80% for 2 s", 1, "Ann & Ben"),
]


def test_bids():
    """By the rules of BIDS for tabular files and for task events."""
    text = events_tsv(FOUND)
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    assert list(rows[0])[:3] == ["onset", "duration", "trial_type"]
    onsets = [float(row["onset"]) for row in rows]
    assert onsets == sorted(onsets) == [0.5, 0.75, 0.76, 1.0, 2.5, 3.0]
    assert all(float(row["duration"]) >= 0 for row in rows)
    assert all(cell for row in rows for cell in row.values())  # nothing is empty: "n/a"
    assert rows[0] == {
        "onset": "0.5000", "duration": "2.0000", "trial_type": "happy", "kind": "expression",
        "person": "1", "name": "Ann & Ben",
    }  # fmt: skip
    assert (rows[1]["trial_type"], rows[1]["person"]) == ("'=1+1 <b>& --> x", "n/a")
    assert text.count("\n") == len(rows) + 1

    sidecar = json.loads(events_json(FOUND, generator="emotion dashboard 0.1.0"))
    assert set(rows[0]) < set(sidecar)
    assert set(sidecar["onset"]) == {"LongName", "Description", "Units"}
    assert "PurposeOfRecording" not in sidecar
    told = json.loads(events_json(FOUND, generator="", purpose="Research"))
    assert told["PurposeOfRecording"] == "Research"
    levels = sidecar["trial_type"]["Levels"]
    assert {row["trial_type"] for row in rows} <= set(levels)


def test_elan(tmp_path):
    """Read back by pympi, another's library for ELAN's files."""
    text = eaf(
        FOUND, created="2026-01-01T12:00:00+00:00", author="emotion dashboard", video="video.mp4"
    )
    (tmp_path / "a.eaf").write_text(text, encoding="utf-8")
    found = pympi.Elan.Eaf(str(tmp_path / "a.eaf"))
    assert list(found.get_tier_names()) == ["Ann & Ben", "person 2", "marks", "marks 2", "rules"]
    assert sorted(found.get_annotation_data_for_tier("Ann & Ben")) == [
        (500, 2500, "happy"), (2500, 3750, "sad"),
    ]  # fmt: skip
    assert found.get_annotation_data_for_tier("marks") == [
        (750, 750 + MOMENT_MILLISECONDS, "=1+1 <b>& --> x")
    ]
    # It began before the other was over.
    assert found.get_annotation_data_for_tier("marks 2") == [(760, 5760, "film")]
    assert found.get_linked_files()[0]["RELATIVE_MEDIA_URL"] == "./video.mp4"
    assert schema_problems(text) == []
    values = [
        int(slot.get("TIME_VALUE")) for slot in ElementTree.fromstring(text).iter("TIME_SLOT")
    ]
    assert values == sorted(values)  # "ordered", says the schema


def test_the_schema_is_broken_where_an_elan_file_is():
    """Each of these would pass a test that looks at nothing."""
    text = eaf(FOUND, created="2026-01-01T12:00:00+00:00", author="a", video="video.mp4")
    for was, is_, problem in (
        ("2026-01-01T12:00:00+00:00", "today", "DATE 'today' is no dateTime"),
        ('AUTHOR="a" ', "", "ANNOTATION_DOCUMENT has no AUTHOR"),
        ('TIME_SLOT_ID="ts1"', 'TIME_SLOT_ID="1"', "TIME_SLOT_ID '1' is no ID"),
        ('TIME_SLOT_REF1="ts1"', 'TIME_SLOT_REF1="ts999"', "TIME_SLOT_REF1 'ts999' is no IDREF"),
        ('TIME_VALUE="500"', 'TIME_VALUE="-1"', "TIME_VALUE '-1' is no unsignedInt"),
        ('TIME_UNITS="milliseconds"', 'TIME_UNITS="ms"', "TIME_UNITS 'ms' is none of them"),
        ('TIER_ID="marks 2"', 'TIER_ID="marks"', "TIER_ID 'marks' is there twice"),
        ('TIME_ALIGNABLE="true"', 'ALIGNED="true"', "LINGUISTIC_TYPE may have no ALIGNED"),
        ('LINGUISTIC_TYPE_REF="default-lt" TIER_ID="rules"', 'LINGUISTIC_TYPE_REF="x" TIER_ID="r"',
         "LINGUISTIC_TYPE_REF 'x' names none"),
        ("<TIME_ORDER>", "<TIMES>", "not well-formed"),
    ):  # fmt: skip
        assert was in text, was
        assert any(problem in each for each in schema_problems(text.replace(was, is_))), problem
    root = ElementTree.fromstring(text)
    root.append(root[0])
    assert schema_problems(ElementTree.tostring(root, "unicode")) == [
        "HEADER follows LINGUISTIC_TYPE in ANNOTATION_DOCUMENT"
    ]


def test_two_people_of_one_name_have_tiers_of_their_own():
    same = [Annotation(0, 1, "expression", "sad", person, "Ann") for person in (1, 2)]
    root = ElementTree.fromstring(eaf(same, created="", author="", video=None).encode())
    assert [tier.get("TIER_ID") for tier in root.iter("TIER")] == ["Ann", "Ann (2)"]
    assert not list(root.iter("MEDIA_DESCRIPTOR"))


def test_webvtt(tmp_path):
    """Read back by FFmpeg."""
    path = tmp_path / "a.vtt"
    path.write_text(webvtt(FOUND), encoding="utf-8")
    assert path.read_text("utf-8").startswith("WEBVTT\n\n")
    with av.open(str(path)) as file:
        cues = [
            (float(packet.pts * packet.time_base), float(packet.duration * packet.time_base),
             bytes(packet).decode())
            for packet in file.demux() if packet.pts is not None
        ]  # fmt: skip
    assert [cue[0] for cue in cues] == [0.5, 0.75, 0.76, 1.0, 2.5, 3.0]
    assert cues[0] == (0.5, 2.0, "<v Ann &amp; Ben>happy</v>")
    assert cues[1] == (0.75, 1.0, "=1+1 &lt;b&gt;&amp; --&gt; x")


def test_times_of_a_video_that_begins_later():
    moved = in_video(FOUND, 2.5)
    assert [(each.text, each.start, each.seconds) for each in moved] == [
        ("sad", 0, 1.25), ("fear", 0, 1.5), ("film", 0, pytest.approx(3.26)),
        ("happy above 80% for 2 s", 0.5, 0),
    ]  # fmt: skip
