from __future__ import annotations

import csv
import io
import os

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES, FaceDataset, demo_dataset, open_dataset
from emotion_core.datasets.checks.findings import (
    CSV_COLUMNS,
    FINDING_KINDS,
    collect_findings,
    findings_csv,
    quality_findings,
)
from emotion_core.datasets.checks.quality import ImageQuality, QualityLimits

NEAR_KINDS = {"near_leak", "near_duplicate", "near_conflict", "mirrored"}


@pytest.fixture
def dataset(smooth_faces):
    """Training: faces 0, 0, 1, a blank one. PublicTest: 0 with another label, 1 brighter, 2."""
    images = smooth_faces[[0, 0, 1, 3, 0, 1, 2]].copy()
    images[3] = 7
    images[5] = np.clip(images[5] * 0.9 + 20, 0, 255)
    return FaceDataset(
        name="faces",
        images=images,
        labels=np.array([3, 3, 4, 6, 0, 4, 6], np.uint8),
        splits=np.array([0, 0, 0, 0, 1, 1, 1], np.uint8),
        rows=np.arange(100, 107),
    )


def by_kind(findings):
    return {finding.kind: finding for finding in findings}


def test_what_is_wrong(dataset):
    found = by_kind(collect_findings(dataset, near=True))
    counts = {kind: finding.indices.tolist() for kind, finding in found.items() if len(finding)}
    assert counts == {
        "leak": [4],
        "near_leak": [5],
        "duplicate": [1],
        "conflict": [0, 1, 4],
        "blank": [3],
    }
    assert found["leak"].partners.tolist() == [0]
    assert found["leak"].scores.tolist() == [3]
    assert found["near_leak"].partners.tolist() == [2]
    assert found["duplicate"].partners.tolist() == [0]
    assert found["conflict"].partners.tolist() == [4, 4, 0]
    assert found["blank"].partners is None
    assert list(found) == [kind for kind in FINDING_KINDS if kind != "no_face"]


def test_near_duplicates_are_asked_for(dataset):
    found = by_kind(collect_findings(dataset))
    assert not NEAR_KINDS & set(found)
    assert found["leak"].indices.tolist() == [4]


def test_no_face_by_votes(dataset):
    votes = np.zeros((7, 10), np.uint8)
    votes[:, VOTE_NAMES.index("NF")] = [0, 5, 9, 0, 4, 10, 0]
    votes[:, 0] = 10 - votes.sum(axis=1)
    voted = FaceDataset(
        dataset.name, dataset.images, dataset.labels, dataset.splits, dataset.rows, votes
    )
    found = by_kind(collect_findings(voted, faces=True))["no_face"]
    assert found.indices.tolist() == [5, 2, 1]
    assert found.scores.tolist() == pytest.approx([1, 0.9, 0.5])


def test_no_face_by_search(dataset):
    found = by_kind(collect_findings(dataset, faces=True))
    assert 3 in found["no_face"].indices.tolist()  # the blank one


def test_limits_and_order():
    quality = ImageQuality(
        brightness=np.array([5, 250, 100, 20, 240], np.float32),
        contrast=np.array([1, 30, 10, 30, 30], np.float32),
        sharpness=np.array([0, 0.5, 0.2, 0.1, 0.5], np.float32),
        flatness=np.array([1, 0.4, 0.1, 0, 0.9], np.float32),
    )
    found = {
        each.kind: each.indices.tolist() for each in quality_findings(quality, QualityLimits())
    }
    assert found == {
        "blank": [0],
        "dark": [3],
        "bright": [1, 4],
        "low_contrast": [2],
        "blurred": [3, 2],
        "drawn": [4, 1],
    }


def test_progress_covers_every_step(dataset):
    calls = []
    collect_findings(
        dataset, near=True, faces=True, progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(7, 21), (14, 21), (21, 21)]


def test_csv(dataset):
    findings = collect_findings(dataset, near=True)
    rows = list(csv.DictReader(io.StringIO(findings_csv(dataset, findings).decode())))
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert len(rows) == sum(map(len, findings)) == 7
    assert rows[0] == {
        "kind": "leak", "index": "4", "split": "PublicTest", "row": "104", "label": "angry",
        "measure": "images that belong together", "score": "3",
        "partner_index": "0", "partner_split": "Training", "partner_row": "100",
        "partner_label": "happy",
    }  # fmt: skip
    assert rows[-1]["kind"] == "blank"
    assert rows[-1]["partner_index"] == ""


@pytest.mark.parametrize(
    "images",
    [np.zeros((1, 48, 48), np.uint8), np.full((9, 48, 48), 255, np.uint8)],
    ids=["one image", "constant images"],
)
def test_broken_data(images):
    zeros = np.zeros(len(images), np.uint8)
    dataset = FaceDataset("broken", images, zeros, zeros, np.arange(len(images)))
    found = by_kind(collect_findings(dataset, near=True))
    assert len(found["blank"]) == len(images)
    assert len(found["duplicate"]) == len(images) - 1
    assert not len(found["near_duplicate"])


def test_the_demo_data_has_no_leak():
    found = by_kind(collect_findings(demo_dataset(6)))
    assert not len(found["leak"])
    assert not len(found["blank"])


@pytest.mark.fer2013
@pytest.mark.skipif("FER2013_CSV" not in os.environ, reason="FER2013_CSV names no fer2013.csv")
def test_the_real_data_set():
    dataset = open_dataset(os.environ["FER2013_CSV"], use_cache=False)
    found = by_kind(collect_findings(dataset))
    assert len(found["leak"]) == 280  # 279 faces, and a blank image that both splits have
    assert len(found["blank"]) == pytest.approx(13, abs=1)
    assert len(found["bright"]) == pytest.approx(32, abs=2)
    if dataset.votes is not None:
        assert len(found["no_face"]) == pytest.approx(160, abs=2)
