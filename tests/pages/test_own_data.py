"""My data without a browser: consent, making a dataset, adding, relabelling, export, deletion."""

from __future__ import annotations

import gc
import io
import weakref
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.datasets import open_dataset
from emotion_core.datasets.own import storage as own_data
from emotion_core.datasets.own.dataset import OwnDataset
from emotion_core.datasets.own.samples import add_samples, read_samples
from emotion_core.datasets.own.storage import (
    consent,
    create_own_dataset,
    list_own_datasets,
    own_data_dir,
)
from emotion_core.datasets.source import DataSource
from emotion_core.errors import DatasetError
from emotion_core.faces.boxes import Box
from emotion_core.faces.pictures.images import encode_png
from emotion_core.system.storage.folders import PROJECT
from pages.capture import faces as own_capture
from pages.capture import samples as own_samples
from pages.opened.store import dataset_store

FACES = np.random.default_rng(0).integers(0, 256, (8, 48, 48)).astype(np.uint8)


class Ticks:
    """Stands for the grid, which lives in the browser: ticks what a test says."""

    def __init__(self) -> None:
        self.places: list[int] | None = None  # None: as at first
        self.shown: dict[str, tuple[np.ndarray, list[str]]] = {}

    def __call__(self, images, notes, key, *, label, ticked=False):
        assert label
        assert len(notes) == len(images) >= 1
        self.shown[key] = images, [note.title for note in notes]
        places = range(len(images)) if self.places is None and ticked else self.places or []
        return [place for place in places if place < len(images)]


@pytest.fixture(autouse=True)
def clean_slate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    st.cache_resource.clear()
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    ticks = Ticks()
    for module in (own_capture, own_samples):
        monkeypatch.setattr(module, "pick_faces", ticks)
    return ticks


@pytest.fixture
def page(ticks: Ticks) -> AppTest:  # noqa: ARG001
    return AppTest.from_file(str(PROJECT / "pages/own_data.py"), default_timeout=60)


@pytest.fixture
def two_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two faces be found in every picture."""

    class Detector:
        def detect(self, _: np.ndarray) -> list[Box]:
            return [Box(48, 0, 48, 48), Box(0, 0, 48, 48)]

    monkeypatch.setattr(own_capture, "photo_faces", lambda _: Detector())


@pytest.fixture
def me() -> OwnDataset:
    """Three happy faces and a sad one."""
    me = create_own_dataset(own_data_dir(), "me", "I agree.")
    me = add_samples(me, FACES[:3], "happy", source="camera", sitting=1)
    return add_samples(me, FACES[3:4], "sad", source="camera", sitting=1)


def datasets() -> tuple[OwnDataset, ...]:
    return list_own_datasets(own_data_dir()).datasets


def text_of(page: AppTest) -> str:
    elements = [*page.title, *page.subheader, *page.caption, *page.markdown, *page.info]
    elements += [*page.warning, *page.error, *page.code]
    return "\n".join(element.value for element in elements)


def run(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def agreed(page: AppTest) -> AppTest:
    run(page).checkbox(key="own_consent").check()
    return run(page)


def click(page: AppTest, key: str) -> AppTest:
    button = page.button(key=key)
    assert not button.disabled
    button.click()
    return run(page)


def upload(page: AppTest, way: str, *files: tuple[str, bytes]) -> AppTest:
    page.button_group(key="own_way").set_value(way)
    run(page).file_uploader[0].set_value([(name, content, "image/png") for name, content in files])
    return run(page)


def picture(*faces: np.ndarray) -> bytes:
    return encode_png(np.hstack(faces))


def test_nothing_is_made_or_added_without_consent(page):
    run(page)
    assert page.button(key="own_create").disabled
    assert "Everyone whose face I add here has agreed" in page.checkbox(key="own_consent").label
    create_own_dataset(own_data_dir(), "me", "")
    run(page)
    assert "Agree above to add faces." in text_of(page)
    assert not page.get("camera_input")
    assert not page.get("file_uploader")


def test_a_data_set_is_made_with_the_consent_in_it(page):
    agreed(page).text_input(key="own_new_name").set_value("me")
    click(page, "own_create")
    (me,) = datasets()
    assert (me.name, me.consent, me.samples) == ("me", consent(), ())
    assert page.selectbox(key="own_dataset").value == "me"
    page.text_input(key="own_new_name").set_value("you")
    click(page, "own_create")
    assert page.selectbox(key="own_dataset").value == "you"
    page.text_input(key="own_new_name").set_value("a/b")
    click(page, "own_create")
    assert "expected a name of 1 to 60 letters" in text_of(page)
    assert page.selectbox(key="own_dataset").value == "you"
    assert "expected a name" not in text_of(run(page))  # said once


@pytest.mark.usefixtures("me", "two_faces")
def test_ticked_faces_of_photos_are_added(page, ticks):
    agreed(page)
    upload(page, "Photos", ("1.png", picture(*FACES[4:6])), ("2.png", picture(*FACES[6:8])))
    images, titles = ticks.shown["own_found"]
    np.testing.assert_array_equal(images, FACES[4:8])
    assert titles == ["face 1", "face 2", "face 3", "face 4"]
    assert page.button(key="own_add").label == "Add 4 faces: choose their expression above"
    assert page.button(key="own_add").disabled
    page.button_group(key="own_emotion").set_value("fear")
    ticks.places = [1]
    assert run(page).button(key="own_add").label == "Add 1 face as fear"
    click(page, "own_add")
    (me,) = datasets()
    sample = me.samples[-1]
    assert (len(me.samples), sample.emotion, sample.source) == (5, "fear", "photo")
    np.testing.assert_array_equal(read_samples(me, [sample])[0], FACES[5])
    assert page.toast[0].value == "1 face added to fear."
    assert not page.file_uploader[0].value  # ready for the next


@pytest.mark.usefixtures("me", "two_faces")
def test_nothing_ticked_is_nothing_to_add(page, ticks):
    agreed(page).button_group(key="own_emotion").set_value("fear")
    ticks.places = []
    upload(page, "Photos", ("1.png", picture(*FACES[4:6])))
    assert page.button(key="own_add").disabled


@pytest.mark.usefixtures("me")
def test_a_picture_from_the_camera(page, ticks):
    portrait = cv2.cvtColor(skimage.data.astronaut()[:300, 75:375], cv2.COLOR_RGB2BGR)
    agreed(page).button_group(key="own_emotion").set_value("surprise")
    content = cv2.imencode(".jpg", portrait)[1].tobytes()
    page.camera_input[0].set_value(("photo.jpg", content, "image/jpeg"))
    assert run(page).button(key="own_add").label == "Add 1 face as surprise"
    click(page, "own_add")
    (me,) = datasets()
    assert (me.samples[-1].emotion, me.samples[-1].source) == ("surprise", "camera")
    assert len(ticks.shown["own_found"][0]) == 1


@pytest.mark.usefixtures("me")
def test_crops_are_taken_as_they_are(page, ticks):
    agreed(page).button_group(key="own_emotion").set_value("neutral")
    large = FACES[5].repeat(3, axis=0).repeat(3, axis=1)
    upload(page, "Crops", ("1.png", encode_png(FACES[4])), ("2.png", encode_png(large)))
    np.testing.assert_array_equal(ticks.shown["own_found"][0], FACES[4:6])
    assert "converted to grey and resized to 48 x 48 pixels" in page.file_uploader[0].label
    click(page, "own_add")
    assert [sample.source for sample in datasets()[0].samples[-2:]] == ["crop", "crop"]


@pytest.mark.usefixtures("me")
def test_bad_files_and_pictures_without_a_face_are_told(page):
    agreed(page)
    blank = encode_png(np.full((200, 200), 128, np.uint8))
    upload(page, "Photos", ("letter.png", b"Dear camera"), ("wall.png", blank))
    text = text_of(page)
    assert "This file cannot be read. letter.png" in text
    assert "No face found in **wall.png**." in text
    assert "own_add" not in {button.key for button in page.button}


@pytest.mark.usefixtures("me")
def test_very_many_faces_are_added_in_turns(page, ticks, monkeypatch):
    monkeypatch.setattr(own_capture, "MOST_FACES", 2)
    agreed(page)
    upload(page, "Crops", *((f"{n}.png", encode_png(FACES[n])) for n in range(3)))
    assert "first 2 of 3 faces" in text_of(page)
    assert len(ticks.shown["own_found"][0]) == 2


@pytest.mark.usefixtures("me")
def test_the_sitting_and_its_split_are_told(page, monkeypatch):
    agreed(page).button_group(key="own_emotion").set_value("sad")
    assert "Sitting **1** goes to Training, to learn from" in text_of(run(page))
    click(page, "own_next_sitting")
    assert "Sitting **2** goes to PublicTest, to test with" in text_of(page)
    assert page.button(key="own_next_sitting").disabled
    upload(page, "Crops", ("1.png", encode_png(FACES[4])))
    click(page, "own_add")
    assert (datasets()[0].samples[-1].sitting, datasets()[0].samples[-1].split) == (2, "PublicTest")
    assert "Sitting **2**" in text_of(page)
    later = datetime.now(UTC) + timedelta(minutes=31)
    monkeypatch.setattr(own_capture, "datetime", type("Later", (), {"now": lambda _: later}))
    assert "Sitting **3** goes to Training" in text_of(run(page))
    assert "4 in Training · 1 in PublicTest" in text_of(page)


@pytest.mark.usefixtures("me")
def test_faces_are_shown_by_class_the_newest_first(page, ticks):
    run(page)
    images, titles = ticks.shown["own_samples"]
    np.testing.assert_array_equal(images, FACES[[3, 2, 1, 0]])
    assert titles[0].startswith("sad: Training, sitting 1, from a camera, 20")
    page.button_group(key="own_shown").set_value("sad")
    run(page)
    np.testing.assert_array_equal(ticks.shown["own_samples"][0], FACES[3:4])
    # The last one of the class that is shown goes: all are shown again.
    ticks.places = [0]
    click(run(page), "own_remove")
    np.testing.assert_array_equal(ticks.shown["own_samples"][0], FACES[[2, 1, 0]])


@pytest.mark.usefixtures("me")
def test_pages_of_faces(page, ticks, monkeypatch):
    monkeypatch.setattr(own_samples, "PAGE_FACES", 3)
    run(page).number_input(key="own_page").set_value(2)
    run(page)
    np.testing.assert_array_equal(ticks.shown["own_samples"][0], FACES[:1])
    ticks.places = [0]
    click(run(page), "own_remove")  # the second page is gone
    np.testing.assert_array_equal(ticks.shown["own_samples"][0], FACES[[3, 2, 1]])


@pytest.mark.usefixtures("me")
def test_ticked_faces_are_relabelled_and_removed(page, ticks):
    run(page)
    assert page.button(key="own_relabel").disabled
    assert page.button(key="own_remove").disabled
    ticks.places = [1, 2]
    run(page).selectbox(key="own_relabel_as").set_value("surprise")
    assert run(page).button(key="own_relabel").label == "Relabel 2"
    click(page, "own_relabel")
    assert [sample.emotion for sample in datasets()[0].samples] == [
        *("happy", "surprise", "surprise", "sad")
    ]
    click(page, "own_remove")
    assert [sample.emotion for sample in datasets()[0].samples] == ["happy", "sad"]


@pytest.mark.usefixtures("me")
def test_removing_and_relabelling_can_be_undone(page, ticks):
    before = datasets()
    ticks.places = [0, 1]  # the sad one and a happy one
    run(page).selectbox(key="own_relabel_as").set_value("fear")
    click(run(page), "own_relabel")
    assert "2 faces relabelled as fear." in text_of(page)
    click(page, "take back own samples")
    assert datasets() == before
    assert "relabelled" not in text_of(page)

    ticks.places = [0, 1, 2, 3]
    click(run(page), "own_remove")
    assert datasets()[0].samples == ()
    assert "4 faces removed." in text_of(page)  # said although no face is left to show
    click(page, "take back own samples")
    assert datasets() == before
    np.testing.assert_array_equal(ticks.shown["own_samples"][0], FACES[[3, 2, 1, 0]])


@pytest.mark.usefixtures("me")
def test_only_what_was_done_last_and_here_can_be_undone(page, ticks):
    ticks.places = [0]
    click(run(page), "own_remove")
    create_own_dataset(own_data_dir(), "you", "I agree.")
    run(page).selectbox(key="own_dataset").set_value("you")
    assert "removed" not in text_of(run(page))
    page.selectbox(key="own_dataset").set_value("me")
    assert "1 face removed." in text_of(run(page))
    own_data.delete_own_dataset(own_data_dir(), "me")
    create_own_dataset(own_data_dir(), "me", "I agree.")
    (own_data_dir() / "me" / "dataset.json").unlink()
    click(page, "take back own samples")
    assert "expected a dataset with dataset.json, found none" in text_of(page)


@pytest.mark.usefixtures("me")
def test_the_selector_says_no_number_that_a_browser_would_keep(page):
    """A browser shows the label that was chosen, whatever the server calls the option later."""
    assert run(page).selectbox(key="own_dataset").options == ["me"]
    assert "4 faces · 4 in Training" in text_of(page)


@pytest.mark.usefixtures("me")
def test_photos_without_a_face_are_named_beside_the_faces_of_others(page, ticks):
    blank = encode_png(np.full((200, 200), 128, np.uint8))
    portrait = encode_png(cv2.cvtColor(skimage.data.astronaut()[:300, 75:375], cv2.COLOR_RGB2GRAY))
    walls = [(f"wall{number}.png", blank) for number in range(12)]
    agreed(page)
    upload(page, "Photos", walls[0], ("me.png", portrait))
    assert len(ticks.shown["own_found"][0]) == 1
    (warning,) = page.warning
    assert warning.value.startswith("No face found in **wall0.png**. ")
    upload(page, "Photos", *walls)
    assert "and 2 more" in page.warning[0].value


def test_a_damaged_face_is_told(page, me, ticks):
    (me.folder / me.samples[0].file).write_bytes(b"")
    assert "1 of these images cannot be read" in text_of(run(page))
    assert ticks.shown["own_samples"][1][-1].startswith("unreadable:")


@pytest.mark.usefixtures("me")
@pytest.mark.parametrize(
    ("module", "function", "key"),
    [
        (own_capture, "add_samples", "own_add"),
        (own_samples, "relabel_samples", "own_relabel"),
        (own_samples, "remove_samples", "own_remove"),
    ],
)
def test_a_full_disk_is_told(page, ticks, monkeypatch, module, function, key):
    def fail(*_: object, **__: object) -> None:
        raise DatasetError("me cannot be written (No space left on device); free up space")

    monkeypatch.setattr(module, function, fail)
    agreed(page).button_group(key="own_emotion").set_value("sad")
    upload(page, "Crops", ("1.png", encode_png(FACES[4])))
    ticks.places = [0]
    click(run(page), key)
    assert "No space left on device" in text_of(page)
    assert len(datasets()[0].samples) == 4


def test_the_zip_is_a_data_set(page, me, tmp_path):
    button = run(page).get("download_button")[0]
    assert button.proto.label == "ZIP"
    content = io.BytesIO()
    own_data.write_zip(me, content)
    (tmp_path / "me.zip").write_bytes(content.getvalue())
    assert len(open_dataset(tmp_path / "me.zip")) == 4


def test_how_to_train_is_said(page, me):
    text = text_of(run(page))
    assert "train --data fer2013.csv --join own/me --out models/mine" in text
    assert "evaluate" not in text  # nothing to check with yet
    add_samples(me, FACES[:1], "sad", source="crop", sitting=2)
    assert "evaluate --model models/mine --data own/me" in text_of(run(page))


@pytest.mark.usefixtures("me")
def test_renamed_and_deleted(page):
    run(page).text_input(key="own_name me").set_value("my faces")
    click(page, "own_rename")
    assert [each.name for each in datasets()] == ["my faces"]
    assert page.selectbox(key="own_dataset").value == "my faces"
    assert '--join "own/my faces"' in text_of(page)
    click(page, "own_delete")
    assert datasets() == ()
    assert page.button(key="own_create").disabled


def test_what_cannot_be_deleted_stays(page, me):
    (me.folder / "thesis.txt").touch()
    click(run(page), "own_delete")
    assert "nothing was deleted; move it elsewhere first" in text_of(page)
    assert datasets() == (me,)


def test_a_broken_one_is_told_and_the_others_shown(page, me):
    (own_data_dir() / "holiday").mkdir()
    text = text_of(run(page))
    assert "expected a dataset with dataset.json, found none" in text
    assert page.selectbox(key="own_dataset").value == me.name


def test_a_folder_that_cannot_be_read(page, monkeypatch, tmp_path):
    (tmp_path / "own_data").touch()
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    assert "expected the folder of your datasets" in text_of(run(page))


def test_deleted_faces_are_not_shown_elsewhere(page, me, ticks):
    """What the page of the dataset has in memory goes too."""
    store = dataset_store()
    opened = store.open(str(me.folder)).result()
    id_, opened = opened.id, weakref.ref(opened)
    ticks.places = [0]
    click(run(page), "own_remove")
    assert store.find(id_) is None
    gc.collect()
    assert opened() is None
    assert len(store.open(str(me.folder)).result().dataset) == 3
    click(page, "own_delete")
    assert store.find(id_) is None


def test_it_is_examined_on_the_data_set_page(page, me, monkeypatch):
    opened: list[Path] = []
    monkeypatch.setattr("pages.capture.collection.open_next", opened.append)
    switched: dict[str, object] = {}
    monkeypatch.setattr(
        st, "switch_page", lambda to, query_params: switched.update({to: query_params})
    )
    click(run(page), "own_examine")
    # Its first section, whichever was open before.
    assert (opened, switched) == ([me.folder], {"pages/dataset.py": {"section": "Overview"}})


def test_it_is_handed_over_to_train(page, me, monkeypatch):
    switched: dict[str, object] = {}
    monkeypatch.setattr(
        st, "switch_page", lambda to, query_params: switched.update({to: query_params})
    )
    click(run(page), "own_train")
    assert switched == {"pages/train.py": {"training": "Set up"}}
    assert page.session_state["train_with"] == DataSource(f"own/{me.name}")
