"""Labels of faces that were looked at, and the benchmarks that count by them."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.contact_sheets import agreement, answers
from benchmarks.truth import UNCLEAR, Look, read_looks, shown_at, write_looks
from benchmarks.webcam_truth import Tally
from emotion_core.faces.boxes import Box
from emotion_core.faces.readings import FaceReading
from emotion_core.live.reader import LiveFace
from tests.benchmarks.running import output_of, run


def look(seconds: float, label: str, x: int = 0, person: str = "her") -> Look:
    return Look("film", seconds, person, x, 10, 100, 100, label, label)


def test_a_face_moves_and_keeps_its_label_between_two_looks():
    looks = [look(0.0, "calm"), look(1.0, "calm", 40), look(2.0, "smiling", 40)]
    assert shown_at(looks, 0.25, 4) == {"her": (Box(10, 10, 100, 100), "calm")}
    assert shown_at(looks, 2.0, 4) == {"her": (Box(40, 10, 100, 100), "smiling")}
    # Nobody saw when the smile began, nor what came after.
    assert shown_at(looks, 1.5, 4) == {}
    assert shown_at(looks, 3.0, 4) == {}


def test_looks_that_differ_or_are_unclear_count_for_nobody():
    differing = replace(look(1.0, "calm"), second="sad")
    assert differing.label == UNCLEAR
    assert look(0.0, "").label == UNCLEAR
    looks = [look(0.0, "calm"), differing, look(2.0, "calm"), look(0.0, UNCLEAR, person="him")]
    assert [sorted(shown_at(looks, seconds, 2)) for seconds in (0.0, 0.5, 1.0, 2.0)] == [
        ["her"], [], [], ["her"],
    ]  # fmt: skip


def test_labels_come_back_as_they_were_written(tmp_path):
    file = tmp_path / "looks.csv"
    file.write_text("# by hand\n", "utf-8")
    looks = [look(0.333, "calm"), replace(look(1.0, "sad"), second="afraid")]
    write_looks(looks, file)
    assert file.read_text("utf-8").startswith("# by hand\nfilm,seconds,person,")
    assert read_looks(file) == looks


def test_the_labels_of_the_project():
    kept = Counter(each.label for each in read_looks() if each.label != UNCLEAR)
    assert kept["calm"] > 50
    assert kept["smiling"] > 20


def test_answers_by_number():
    assert answers("2 sad\n\n1 calm\n", 2) == ["calm", "sad"]
    with pytest.raises(SystemExit, match=r"expected answers for 1 to 2, found none for \[2\]"):
        answers("1 calm", 2)
    with pytest.raises(SystemExit, match=r"expected NUMBER and one of calm, .*, found '1 happy'"):
        answers("1 happy", 1)


def test_agreement_beyond_chance():
    """Cohen's kappa by hand: three of four agree, and chance alone gives half."""
    looks = [look(0, "calm"), look(1, "calm"), look(2, "sad")]
    looks.append(replace(look(3, "sad"), second="calm"))
    figures = agreement(looks)
    assert (figures["faces"], figures["agree"], figures["kappa"]) == (4, 0.75, 0.5)
    assert figures["kept"] == {"calm": 2, "sad": 1}
    assert figures["differ"] == {"calm / sad": 1}


def test_shares_of_what_is_said():
    def face(smoothed: int, single: int) -> LiveFace:
        def reading(best: int) -> FaceReading:
            scores = tuple(0.7 if index == best else 0.05 for index in range(7))
            return FaceReading(Box(0, 0, 9, 9), scores, 0.5)

        return LiveFace(1, reading(single), reading(smoothed))

    neutral, sad = 6, 4
    tally = Tally()
    for each in (face(neutral, sad), face(neutral, neutral), face(sad, sad), None):
        tally.note(each)
    figures = (tally + Tally()).figures("calm")
    assert figures["faces"] == 4
    assert figures["found"] == 0.75
    assert (figures["right"], figures["sad"], figures["sad_single"]) == (0.667, 0.333, 0.667)
    assert Tally(faces=2).figures("calm") == {"faces": 2, "found": 0.0}


def test_playing_films(tmp_path):
    """Only scikit-image's picture is there; every other film is told to be missing."""
    file = tmp_path / "figures.json"
    figures = run("webcam_truth.py", "--json", file)
    assert json.loads(file.read_text("utf-8")) == figures
    assert "two-people-turning-heads" in figures["not_there"]
    assert figures["haar"]["films"]["astronaut"]["smiling"]["right"] == 1
    assert figures["haar+blazeface"]["all"]["smiling"]["faces"] > 20


def test_sheets_show_what_is_there(tmp_path):
    done = output_of("contact_sheets.py", "--out", tmp_path)
    assert "two-people-turning-heads: not there" in done.stderr
    sheets = [cv2.imread(str(path)) for path in sorted(tmp_path.glob("*.png"))]
    assert sum(np.mean(sheet > 40) > 0.02 for sheet in sheets) == 1


@pytest.mark.fer2013
def test_aligning_fer2013():
    if "FER2013_CSV" not in os.environ:
        pytest.skip("FER2013_CSV names no dataset")
    data = "--data", os.environ["FER2013_CSV"]
    figures = run("alignment.py", *data, "--images", "40", "--angles", "0", "30")["angles"]
    assert figures["0"]["found"] > 0.8
    accuracy = figures["30"]["accuracy"]
    assert accuracy["turned"] > accuracy["as it is"]
