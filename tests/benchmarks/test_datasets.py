"""Benchmarks of the dataset pages still run; what they measure is not looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.datasets import SPLITS, VOTE_NAMES, FaceDataset
from emotion_core.datasets.checks.agreement import VOTE_LABELS
from emotion_core.emotions import EMOTIONS
from tests.benchmarks.running import run


def write_csv(dataset: FaceDataset, path: Path) -> None:
    """Write a dataset in the form of FER2013."""
    lines = ["emotion,pixels,Usage"]
    for image, label, split in zip(dataset.images, dataset.labels, dataset.splits, strict=True):
        lines.append(f"{label},{' '.join(map(str, image.ravel()))},{SPLITS[split]}")
    path.write_text("\n".join(lines) + "\n")


def test_data_set_checks(tmp_path):
    figures = run("dataset_checks.py", "--rows", "60", cache=tmp_path / "cache")
    assert figures["near"]["recall_of_exact"] == 1
    assert figures["near"]["recall"]["darkened"] == 1
    assert figures["near"]["recall"]["mirrored"] > figures["dct_hash"]["recall"]["mirrored"]


def test_scores_for_label_mistakes(tiny_model, demo, tmp_path):
    """Every fourth label is contradicted."""
    write_csv(demo, tmp_path / "fer2013.csv")
    votes = [",".join(["Usage", "Image name", *VOTE_NAMES])]
    for place in range(len(demo)):
        label, split = demo.labels[place], SPLITS[demo.splits[place]]
        counts = [0] * len(VOTE_NAMES)
        counts[VOTE_LABELS.index(label if place % 4 else (label + 1) % len(EMOTIONS))] = 10
        votes.append(",".join([split, "x.png", *map(str, counts)]))
    (tmp_path / "fer2013new.csv").write_text("\n".join(votes) + "\n")
    figures = run(
        "label_mistakes.py", "--model", tiny_model, "--data", tmp_path / "fer2013.csv",
        cache=tmp_path / "cache",
    )  # fmt: skip
    assert figures["margin (in use)"]["Training"]["judged"] == (demo.splits == 0).sum()
    for of_method in figures.values():
        assert 0 <= of_method["Training"]["auc"] <= 1
    assert figures["label alone"]["Training"]["auc_within_label"] == 0.5


def test_ways_to_make_a_map(tmp_path):
    figures = run("map_methods.py", "demo", "--images", "80", cache=tmp_path / "cache")
    assert figures["images"] == 80
    assert figures["maps"].keys() >= {"t-SNE", "PCA"}
    for of_method in figures["maps"].values():
        assert 0 < of_method["neighbours_kept"] <= 1


@pytest.mark.browser
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory in Linux's /proc")
def test_the_data_set_page(demo, tmp_path):
    faces = tmp_path / "faces.csv"
    write_csv(demo, faces)
    figures = run("dataset_page.py", faces, "--repeat", "1", cache=tmp_path / "cache")
    assert figures["images"] == len(demo)
    assert figures["ready_seconds"]["Browse"]["first"] > 0
    assert figures["filter_seconds"] > 0
    assert figures["script_ms"] > 0
