import numpy as np
import pytest

from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.judging.notices import DRAWN, FINAL, notices
from tests.judging.made_answers import made_card


@pytest.fixture
def faces(demo) -> FaceDataset:
    """The demo's faces under the name of photographs."""
    return FaceDataset("photos.csv", demo.images, demo.labels, demo.splits, demo.rows)


def texts(card, dataset, split):
    members = np.flatnonzero(dataset.splits == SPLITS.index(split))
    return [notice.text for notice in notices(card, dataset, split, members)]


def trained_on(dataset):
    return made_card(
        data={
            "name": dataset.name,
            "fingerprint": dataset.fingerprint,
            "selected_on": f"{dataset.name} PublicTest",
        }
    )


def test_training_images_are_what_the_model_remembers(faces):
    (text,) = texts(trained_on(faces), faces, "Training")
    assert text.startswith("made has learned from these very images: these figures tell how well")


def test_the_selecting_split_flatters(faces):
    (text,) = texts(trained_on(faces), faces, "PublicTest")
    assert text.startswith("PublicTest has chosen the best epoch")


def test_private_test_must_not_choose(faces):
    assert texts(trained_on(faces), faces, "PrivateTest") == [FINAL]


def test_other_data_is_said(faces):
    card = made_card(data={"name": "fer2013.csv", "fingerprint": "other"})
    (text,) = texts(card, faces, "PublicTest")
    assert text.startswith("made has learned from other data (fer2013.csv).")


def test_the_selecting_split_is_known_by_name_without_the_rest(faces):
    card = made_card(data={"fingerprint": "other", "selected_on": "photos.csv PublicTest"})
    assert "chosen the best epoch" in texts(card, faces, "PublicTest")[0]


def test_what_an_imported_model_knows_is_not_known(faces, demo):
    card = made_card(source={"file": "theirs.h5"})
    (text,) = texts(card, faces, "PublicTest")
    assert text.startswith("What made has learned from is not known.")
    assert "fitted" not in text
    measured = made_card(source=card.source, data={"measured_on": "photos.csv PublicTest"})
    assert texts(measured, faces, "PublicTest")[0].endswith(
        "fitted to them, which does so a little."
    )
    assert texts(card, demo, "PublicTest") == [DRAWN]


def test_a_card_that_says_nothing(faces):
    assert texts(made_card(), faces, "PublicTest") == []


def test_the_demo_is_drawn(demo):
    assert texts(made_card(), demo, "PublicTest") == [DRAWN]
    photographs = made_card(data={"name": "fer2013.csv", "fingerprint": "other"})
    assert texts(photographs, demo, "PublicTest") == [DRAWN]


def test_some_images_seen_in_training_are_counted(faces):
    members = np.arange(len(faces))
    (first, *_) = notices(trained_on(faces), faces, "Training", members)
    seen = int((faces.splits == 0).sum())
    assert first.text.startswith(f"made has learned from {seen} of these {len(faces)} images")
    assert first.kind == "warning"
