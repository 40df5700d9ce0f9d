from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.corrections import exclude, excluded_images
from emotion_core.datasets.checks.exclusions import (
    delete_exclusions,
    exclusion_list,
    exclusion_list_of,
    exclusions_dir,
    list_exclusions,
    load_exclusions,
    save_exclusions,
)
from emotion_core.datasets.checks.findings import collect_findings
from emotion_core.datasets.joining import join
from emotion_core.errors import DatasetError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_EXCLUSIONS_DIR", str(tmp_path / "exclusions"))
    return tmp_path / "exclusions"


@pytest.fixture
def dataset(faces):
    return FaceDataset(
        name="faces.csv",
        images=faces[[0, 1, 2, 3, 1, 4]],
        labels=np.array([3, 3, 1, 2, 3, 3], np.uint8),
        splits=np.array([0, 0, 0, 0, 0, 1], np.uint8),
        rows=np.array([10, 11, 12, 13, 14, 15]),
    )


@pytest.fixture
def exclusions(dataset):
    reasons = {"blurred": np.array([4, 2]), "dark": np.array([4])}
    return exclusion_list(dataset, "my list", reasons)


def test_a_list_names_images_with_their_reasons(dataset, exclusions):
    assert exclusions.fingerprint == dataset.fingerprint
    assert [(image.row, image.label) for image in exclusions.images] == [
        (12, "disgust"),
        (14, "happy"),
    ]
    assert [image.reasons for image in exclusions.images] == [("blurred",), ("blurred", "dark")]
    assert exclusions.reasons == {"blurred": 2, "dark": 1}


def test_excluding_leaves_the_others(dataset, exclusions):
    kept = exclude(dataset, exclusions)
    assert kept.rows.tolist() == [10, 11, 13, 15]  # the first copy of face 1 stays
    assert (kept.excluded.name, kept.excluded.images) == ("my list", 2)
    assert kept.excluded.checksum == exclusions.checksum
    assert kept.split("Training").excluded == kept.excluded
    assert kept.fingerprint != dataset.fingerprint
    assert dataset.excluded is None


def test_the_checksum_is_of_the_images_alone(dataset, exclusions):
    other = exclusion_list(dataset, "other", {"by hand": np.array([2, 4])})
    assert other.checksum == exclusions.checksum
    assert exclusion_list(dataset, "less", {"dark": np.array([2])}).checksum != other.checksum


def test_the_same_images_in_another_order_or_joined_to_others(dataset, exclusions):
    turned = dataset.subset(np.arange(5, -1, -1))
    assert exclude(turned, exclusions).rows.tolist() == [15, 13, 11, 10]
    joined = join(dataset, dataset)
    assert excluded_images(joined, exclusions).sum() == 2


def test_another_data_set_is_refused(dataset, exclusions, faces):
    fewer = replace(dataset.subset(np.array([0, 1, 2])), name="other.csv")
    with pytest.raises(DatasetError) as refused:
        exclude(fewer, exclusions)
    assert str(refused.value) == (
        "other.csv: expected the dataset of the correction list 'my list', faces.csv with "
        f"fingerprint {dataset.fingerprint[:12]}, found only 1 of its 2 images "
        f"(fingerprint {fewer.fingerprint[:12]}); make a list for this dataset"
    )
    changed = replace(dataset, images=faces[[0, 1, 5, 3, 1, 4]])
    with pytest.raises(DatasetError, match="found only 1 of its 2"):
        exclude(changed, exclusions)
    with pytest.raises(
        DatasetError, match="expected images that the correction list 'my list' does"
    ):
        exclude(dataset.subset(np.array([2, 4])), exclusions)


def test_a_second_list_is_refused(dataset, exclusions):
    with pytest.raises(DatasetError, match="already corrected by the list 'my list'; put both"):
        exclude(exclude(dataset, exclusions), exclusions)


@pytest.mark.parametrize("chosen", [[], [0, 1, 2, 3, 4, 5]])
def test_nothing_and_everything_make_no_list(dataset, chosen):
    with pytest.raises(DatasetError, match=r"expected 1 to 5 images of faces\.csv to exclude"):
        exclusion_list(dataset, "list", {"all": np.array(chosen, np.intp)})


@pytest.mark.parametrize("name", ["", "../up", ".hidden", "a/b", "x" * 81, "new\nline"])
def test_names_that_are_no_files(dataset, name):
    with pytest.raises(DatasetError, match="expected a name of 1 to 60 letters, digits"):
        exclusion_list(dataset, name, {"all": np.array([1])})
    with pytest.raises(DatasetError, match="expected a name of 1 to 60 letters, digits"):
        delete_exclusions(name)


def test_kept_found_and_deleted(exclusions, folder):
    path = save_exclusions(exclusions)
    assert path == folder / "my list.json" == exclusions_dir() / "my list.json"
    assert load_exclusions("my list") == load_exclusions(str(path)) == exclusions
    (folder / "broken.json").write_text("{}")
    (folder / "notes.txt").write_text("mine")
    stored = list_exclusions()
    assert stored.lists == (exclusions,)
    assert len(stored.problems) == 1
    assert "broken.json: expected a correction list" in stored.problems[0]
    delete_exclusions("my list")
    assert list_exclusions().lists == ()
    with pytest.raises(DatasetError, match="expected a correction list to delete"):
        delete_exclusions("my list")


def test_the_newest_list_comes_first(exclusions):
    older = replace(exclusions, name="older", created="2001-01-01T00:00:00+00:00")
    save_exclusions(older)
    save_exclusions(exclusions)
    assert [each.name for each in list_exclusions().lists] == ["my list", "older"]


def test_no_folder_yet(tmp_path):
    assert list_exclusions(tmp_path / "nowhere").lists == ()
    with pytest.raises(DatasetError, match=r"found nothing at .*; existing lists: none"):
        load_exclusions("nobody")


@pytest.mark.parametrize(
    "change",
    [
        {"format": "something else"},
        {"images": []},
        {"images": [{"split": "Validation"}]},
        {"images": None},
    ],
)
def test_damaged_files(exclusions, change):
    path = save_exclusions(exclusions)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DatasetError, match=r"found another or a damaged file .*; make it again"):
        load_exclusions("my list")
    path.write_text("no JSON")
    with pytest.raises(DatasetError, match=r"it cannot be read .*; make it again"):
        load_exclusions("my list")


def test_a_folder_that_cannot_be_written(exclusions, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match=r"cannot be written .*; free up space, or name another"):
        save_exclusions(exclusions, tmp_path / "file")


def test_findings_become_a_list(dataset):
    findings = collect_findings(dataset)
    chosen = [finding for finding in findings if finding.kind == "duplicate"]
    found = exclusion_list_of(dataset, "copies", chosen)
    assert [(image.row, image.reasons) for image in found.images] == [(14, ("duplicate",))]


def test_a_list_that_relabels_is_kept_under_another_format(dataset, exclusions):
    """Who knows the first format alone would leave these images out."""
    path = save_exclusions(exclusions)
    assert json.loads(path.read_text())["format"] == "emotion exclusion list 1"
    assert "becomes" not in path.read_text()  # byte for byte as it always was
    relabelled = exclusion_list(dataset, "sad ones", {"mistake": np.array([0, 2])}, "sad")
    path = save_exclusions(relabelled)
    assert json.loads(path.read_text())["format"] == "emotion exclusion list 2"
    assert load_exclusions("sad ones") == relabelled
    assert relabelled.relabelled == 2
    content = json.loads(path.read_text())
    content["images"][0]["becomes"] = "grumpy"
    path.write_text(json.dumps(content))
    with pytest.raises(DatasetError, match=r"becomes: expected angry, .*grumpy"):
        load_exclusions("sad ones")
