import re

import numpy as np
import pytest

from emotion_core.datasets.joining import join
from emotion_core.datasets.types import SPLITS, FaceDataset
from emotion_core.judging.notices import DRAWN, FINAL, notices
from emotion_core.models.seen_images import SeenImages
from tests.judging.made_answers import made_card

CHOSEN_ON = "The best epoch, temperature and certainty threshold of made were chosen on "


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
    assert text.startswith(CHOSEN_ON + "PublicTest, so")


def test_private_test_must_not_choose(faces):
    assert texts(trained_on(faces), faces, "PrivateTest") == [FINAL]


def test_other_data_is_said(faces):
    card = made_card(data={"name": "fer2013.csv", "fingerprint": "other"})
    (text,) = texts(card, faces, "PublicTest")
    assert text.startswith("made has learned from other data (fer2013.csv).")


def test_the_selecting_split_is_known_by_name_without_the_rest(faces):
    card = made_card(data={"fingerprint": "other", "selected_on": "photos.csv PublicTest"})
    assert CHOSEN_ON in texts(card, faces, "PublicTest")[0]


def test_what_an_imported_model_knows_is_not_known(faces, demo):
    card = made_card(source={"file": "theirs.h5"})
    (text,) = texts(card, faces, "PublicTest")
    assert text.startswith("What made learned from is not known.")
    assert "fitted" not in text
    measured = made_card(source=card.source, data={"measured_on": "photos.csv PublicTest"})
    assert texts(measured, faces, "PublicTest")[0].endswith(
        "fitted to them, which flatters it a little."
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


def seen_by(dataset):
    return SeenImages.of(dataset.images[dataset.splits == 0], dataset.images[dataset.splits == 1])


def texts_by_images(card, dataset, split, seen):
    members = np.flatnonzero(dataset.splits == SPLITS.index(split))
    return [notice.text for notice in notices(card, dataset, split, members, seen)]


class TestByImages:
    """Copies, parts and joined datasets are recognised whatever fingerprint and name they have."""

    @pytest.fixture
    def card(self):
        return made_card(data={"name": "part.csv", "fingerprint": "other", "selected_on": "x y"})

    @pytest.fixture
    def copies(self, faces):
        half = faces.subset(np.arange(len(faces)) % 2 == 0, name="half.zip")
        changed = FaceDataset(
            "copy.csv", faces.images.copy(), faces.labels, faces.splits, faces.rows
        )
        changed.images[0] += 1  # as in many a copy of FER2013
        mirrored = faces.images[:, :, ::-1].copy()
        other = FaceDataset("mirrored", mirrored, faces.labels, faces.splits, faces.rows)
        return {"same": faces, "half": half, "a copy": changed, "joined": join(faces, other)}

    @pytest.mark.parametrize(
        ("copy", "learned"),
        [
            ("same", "has learned from these very images"),
            ("half", "has learned from these very images"),
            ("a copy", r"has learned from \d+ of these \d+ images \(9\d\.\d%, byte for byte\)"),
            ("joined", r"has learned from \d+ of these \d+ images \(50\.0%, byte for byte\)"),
        ],
    )
    def test_training(self, card, faces, copies, copy, learned):
        (text,) = texts_by_images(card, copies[copy], "Training", seen_by(faces))
        assert re.match(rf"made {learned}: these figures tell how well", text)

    @pytest.mark.parametrize(
        ("copy", "chosen"),
        [
            ("same", "PublicTest"),
            ("half", "PublicTest"),
            ("joined", r"\d+ of these \d+ images \(50\.0%, byte for byte\)"),
        ],
    )
    def test_the_selecting_split(self, card, faces, copies, copy, chosen):
        (text,) = texts_by_images(card, copies[copy], "PublicTest", seen_by(faces))
        assert re.match(rf"{CHOSEN_ON}{chosen}, so the figures flatter", text)

    def test_images_that_stand_in_both(self, card, faces):
        images = faces.images.copy()
        public = np.flatnonzero(faces.splits == 1)
        images[public[0]] = images[faces.splits == 0][0]
        twice = FaceDataset("photos.csv", images, faces.labels, faces.splits, faces.rows)
        (text,) = texts_by_images(card, twice, "PublicTest", seen_by(twice))
        assert text.startswith(CHOSEN_ON + "PublicTest, so")
        assert f"It has also learned from 1 of these {len(public)} images (" in text

    def test_a_few_that_it_has_learned_flatter_a_little(self, card, faces):
        known = SeenImages.of(faces.images[faces.splits == 2][:1], faces.images[:0])
        first, last = texts_by_images(card, faces, "PrivateTest", known)
        assert "it may remember those, so the figures flatter it a little." in first
        assert last == FINAL

    def test_a_name_alone_makes_no_match(self, faces):
        """Another PublicTest of the same name, as from another copy, has chosen nothing."""
        card = made_card(
            data={"name": "photos.csv", "fingerprint": "x", "selected_on": "photos.csv PublicTest"}
        )
        others = SeenImages.of(255 - faces.images, 255 - faces.images)
        (text,) = texts_by_images(card, faces, "PublicTest", others)
        assert text == (
            "made has learned from other data (photos.csv): none of these images is in it, byte "
            "for byte."
        )

    def test_private_test_took_no_part(self, card, faces):
        texts = texts_by_images(card, faces, "PrivateTest", seen_by(faces))
        assert texts[-1] == FINAL
        assert texts[0].endswith("none of these images is in it, byte for byte.")
