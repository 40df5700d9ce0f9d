"""The page Evaluate without a browser."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import skimage.data
from streamlit.testing.v1 import AppTest

from emotion_core.datasets import SPLITS, FaceDataset
from emotion_core.datasets.checks.exclusions import exclusion_list, save_exclusions
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS
from emotion_core.judging.measures.calibration import calibrate
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import MIRRORED, load_card
from emotion_core.models.views import BothViews
from emotion_core.system.storage.folders import PROJECT
from pages.evaluation.confusion import clicked_cell
from pages.opened import opening as dataset_opening
from pages.opened import store as dataset_store

PAGE = str(PROJECT / "pages/evaluate.py")


@pytest.fixture(autouse=True)
def clean_slate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo: FaceDataset) -> None:
    """No state of others, and the demo of twelve faces a class, at once."""
    dataset_store.store_of.clear()
    monkeypatch.setattr(dataset_opening, "server_is_offered", lambda: True)
    for name in ("CACHE", "DATA", "EXCLUSIONS"):
        monkeypatch.setenv(f"EMOTION_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.delenv("FER2013_CSV", raising=False)
    real = dataset_store.open_apart
    monkeypatch.setattr(
        dataset_store,
        "open_apart",
        lambda path, **options: demo if path == "demo" else real(path, **options),
    )


@pytest.fixture(autouse=True)
def two_models(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with two models besides the shipped one; the address names them."""
    library = tmp_path / "models"
    for name in ("first", "second"):
        card = shutil.copytree(tiny_model, library / name) / "card.json"
        card.write_text(json.dumps(json.loads(card.read_text()) | {"name": name}))
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(library))
    return library


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    def open_one(**address: str) -> AppTest:
        page = AppTest.from_file(PAGE, default_timeout=60)
        for name, value in ({"evaluated": "first"} | address).items():
            page.query_params[name] = value
        return run(page)

    return open_one


def test_another_data_set_begins_with_its_test_split(
    open_page: Callable[..., AppTest], demo: FaceDataset, tmp_path: Path
) -> None:
    """Training, kept from the dataset before, shows figures of images that the model knows."""
    for index, face in enumerate(demo.images):
        split, emotion = SPLITS[demo.splits[index]], EMOTIONS[demo.labels[index]]
        path = tmp_path / "pictures" / split / emotion / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), face)
    page = open_page(on="Training")  # an address is followed
    assert page.selectbox("on").value == "Training"
    assert "has learned from these very images" in page.warning[0].value
    page.session_state["dataset_opening"] = True  # the menu is filled when it is open
    page.run()
    page.text_input("dataset_path").set_value(str(tmp_path / "pictures"))
    run(page)
    assert page.selectbox("on").value == "PublicTest"
    assert "were chosen on PublicTest, so the figures flatter it" in page.warning[0].value
    page.selectbox("on").select("Training")
    run(page)
    assert page.selectbox("on").value == "Training"  # and what is chosen then stays
    # The rows are in another order, so the fingerprint is another one: the images tell.
    assert "has learned from these very images" in page.warning[0].value


def run(page: AppTest) -> AppTest:
    """Run the page until nothing is going on any more."""
    page.run()
    deadline = time.monotonic() + 60
    while page.get("progress") and time.monotonic() < deadline:
        time.sleep(0.2)
        page.run()
    assert not page.exception, page.exception
    return page


def text_of(page: AppTest) -> str:
    elements = [*page.title, *page.subheader, *page.caption, *page.markdown]
    elements += [*page.info, *page.warning, *page.error, *page.success]
    html = [element.proto.body for element in page.get("html")]
    return "\n".join([element.value for element in elements] + html)


def test_the_demo_is_judged_at_once(open_page):
    page = open_page()
    text = text_of(page)
    assert "accuracy (95%:" in text
    assert "The faces of the demo are drawn" in text
    assert "All figures are of a single view of each image." in text
    assert "were chosen on PublicTest, so the figures flatter it" in text
    assert page.selectbox("on").value == "PublicTest"


def test_private_test_must_not_choose(open_page):
    assert "Do not choose a model" in text_of(open_page(on="PrivateTest"))


def test_training_is_what_it_remembers(open_page, two_models, demo):
    assert load_card(two_models / "first").data["fingerprint"] == demo.fingerprint
    assert "how well it remembers them" in text_of(open_page(on="Training"))


@pytest.mark.parametrize(
    ("section", "sign"),
    [
        ("Curves", "The legends give the area under the ROC curve"),
        ("Calibration", "With a certainty threshold of"),
        ("Mistakes", "Wrong answers, highest score first"),
        ("Robustness", "How accurate the model still is when faces are shifted"),
        ("Report", "The report contains all figures of this page."),
    ],
)
def test_sections_show_what_they_promise(open_page, section, sign):
    assert sign in text_of(open_page(judged=section))


@pytest.mark.parametrize(
    ("section", "figure"),
    [
        ("Overview", "calibration error (ECE)"),
        ("Curves", "mean area under the ROC curves"),
        ("Calibration", "calibration error (ECE) before"),
        ("Compare", "p of McNemar&#x27;s test"),
    ],
)
def test_technical_figures_are_shown_to_who_wants_them(open_page, section, figure):
    page = open_page(judged=section, against="second")
    shown = [element.proto.body for element in page.get("html")]
    assert not any(f"<span>{figure}" in html for html in shown)
    page.toggle("technical").set_value(True)
    run(page)
    shown = [element.proto.body for element in page.get("html")]
    assert any(f"<span>{figure}" in html for html in shown)


def test_what_qualifies_a_figure_does_not_depend_on_the_switch(open_page):
    page = open_page()
    text = text_of(page)
    assert "accuracy (95%:" in text
    assert "macro F1 (95%:" in text
    assert "the figures flatter it" in text
    assert page.toggle("technical").value is False


class TestConfusion:
    def test_the_matrix_and_what_is_mixed_up_most(self, open_page):
        page = open_page(judged="Confusion")
        assert "Most frequent mix-ups" in text_of(page)
        assert "** labelled **" not in text_of(page)

    def test_a_cell_in_the_address_shows_its_images(self, open_page):
        page = open_page(judged="Confusion", label="happy", answer="happy", cells="counts")
        assert "** labelled **happy** and read as **happy**" in text_of(page)
        assert page.selectbox("label").value == "happy"

    def test_what_is_mixed_up_most_can_be_clicked(self, open_page):
        page = open_page(judged="Confusion")
        button = next(each for each in page.button if each.key.startswith("cell "))
        label, answer = (EMOTIONS[int(number)] for number in button.key.split()[1:])
        button.click()
        run(page)
        assert f"** labelled **{label}** and read as **{answer}**" in text_of(page)

    @pytest.mark.parametrize(
        ("customdata", "cell"),
        [([2, 5, 19, 0.3], (2, 5)), ([7, 0], None), ([], None), (["x", "y"], None), ([3], None)],
    )
    def test_clicks_are_a_browsers_word(self, customdata, cell):
        points = [{"customdata": customdata}]
        assert clicked_cell(SimpleNamespace(selection=SimpleNamespace(points=points))) == cell

    def test_no_click(self):
        assert clicked_cell(SimpleNamespace(selection=SimpleNamespace(points=[]))) is None


def test_a_chosen_face_is_shown_with_its_scores_and_reasons(open_page, demo):
    index = int(np.flatnonzero(demo.splits == SPLITS.index("PublicTest"))[0])
    page = open_page(judged="Mistakes", ranking="hardest", image=str(index))
    assert f"Image {index}" in text_of(page)
    assert f"labelled {EMOTIONS[demo.labels[index]]}: " in text_of(page)
    page.toggle("why").set_value(True)
    run(page)
    assert "With the most important quarter of the pixels hidden" in text_of(page)


def test_a_face_of_another_split_is_not_shown(open_page):
    assert "Image 0" not in text_of(open_page(judged="Mistakes", image="0"))


def test_robustness_is_measured_once(open_page):
    page = open_page(judged="Robustness")
    page.button("measure robustness of first").click()
    run(page)
    assert "are read correctly. Bars" in text_of(page)
    dataset_store.store_of.clear()  # another day
    assert "are read correctly. Bars" in text_of(open_page(judged="Robustness"))


def test_robustness_of_two_models_is_drawn_together(open_page):
    page = open_page(judged="Compare", against="second")
    page.query_params["judged"] = page.session_state["judged"] = "Robustness"
    run(page)
    page.button("measure robustness of first").click()
    run(page)  # the second is a copy: what its network does is known
    (chart, *_) = page.get("plotly_chart")
    assert '"name":"second"' in chart.proto.spec


class TestExplain:
    def test_an_image(self, open_page):
        text = text_of(open_page(judged="Explain"))
        assert "RISE, Petsiuk et al. 2018" in text
        assert "evidence for" in text

    def test_another_expression(self, open_page):
        page = open_page(judged="Explain")
        page.selectbox("explain_emotion").set_value("disgust")
        run(page)
        assert "evidence for disgust" in text_of(page)

    def test_a_photo(self, open_page):
        page = open_page(judged="Explain", explain="a photo")
        photo = cv2.imencode(".jpg", skimage.data.astronaut()[..., ::-1])[1].tobytes()
        page.file_uploader[0].upload("astronaut.jpg", photo, "image/jpeg")
        run(page)
        assert "evidence for" in text_of(page)

    def test_a_photo_without_a_face_and_no_photo(self, open_page):
        page = open_page(judged="Explain", explain="a photo")
        wall = cv2.imencode(".png", np.full((200, 200, 3), 90, np.uint8))[1].tobytes()
        page.file_uploader[0].upload("wall.png", wall, "image/png")
        run(page)
        assert "No face found" in text_of(page)
        page.file_uploader[0].upload("letter.png", b"Dear camera", "image/png")
        run(page)
        assert len(page.error) == 1


class TestCompare:
    def test_a_model_with_its_copy(self, open_page):
        page = open_page(judged="Compare", against="second")
        text = text_of(page)
        assert "no difference is proven" in text
        assert "There are no such images." in text

    def test_no_other_model_is_chosen_at_first(self, open_page):
        page = open_page(judged="Compare")
        assert page.selectbox(key="against").value is None
        assert "There is no other model" not in text_of(page)

    def test_speed_is_measured_now(self, open_page):
        page = open_page(judged="Compare", against="second")
        page.button("measure LiteRT").click()
        run(page)
        table = page.dataframe[-1].value
        assert table["model"].tolist() == ["first", "second"]
        assert table["LiteRT, ms per face"].str.contains("to").all()

    def test_the_report_tells_of_it(self, open_page):
        page = open_page(judged="Compare", against="second")
        page.query_params["judged"] = page.session_state["judged"] = "Report"
        run(page)
        assert "the comparison with" in text_of(page)

    def test_the_downloaded_report_holds_it(self, open_page, monkeypatch):
        contents = {}
        monkeypatch.setattr(
            "streamlit.download_button",
            lambda label, content, *_, **__: contents.update({label: content}),
        )
        page = open_page(judged="Compare", against="second")
        page.query_params["judged"] = page.session_state["judged"] = "Report"
        run(page)
        # As Streamlit does it: in another thread, without the viewer's session.
        with ThreadPoolExecutor(1) as pool:
            html, report = (pool.submit(contents[each]).result() for each in ("HTML", "JSON"))
        assert json.loads(report)["comparison"]["second"] == "second"
        assert "Compared with second" in html


class TestCard:
    """Of a model that came from elsewhere; the demo stands for photographs."""

    @pytest.fixture
    def imported(self, two_models, monkeypatch) -> Path:
        monkeypatch.setattr("emotion_core.judging.card_figures.DEMO_DATASET_NAME", "drawn")
        monkeypatch.setattr("emotion_core.judging.card_figures.LEAST_IMAGES", 10)
        path = two_models / "first" / "card.json"
        source = {"file": "theirs.h5", "sha256": "0" * 64, "imported": "2026-11-23"}
        plain = {"source": source, "config": {}, "data": {}, "metrics": {}}
        path.write_text(json.dumps(json.loads(path.read_text()) | plain))
        return path.parent

    def test_figures_are_written_into_it(self, open_page, imported, demo):
        page = open_page()
        assert "its card has no figures" in text_of(page)
        page.button("write_card").click()
        run(page)
        assert "Its card has figures measured on" in text_of(page)
        card = load_card(imported)
        assert card.metrics["n"] == card.data["measured_images"]
        # Of both views too, as `card --data` writes them: Photo and Live camera read both.
        public = demo.split("PublicTest")
        logits = BothViews(EmotionClassifier.load(imported)).predict_logits(public.images)
        both = calibrate(logits, public.labels)
        assert card.metrics[MIRRORED]["confusion"] == both.metrics["confusion"]
        assert card.mirrored.temperature == pytest.approx(both.temperature, rel=0.02)
        assert "write_card" not in {button.key for button in page.button}

    @pytest.mark.usefixtures("imported")
    def test_what_says_too_little_is_not_offered(self, open_page):
        page = open_page(on="PrivateTest")
        assert "PrivateTest is for one final check: nothing may be fitted" in text_of(page)
        assert "write_card" not in {button.key for button in page.button}

    def test_one_of_ours_keeps_its_card(self, open_page):
        assert "Its card" not in text_of(open_page())


def test_labels_of_a_list_are_those_that_count(open_page, demo):
    chosen = np.flatnonzero(demo.splits == 1)
    save_exclusions(exclusion_list(demo, "all fear", {"by hand": chosen}, "fear"))
    happy = next(index for index in chosen.tolist() if EMOTIONS[demo.labels[index]] == "happy")
    assert "labelled happy: " in text_of(open_page(judged="Mistakes", image=str(happy)))
    page = open_page(judged="Mistakes", image=str(happy), leaving="all fear")
    assert "labelled fear: " in text_of(page)


@pytest.mark.parametrize(
    ("section", "grid"), [("Mistakes", "judged_mistakes"), ("Explain", "explain_grid")]
)
def test_a_relabelled_face_has_the_colour_of_its_label(open_page, demo, grids, section, grid):
    chosen = np.flatnonzero(demo.splits == 1)
    save_exclusions(exclusion_list(demo, "all fear", {"by hand": chosen}, "fear"))
    open_page(judged=section, leaving="all fear")
    (sent,) = [sent for key, sent in grids.items() if key.startswith(grid)]
    assert {face["color"] for face in sent["faces"]} == {EMOTION_COLORS["fear"]}


def test_an_exclusion_list_is_left_out(open_page, demo):
    chosen = np.flatnonzero(demo.splits == SPLITS.index("PublicTest"))[:5]
    save_exclusions(exclusion_list(demo, "mine", {"by hand": chosen}))
    page = open_page(leaving="mine")
    assert page.selectbox("leaving").value == "mine"
    assert "accuracy (95%:" in text_of(page)


def test_a_model_that_is_gone_meanwhile(open_page, two_models):
    (two_models / "first" / "model.tflite").write_bytes(b"nothing")
    page = open_page()
    assert "other checksum" in text_of(page)
    assert page.button[-1].label == "Try again"


def test_one_image(open_page, monkeypatch, demo):
    one = demo.subset(np.array([0]))
    monkeypatch.setattr(dataset_store, "open_apart", lambda *_, **__: one)
    for section in ("Overview", "Confusion", "Curves", "Calibration", "Mistakes", "Explain"):
        page = open_page(judged=section)
        assert page.selectbox("on").options == ["Training"]
        assert not page.error


def test_shares_are_written_in_per_cent(open_page):
    """The table said 0.654 below a figure that said 65%."""
    page = open_page()
    table = page.dataframe[0].value
    assert table["recall"].max() > 1
    assert table["f1"].max() <= 1
    assert (
        json.loads(page.dataframe[0].proto.columns)["recall"]["type_config"]["format"] == "%.1f%%"
    )
