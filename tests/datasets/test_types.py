from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.datasets import VOTE_NAMES, FaceDataset, byte_identical_to
from emotion_core.errors import DatasetError


@pytest.fixture
def dataset(faces):
    return FaceDataset(
        name="faces",
        images=faces,
        labels=np.array([0, 1, 2, 3, 4, 6], np.uint8),
        splits=np.array([0, 0, 0, 0, 1, 1], np.uint8),
        rows=np.arange(6),
        votes=np.tile(np.arange(6, dtype=np.uint8)[:, None], (1, len(VOTE_NAMES))),
        dropped_rows=2,
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("images", np.zeros((6, 48, 47), np.uint8), "images: expected shape (6, 48, 48)"),
        ("images", np.zeros((6, 48, 48), np.float32), "images: expected dtype uint8, found float3"),
        ("images", np.zeros((5, 48, 48), np.uint8), "labels: expected shape (5,), found (6,)"),
        ("labels", np.full(6, 7, np.uint8), "labels: expected 0 to 6, found 7"),
        ("splits", np.full(6, 3, np.uint8), "splits: expected 0 to 2, found 3"),
        ("splits", np.zeros(6, np.int64), "splits: expected dtype uint8, found int64"),
        ("rows", np.zeros(5, np.int64), "rows: expected shape (6,), found (5,)"),
        ("votes", np.zeros((6, 9), np.uint8), "votes: expected shape (6, 10), found (6, 9)"),
    ],
)
def test_what_does_not_fit_is_refused(dataset, field, value, message):
    with pytest.raises(DatasetError) as caught:
        replace(dataset, **{field: value})
    assert str(caught.value).startswith(message)


def test_no_faces_are_refused(dataset):
    with pytest.raises(DatasetError, match="faces: expected at least one face, found none"):
        dataset.subset(np.zeros(6, bool))


def test_split(dataset, faces):
    public = dataset.split("PublicTest")
    assert public.name == "faces PublicTest"
    assert len(public) == 2
    np.testing.assert_array_equal(public.images, faces[4:])
    assert public.labels.tolist() == [4, 6]
    assert public.rows.tolist() == [4, 5]
    assert public.votes[:, 0].tolist() == [4, 5]
    assert public.dropped_rows == 2


def test_splits_that_are_not_there(dataset):
    with pytest.raises(DatasetError, match="has no PrivateTest images, only Training, PublicTest"):
        dataset.split("PrivateTest")
    with pytest.raises(DatasetError, match=r"expected a split of Training, .* found 'test'"):
        dataset.split("test")


def test_fingerprint_depends_on_content_alone(dataset):
    same = replace(dataset, name="other", images=dataset.images.copy(), votes=None)
    assert same.fingerprint == dataset.fingerprint
    for field in ("images", "labels", "splits"):
        changed = getattr(dataset, field).copy()
        changed.flat[0] ^= 1
        assert replace(dataset, **{field: changed}).fingerprint != dataset.fingerprint


def test_a_part_does_not_keep_the_known_fingerprint_of_the_whole(dataset):
    known = replace(dataset, known_fingerprint="abc")
    assert known.fingerprint == "abc"
    part = known.subset(np.array([0, 1]))
    assert part.known_fingerprint is None
    assert part.fingerprint == dataset.subset(np.array([0, 1])).fingerprint


def test_byte_identical_to(faces):
    nearly = faces[0].copy()
    nearly[47, 47] ^= 1
    images = np.stack([faces[3], nearly, faces[5]])
    assert byte_identical_to(images, faces[:5]).tolist() == [True, False, False]
    assert byte_identical_to(images, faces[:0]).tolist() == [False, False, False]
    assert byte_identical_to(images[:0], faces).shape == (0,)
