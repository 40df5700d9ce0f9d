"""The dataset page without a browser: opening, browsing, and datasets that are hardly any."""

from __future__ import annotations

import io
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from emotion_core.datasets import FaceDataset
from emotion_core.datasets.checks.exclusions import (
    exclusion_list,
    list_exclusions,
    load_exclusions,
    save_exclusions,
)
from emotion_core.datasets.checks.quality import ImageQuality
from emotion_core.datasets.recent import path_id, recent_datasets
from emotion_core.faces.pictures.images import encode_png
from emotion_core.judging.predictions import embedding_map
from emotion_core.system.storage.folders import PROJECT
from pages.data import map as dataset_map
from pages.opened import findings as dataset_findings
from pages.opened import opening as dataset_opening
from pages.opened import store as dataset_store

PAGE = str(PROJECT / "pages/dataset.py")
FACES = np.random.default_rng(0).integers(0, 256, (8, 48, 48)).astype(np.uint8)
VOTES_HEADER = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
)


@pytest.fixture(autouse=True)
def clean_slate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dataset_store.store_of.clear()
    monkeypatch.setattr(dataset_opening, "server_is_offered", lambda: True)
    monkeypatch.setenv("EMOTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EMOTION_EXCLUSIONS_DIR", str(tmp_path / "exclusions"))
    monkeypatch.delenv("FER2013_CSV", raising=False)


@pytest.fixture(autouse=True)
def quick_demo(monkeypatch: pytest.MonkeyPatch, demo: FaceDataset) -> None:
    """The demo of twelve faces a class, at once."""
    real = dataset_store.open_apart
    monkeypatch.setattr(
        dataset_store,
        "open_apart",
        lambda path, **options: demo if path == "demo" else real(path, **options),
    )


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write a FER2013 CSV file: labels and splits of faces that are all different."""

    def write(rows: Iterable[tuple[int, str]], name: str = "faces.csv") -> Path:
        lines = ["emotion,pixels,Usage"]
        for number, (label, split) in enumerate(rows):
            face = np.roll(FACES[number % len(FACES)], number).ravel()
            lines.append(f"{label},{' '.join(map(str, face))},{split}")
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def run(page: AppTest) -> AppTest:
    """Run the page until nothing is being read any more."""
    page.run()
    deadline = time.monotonic() + 60
    while "dataset_pending" in page.session_state and time.monotonic() < deadline:
        time.sleep(0.1)
        page.run()
    assert not page.exception, page.exception
    return page


def open_path(path: Path | str, *, skip_bad_rows: bool = False, **address: str) -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params["section"] = "Browse"
    for name, value in address.items():
        page.query_params[name] = value
    run(page)
    # The menu is a popover that is filled when it is open.
    page.session_state["dataset_opening"] = True
    run(page)
    page.toggle("dataset_skip_bad_rows").set_value(skip_bad_rows)
    page.text_input("dataset_path").set_value(str(path))
    return run(page)


def until_done(page: AppTest) -> AppTest:
    """Run the page until no progress is shown any more."""
    run(page)
    deadline = time.monotonic() + 60
    while any(f"{button.key}".startswith("cancel ") for button in page.button):
        assert time.monotonic() < deadline, text_of(page)
        time.sleep(0.1)
        run(page)
    return page


def one(value: str | list[str]) -> str:
    """Return a parameter of the address: AppTest gives a list or not, by who has set it."""
    return value if isinstance(value, str) else value[0]


def text_of(page: AppTest) -> str:
    elements = [*page.title, *page.caption, *page.markdown, *page.info, *page.warning, *page.error]
    html = [element.proto.body for element in page.get("html")]
    return "\n".join([element.value for element in elements] + html)


class TestOpening:
    def test_the_demo_is_there_at_once(self):
        page = run(AppTest.from_file(PAGE, default_timeout=60))
        text = text_of(page)
        assert "demo \\(synthetic drawn faces\\)" in text
        assert "84 images · Training 56 · PublicTest 14 · PrivateTest 14" in text

    def test_a_path_is_opened_remembered_and_in_the_address(self, write_csv):
        path = write_csv([(3, "Training"), (1, "PublicTest")])
        page = open_path(path)
        assert "**faces.csv** · 2 images · Training 1 · PublicTest 1" in text_of(page)
        assert one(page.query_params["data"]) == path_id(str(path))
        assert [entry.path for entry in recent_datasets()] == [str(path)]

        linked = AppTest.from_file(PAGE, default_timeout=60)
        linked.query_params["data"] = path_id(str(path))
        assert "**faces.csv** · 2 images" in text_of(run(linked))

    def test_votes_beside_the_file_and_bad_rows_are_told(self, write_csv):
        path = write_csv([(3, "Training")])
        path.with_name("fer2013new.csv").write_text(
            f"{VOTES_HEADER}\nTraining,fer0.png,0,9,0,0,0,0,0,0,0,1\n"
        )
        page = open_path(path, image="0")
        text = text_of(page)
        assert "with FER+ votes" in text
        assert "<span>no face</span>" in text
        assert "agreement</dt><dd>90%" in text

    def test_a_bad_file_is_refused_and_the_page_goes_on(self, tmp_path):
        bad = tmp_path / "letter*.csv"
        bad.write_text("Dear :camera:, ...\n")
        page = open_path(bad)
        (error,) = page.error
        assert (
            "letter\\*.csv\\: expected a CSV file with the columns emotion, pixels" in error.value
        )
        assert "84 images" in text_of(page)
        assert not run(page).error

    @pytest.mark.parametrize("path", ["/nowhere/fer2013.csv", "x" * 5000, "\0"])
    def test_a_path_that_is_none_is_refused(self, path):
        page = open_path(path)
        assert len(page.error) == 1
        assert "84 images" in text_of(page)

    def test_a_link_to_an_unknown_data_set_shows_the_demo(self):
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.query_params["data"] = "/etc/passwd"
        run(page)
        assert "has not been opened on this machine" in page.error[0].value
        assert "84 images" in text_of(page)
        assert "data" not in page.query_params

    def test_paths_are_offered_on_this_machine_only(self, write_csv, monkeypatch):
        path = write_csv([(3, "Training")])
        open_path(path)
        monkeypatch.setattr(dataset_opening, "server_is_offered", lambda: False)
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.session_state["dataset_opening"] = True
        page.query_params["data"] = path_id(str(path))
        dataset_store.store_of.clear()
        run(page)
        assert "has not been opened on this machine" in page.error[0].value
        assert [button.label for button in page.button if "faces" in button.label] == [
            "Demo: drawn faces"
        ]
        assert "dataset_path" not in [text.key for text in page.text_input]

    def test_whoever_starts_the_app_may_suggest_one(self, write_csv, monkeypatch):
        path = write_csv([(3, "Training")])
        monkeypatch.setenv("FER2013_CSV", str(path))
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.session_state["dataset_opening"] = True
        run(page)
        next(button for button in page.button if button.label == "faces.csv").click()
        assert "**faces.csv** · 1 image" in text_of(run(page))

    def test_an_upload_is_read_and_its_copy_removed(self, write_csv, monkeypatch, tmp_path):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "uploads"))
        (tmp_path / "uploads").mkdir()
        path = write_csv([(3, "Training"), (0, "Training")])
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.session_state["dataset_opening"] = True
        run(page)
        page.file_uploader[0].upload("faces.csv", path.read_bytes(), "text/csv")
        run(page)
        assert "**faces.csv** · 2 images" in text_of(page)
        assert one(page.query_params["data"]).startswith("upload-")
        assert list((tmp_path / "uploads").iterdir()) == []
        assert recent_datasets() == ()

    def test_two_viewers_share_the_arrays(self, write_csv):
        path = write_csv([(3, "Training")])
        first, second = open_path(path), open_path(path)
        assert first.session_state["dataset_open"] is second.session_state["dataset_open"]


def many_faces(count: int) -> FaceDataset:
    """Faces that are all black; the system gives them memory when somebody looks at them only."""
    return FaceDataset(
        "many",
        np.zeros((count, 48, 48), np.uint8),
        (np.arange(count) % 7).astype(np.uint8),
        np.zeros(count, np.uint8),
        np.arange(count),
        known_fingerprint=str(count),
    )


def shown_page(page: AppTest) -> int:
    (pagination,) = page.get("pagination")
    return int(pagination.proto.value if pagination.proto.set_value else pagination.proto.default)


class TestBrowse:
    @pytest.fixture
    def browse(self) -> Callable[..., AppTest]:
        """Open the demo with an address."""

        def open_demo(**address: str | list[str]) -> AppTest:
            page = AppTest.from_file(PAGE, default_timeout=60)
            page.query_params["section"] = "Browse"
            for name, value in address.items():
                page.query_params[name] = value
            return run(page)

        return open_demo

    def test_everything_is_shown_at_first(self, browse):
        assert "**84** of 84 images" in text_of(browse())

    @pytest.mark.parametrize(
        ("address", "count"),
        [
            ({"class": "disgust"}, 12),
            ({"class": ["disgust", "fear"], "split": "PublicTest"}, 4),
            ({"find": "3, 10-12"}, 4),
            ({"class": "boredom"}, 84),
            ({"find": "900"}, 0),
        ],
    )
    def test_filters_are_in_the_address(self, browse, address, count):
        page = browse(**address)
        assert f"**{count}** of 84 images" in text_of(page)
        assert bool(count) != any("No image matches" in info.value for info in page.info)

    def test_a_search_that_is_none_is_explained(self, browse):
        page = browse(find="*happy*")
        assert "expected numbers and ranges such as 5, 100\\-120" in page.error[0].value

    def test_sorting_shows_the_scores(self, browse):
        page = browse(sort="brightness", descending="true")
        assert not page.error, page.error[0].value
        assert page.selectbox("sort").value == "brightness"
        assert "agreement" not in page.selectbox("sort").options  # the demo has no votes

    def test_a_face_that_the_address_names_is_explained(self, browse):
        text = text_of(browse(image="5"))
        assert "image 5, labelled surprise" in text
        assert "What the model sees" in text
        assert "<dt>split</dt><dd>Training</dd>" in text

    @pytest.mark.parametrize("image", ["84", "-1", "x", "²", "9" * 400])
    def test_a_face_that_is_not_there_is_no_error(self, browse, image):
        assert "Classes among them" in text_of(browse(image=image))

    def test_a_face_is_closed_again(self, browse):
        page = browse(image="5")
        page.button("close_details").click()
        run(page)
        assert "image" not in page.query_params
        assert "Classes among them" in text_of(page)

    @pytest.mark.parametrize("section", ["Quality", "Label mistakes"])
    def test_a_face_left_open_does_not_hide_what_another_section_says(self, browse, section):
        page = browse(image="5")
        assert "image 5, labelled" in text_of(page)
        page.query_params["section"] = section
        page.session_state["section"] = section
        until_done(page)
        assert "image 5, labelled" not in text_of(page)
        assert "image" not in page.query_params

    def test_a_face_does_not_wait_for_all_others_to_be_measured(self, browse, monkeypatch):
        """Measuring FER2013 takes five seconds; one face takes none."""
        measure = dataset_findings.measure_quality
        go_on = threading.Event()

        def slowly(*arguments: object) -> ImageQuality:
            assert go_on.wait(60)
            return measure(*arguments)

        monkeypatch.setattr(dataset_findings, "measure_quality", slowly)
        try:
            sharpness = re.search(r"sharpness</dt><dd>([^<]*)", text_of(browse(image="5")))
        finally:
            go_on.set()
        images = dataset_store.dataset_store().find("demo").dataset.images
        assert sharpness[1] == f"{measure(images).sharpness[5]:.2f}"

    def test_sorting_waits_with_its_progress_shown(self, browse, monkeypatch):
        measure = dataset_findings.measure_quality
        go_on = threading.Event()

        def slowly(*arguments: object) -> ImageQuality:
            assert go_on.wait(60)
            return measure(*arguments)

        monkeypatch.setattr(dataset_findings, "measure_quality", slowly)
        try:
            page = browse(sort="sharpness")
            assert "cancel sort sharpness" in {button.key for button in page.button}
        finally:
            go_on.set()
        until_done(page)
        assert "84** of 84 images" in text_of(page)

    def test_a_link_names_section_and_face(self, browse):
        page = browse(section="Quality", image="5")
        until_done(page)
        assert "image 5, labelled" in text_of(page)

    def test_another_filter_leads_to_the_first_page(self, monkeypatch):
        monkeypatch.setattr(dataset_store, "open_apart", lambda *_, **__: many_faces(400))
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.query_params["section"] = "Browse"
        page.query_params["page"] = "4"
        run(page)
        assert shown_page(page) == 4
        page.toggle("descending").set_value(True)
        run(page)
        assert shown_page(page) == 1
        assert "page" not in page.query_params

    @pytest.mark.parametrize(("named", "page"), [("99", 4), ("0", 1), ("-1", 1), ("x", 1)])
    def test_a_page_that_is_not_there(self, monkeypatch, named, page):
        monkeypatch.setattr(dataset_store, "open_apart", lambda *_, **__: many_faces(400))
        app = AppTest.from_file(PAGE, default_timeout=60)
        app.query_params["section"] = "Browse"
        app.query_params["page"] = named
        assert shown_page(run(app)) == page


class TestDataSetsThatAreHardlyAny:
    def test_one_image(self, write_csv):
        page = open_path(write_csv([(6, "Training")]), image="0")
        assert re.search(r"\*\*1\*\* of 1 image\b", text_of(page))

    def test_all_of_one_class(self, write_csv):
        page = open_path(write_csv([(4, "Training")] * 30))
        assert "**30** of 30 images" in text_of(page)

    def test_a_truncated_file(self, write_csv):
        path = write_csv([(4, "Training"), (2, "Training")])
        path.write_text(path.read_text()[:-2000])
        page = open_path(path)
        assert "expected 3 columns, found 2" in page.error[0].value
        assert "84 images" in text_of(page)

    def test_a_truncated_archive(self, write_csv, tmp_path):
        path = tmp_path / "faces.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(write_csv([(4, "Training")]), "fer2013.csv")
        path.write_bytes(path.read_bytes()[:500])
        page = open_path(path)
        assert "damaged or cannot be read" in page.error[0].value

    @pytest.mark.parametrize("first", [False, True], ids=["after the demo", "first of all"])
    def test_classes_that_are_numbers_are_asked_for_once(self, tmp_path, monkeypatch, first):
        for name in ("train/1/a.png", "test/2/b.png", "test/8/c.png"):
            path = tmp_path / "rafdb" / name
            path.parent.mkdir(parents=True)
            assert cv2.imwrite(str(path), FACES[0])
        if first:
            monkeypatch.setenv("FER2013_CSV", str(tmp_path / "rafdb"))
            page = AppTest.from_file(PAGE, default_timeout=60)
            page.query_params["data"] = path_id(str(tmp_path / "rafdb"))
            run(page)
            run(page)  # the demo has been read meanwhile, to show something
        else:
            page = open_path(tmp_path / "rafdb")
        assert "The classes of **rafdb** are numbers" in text_of(page)
        for number, emotion in (("1", "surprise"), ("2", "fear")):
            page.selectbox(key=f"dataset_class_{number}").set_value(emotion)
        page.button(key="FormSubmitter:dataset_classes-Open it").click()
        run(page)
        assert page.error[0].value == "Choose a meaning for each number."
        page.selectbox(key="dataset_class_8").set_value("none")
        page.button(key="FormSubmitter:dataset_classes-Open it").click()
        run(page)
        assert "2 images · Training 1 · PrivateTest 1" in text_of(page)
        assert "left out 1 pictures of classes that mean none" in text_of(page)
        assert "are numbers" not in text_of(page)
        assert "2 images · Training 1 · PrivateTest 1" in text_of(open_path(tmp_path / "rafdb"))

    def test_an_upload_stays_until_it_is_said_what_its_numbers_mean(self, tmp_path, monkeypatch):
        uploads = tmp_path / "uploads"
        uploads.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(uploads))
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name in ("train/1/a.png", "test/2/b.png"):
                archive.writestr(name, encode_png(FACES[0]))
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.session_state["dataset_opening"] = True
        run(page)
        page.file_uploader[0].upload("rafdb.zip", content.getvalue(), "application/zip")
        run(page)
        assert "The classes of **rafdb.zip** are numbers" in text_of(page)
        for number, emotion in (("1", "surprise"), ("2", "fear")):
            page.selectbox(key=f"dataset_class_{number}").set_value(emotion)
        page.button(key="FormSubmitter:dataset_classes-Open it").click()
        run(page)
        assert "**rafdb.zip** · 2 images · Training 1 · PrivateTest 1" in text_of(page)
        assert list(uploads.iterdir()) == []

    def test_pictures_of_one_pixel_are_refused_or_skipped(self, tmp_path):
        folder = tmp_path / "pictures" / "train" / "happy"
        folder.mkdir(parents=True)
        assert cv2.imwrite(str(folder / "dot.png"), np.full((1, 1), 200, np.uint8))
        page = open_path(tmp_path / "pictures")
        assert "expected 48x48 pixels, found 1x1" in page.error[0].value
        assert "84 images" in text_of(page)

        assert cv2.imwrite(str(folder / "face.png"), FACES[0])
        page = open_path(tmp_path / "pictures", skip_bad_rows=True)
        assert "1 image · Training 1 · 1 bad row left out" in text_of(page)
        linked = AppTest.from_file(PAGE, default_timeout=60)
        linked.query_params["data"] = one(page.query_params["data"])
        assert "1 bad row left out" in text_of(run(linked))

    def test_a_hundred_thousand_images(self, monkeypatch):
        monkeypatch.setattr(dataset_store, "open_apart", lambda *_, **__: many_faces(100_000))
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.query_params["section"] = "Browse"
        page.query_params["page"] = "834"
        page.query_params["sort"] = "contrast"
        run(page)
        assert "**100,000** of 100,000 images" in text_of(page)


@pytest.fixture
def flawed(monkeypatch: pytest.MonkeyPatch) -> FaceDataset:
    """Forty faces in place of the demo: a leak with another label, a duplicate, a blank image."""
    random = np.random.default_rng(1)
    images = cv2.GaussianBlur(
        random.integers(0, 256, (40, 48, 48)).astype(np.uint8).transpose(1, 2, 0), (5, 5), 0
    ).transpose(2, 0, 1)
    images = np.ascontiguousarray(images)
    images[35] = images[3]
    images[4] = images[2]
    images[7] = 90
    labels = (np.arange(40) % 7).astype(np.uint8)
    votes = np.zeros((40, 10), np.uint8)
    votes[:, 0] = 10
    votes[8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 10]
    dataset = FaceDataset(
        "flawed", images, labels, (np.arange(40) >= 35).astype(np.uint8), np.arange(40), votes
    )
    monkeypatch.setattr(dataset_store, "open_apart", lambda *_, **__: dataset)
    return dataset


def open_section(section: str, until: Callable[[AppTest], bool], **address: str) -> AppTest:
    """Open a section and run the page until its work is done."""
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params["section"] = section
    for name, value in address.items():
        page.query_params[name] = value
    run(page)
    deadline = time.monotonic() + 120
    while not until(page):
        assert time.monotonic() < deadline, text_of(page)
        time.sleep(0.2)
        run(page)
    return page


class TestOverview:
    def test_imbalance_and_mean_faces(self, write_csv):
        path = write_csv([(3, "Training")] * 6 + [(1, "Training")] * 2)
        open_path(path)
        text = text_of(
            open_section(
                "Overview", lambda page: "mean face" in text_of(page), data=path_id(str(path))
            )
        )
        assert "<b>3.0 : 1</b>" in text
        assert "smallest class: disgust" in text
        assert "No image is labelled angry or fear or sad or surprise or neutral." in text
        assert text.count("<figcaption>") == 4  # mean and deviation of two classes

    def test_one_blank_image(self, monkeypatch):
        blank = FaceDataset(
            "blank",
            np.full((1, 48, 48), 7, np.uint8),
            np.zeros(1, np.uint8),
            np.zeros(1, np.uint8),
            np.zeros(1, np.int64),
        )
        monkeypatch.setattr(dataset_store, "open_apart", lambda *_, **__: blank)
        page = open_section("Overview", lambda page: "mean face" in text_of(page))
        assert not page.exception


@pytest.mark.usefixtures("flawed")
class TestQuality:
    @pytest.fixture
    def page(self) -> AppTest:
        def near_duplicates_are_found(page: AppTest) -> bool:
            options = page.pills("quality_finding").options if page.get("button_group") else []
            return any("Near leaks" in option for option in options)

        return open_section("Quality", near_duplicates_are_found)

    def counts(self, page: AppTest) -> dict[str, int]:
        options = page.pills("quality_finding").options
        return {title: int(count) for title, count in (o.strip("*").split(" **") for o in options)}

    def test_every_finding_is_counted(self, page):
        counts = self.counts(page)
        assert counts["Leaks"] == 1
        assert counts["Duplicates"] == 1
        assert counts["Conflicting labels"] == 4
        assert counts["Blank"] == 1
        assert counts["No face"] == 1

    def test_the_first_finding_with_images_is_shown(self, page):
        assert "**Leaks**: images outside Training" in text_of(page)
        assert "“= 17” is image 17" in text_of(page)  # what stands below the faces

    def test_a_finding_is_in_the_address_and_as_a_list(self, page):
        page.pills("quality_finding").set_value("blank")
        run(page)
        assert one(page.query_params["finding"]) == "blank"
        page.segmented_control("findings_as").set_value("list")
        run(page)
        assert page.dataframe[0].value["index"].tolist() == [7]
        linked = open_section(
            "Quality", lambda page: bool(page.get("button_group")), finding="dark"
        )
        assert "**Very dark**" in text_of(linked)

    def test_an_exclusion_list_is_saved_used_and_deleted(self, page):
        page.text_input("list of ['leak']").set_value("no leaks")
        page.button("save_exclusions").click()
        run(page)
        assert "**no leaks** excludes 1 image." in page.success[0].value
        assert any('--exclude "no leaks"' in code.value for code in page.code)
        assert load_exclusions("no leaks").reasons == {"leak": 1}

        browse = AppTest.from_file(PAGE, default_timeout=60)
        browse.query_params["section"] = "Browse"
        browse.query_params["without"] = "no leaks"
        assert "**39** of 40 images" in text_of(run(browse))

        page.button("delete list no leaks").click()
        run(page)
        assert list_exclusions().lists == ()

    def test_a_list_that_was_deleted_or_replaced_comes_back(self, page):
        page.text_input("list of ['leak']").set_value("mine")
        page.button("save_exclusions").click()
        page = run(page)
        page.button("delete list mine").click()
        run(page)
        assert list_exclusions().lists == ()
        assert "The list mine was deleted." in text_of(page)
        page.button("take back corrections").click()
        run(page)
        (again,) = list_exclusions().lists
        assert len(again) == 1

    def test_a_name_that_is_none_is_refused(self, page):
        page.text_input("list of ['leak']").set_value("../x")
        page.button("save_exclusions").click()
        run(page)
        assert "found '../x'" in page.error[0].value

    def test_only_a_finding_is_browsed(self):
        page = open_section(
            "Browse", lambda page: "of 40 images" in text_of(page), only="duplicate", image="4"
        )
        text = text_of(page)
        assert "**1** of 40 images" in text
        assert "The same image: 1" in text


@pytest.mark.usefixtures("flawed")
class TestCorrections:
    @pytest.fixture
    def browse(self) -> Callable[..., AppTest]:
        def open_browse(**address: str) -> AppTest:
            return open_section("Browse", lambda page: "of 40 images" in text_of(page), **address)

        return open_browse

    def test_what_matches_a_filter_is_excluded_and_that_undone(self, browse):
        page = browse(find="3-5")
        assert page.button("browse exclude").label == "Exclude 3 images"
        page.button("browse exclude").click()
        run(page)
        (made,) = list_exclusions().lists
        assert (made.name, len(made), made.relabelled) == ("corrections", 3, 0)
        assert [image.row for image in made.images] == [3, 4, 5]
        assert "3 images excluded by the list corrections." in text_of(page)
        page.button("take back corrections").click()
        run(page)
        assert list_exclusions().lists == ()

    def test_one_image_gets_another_label_in_a_list_that_grows(self, browse):
        page = browse(image="7")
        page.button("face exclude").click()
        run(page)
        assert "Excluded by **corrections**" in text_of(page)
        before = list_exclusions().lists
        page = browse(image="8")
        page.selectbox("face label 8").set_value("fear")
        run(page)
        page.button("face relabel").click()
        run(page)
        (made,) = list_exclusions().lists
        assert [(image.row, image.becomes) for image in made.images] == [(7, None), (8, "fear")]
        assert "Relabelled as fear by **corrections**" in text_of(page)
        page.button("take back corrections").click()
        run(page)
        assert list_exclusions().lists == before
        page = browse(image="7")
        page.button("off the list 7").click()
        run(page)
        assert list_exclusions().lists == ()

    def test_a_page_or_all_pages(self, monkeypatch):
        monkeypatch.setattr(dataset_store, "open_apart", lambda *_, **__: many_faces(400))
        page = open_section("Browse", lambda page: "of 400 images" in text_of(page))
        assert page.button("browse exclude").label == "Exclude 120 images"
        page.radio("browse which").set_value("all that match")
        assert run(page).button("browse exclude").label == "Exclude 400 images"
        page.button("browse exclude").click()
        assert "expected 1 to 399 images of" in run(page).error[0].value

    def test_ticked_images_are_excluded_whatever_the_page_shows(self, browse):
        page = browse()
        page.session_state["ticked browse_grid"].note([*range(10)], [2, 5])
        run(page)
        assert page.button("browse untick").label == "Untick all"
        assert page.radio("browse which of ticked").value == "ticked"
        assert page.button("browse exclude").label == "Exclude 2 images"
        page.button("browse exclude").click()
        run(page)
        (made,) = list_exclusions().lists
        assert [image.row for image in made.images] == [2, 5]
        assert page.button("browse exclude").label == "Exclude 40 images"  # nothing is ticked now
        assert "browse untick" not in {button.key for button in page.button}

    def test_what_is_ticked_stays_on_other_pages_and_is_forgotten_with_the_dataset(self, browse):
        page = browse()
        ticked = page.session_state["ticked browse_grid"]
        ticked.note([0, 1, 2], [1])
        ticked.note([3, 4], [3, 4])
        ticked.note([3, 4], [4])
        assert ticked.places.tolist() == [1, 4]
        ticked.of = "another dataset"
        run(page)
        assert page.session_state["ticked browse_grid"].places.tolist() == []

    def test_an_image_that_a_list_corrects_is_marked(self, browse, grids):
        page = browse(find="7-8", image="7")
        page.button("face exclude").click()
        run(page)
        captions = [face["caption"] for face in grids["browse_grid"]["faces"]]
        assert captions[0].endswith("\n✓ excluded")
        assert "✓" not in captions[1]

    def test_labels_in_doubt_become_what_the_model_suggests(self):
        page = open_section(
            "Label mistakes", lambda page: "Ranked by how far" in text_of(page), top="50"
        )
        button = page.button("mistakes relabel as suggested")
        count = int(button.label.split()[1])
        button.click()
        run(page)
        (made,) = list_exclusions().lists
        assert made.relabelled == len(made) == count
        assert all(image.becomes != image.label for image in made.images)

    def test_a_list_of_another_dataset_is_not_overwritten(self, browse, demo):
        others = exclusion_list(demo, "corrections", {"by hand": np.array([1])})
        save_exclusions(others)
        page = browse(find="3")
        page.button("browse exclude").click()
        run(page)
        assert "choose another name" in page.error[0].value
        assert list_exclusions().lists == (others,)


@pytest.mark.usefixtures("flawed")
class TestMistakesAndMap:
    def test_labels_in_doubt_are_ranked_with_the_voters_verdict(self):
        page = open_section(
            "Label mistakes", lambda page: "Ranked by how far" in text_of(page), top="50"
        )
        assert "area under the ROC curve" in text_of(page)
        browse = open_section("Browse", lambda _: True, sort="mistake", image="0")
        assert browse.selectbox("sort").value == "mistake"
        assert "Most similar, according to the model" in text_of(browse)

    def test_the_map_waits_for_a_lasso(self):
        page = open_section("Map", lambda page: "Draw around points" in text_of(page))
        assert "Each point is an image" in text_of(page)

    def test_of_many_images_a_sample_comes_first(self, monkeypatch):
        for module in (dataset_map, embedding_map):
            monkeypatch.setattr(module, "SAMPLE_IMAGES", 20)
        page = open_section("Map", lambda page: "Draw around points" in text_of(page))
        assert "A random sample of **20** of 40 images." in text_of(page)
        assert page.button("map all").label.startswith("Map all 40")
        page.button("map all").click()
        until_done(page)
        text = text_of(page)
        assert "A random sample" not in text
        assert "Draw around points" in text
        # The next viewer has it at once.
        again = open_section("Map", lambda page: "Draw around points" in text_of(page))
        assert "A random sample" not in text_of(again)

    def test_a_map_of_all_is_given_up_for_the_sample(self, monkeypatch):
        for module in (dataset_map, embedding_map):
            monkeypatch.setattr(module, "SAMPLE_IMAGES", 20)
        page = open_section("Map", lambda page: "Draw around points" in text_of(page))
        go_on = threading.Event()

        def slowly(*_: object, progress: Callable[[int, int], None]) -> None:
            while not go_on.wait(0.05):
                progress(1, 10)

        monkeypatch.setattr(dataset_map, "map_dataset", slowly)
        try:
            page.button("map all").click()
            run(page)
            page.button("map sample").click()
            run(page)
        finally:
            go_on.set()
        assert "A random sample of **20** of 40 images." in text_of(page)

    def test_what_the_lasso_caught_is_checked(self):
        points = [{"customdata": [3]}, {"customdata": 1}, {"customdata": [3]}, {"customdata": 99}]
        event = SimpleNamespace(selection=SimpleNamespace(points=[*points, {}]))
        assert dataset_map.chosen_points(event, 10).tolist() == [1, 3]


class TestCompare:
    def test_with_one_that_was_opened_before(self, write_csv):
        path = write_csv([(3, "Training"), (1, "Training")])
        open_path(path)
        page = open_section(
            "Compare",
            lambda page: "No image appears in both" in "".join(s.value for s in page.success),
            **{"with": path_id(str(path))},
        )
        assert "with **faces.csv** · 2 images" in text_of(page)
