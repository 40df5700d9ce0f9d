"""The page of all models without a browser."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
import skimage.data
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import CARD_FILE, LITERT_FILE, default_model_dir, load_card
from emotion_core.models.in_use import model_in_use, put_to_use
from emotion_core.models.library import list_models
from emotion_core.models.readme.card import write_card
from emotion_core.system.storage.folders import PROJECT
from pages.library.diagram import network_diagram, stages_of
from tests.model_files import OTHERS, ModelFile, keras_with_layer, others, own_zip, pair

SHIPPED = default_model_dir()


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EMOTION_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(st, "page_link", lambda *_, label, **__: st.markdown(label))
    st.cache_resource.clear()
    st.cache_data.clear()
    return tmp_path / "models"


@pytest.fixture
def mine(library: Path) -> Path:
    """A second model: the shipped network under another name."""
    folder = library / "mine"
    folder.mkdir(parents=True)
    shutil.copy(SHIPPED / LITERT_FILE, folder)
    card = load_card(SHIPPED)
    write_card(folder, replace(card, name="mine", files={LITERT_FILE: card.files[LITERT_FILE]}))
    return folder


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(str(PROJECT / "pages/models.py"), default_timeout=60)


def run(page: AppTest) -> str:
    """Run the page and return everything a reader sees, as plain text."""
    page.run()
    assert not page.exception
    return text_of(page)


def text_of(page: AppTest) -> str:
    elements = [*page.title, *page.subheader, *page.caption, *page.markdown, *page.info]
    elements += [*page.success, *page.warning, *page.error]
    texts = [element.value for element in elements]
    texts += [element.proto.body for element in page.get("html")]
    return "\n".join(texts).replace("\\", "")


class TestModels:
    def test_the_shipped_one_alone(self, page):
        text = run(page)
        assert "fer2013-vgg" in text
        metrics = load_card(SHIPPED).metrics
        low, high = (f"{100 * bound:.1f}" for bound in metrics["interval_95"]["accuracy"])
        accuracy = f"<b>{100 * metrics['accuracy']:.1f}%</b>"
        assert f"{accuracy}<span>accuracy (95%: {low} to {high})</span>" in text
        both = f"<b>{100 * metrics['mirrored']['accuracy']:.1f}%</b>"
        assert f"{both}<span>accuracy, with mirror images averaged</span>" in text
        assert "PublicTest, on which it was also chosen." in text
        assert "shipped" in text
        assert "Comes with the app: it cannot be renamed or deleted." in text
        assert "Trained on 28,709 images" in text
        assert "Not for" in [each.label for each in page.expander]
        assert "cannot tell what somebody feels" in text
        assert page.button(key="model_use").disabled
        assert not page.dataframe[0].value.filter(like="macro").size  # layers, no table of models

    def test_another_is_chosen_put_to_use_renamed_and_deleted(self, page, mine):
        run(page)
        assert list(page.dataframe[0].value["model"]) == ["fer2013-vgg", "mine"]
        page.selectbox(key="model").set_value("mine")
        run(page)
        page.button(key="model_use").click()
        run(page)
        assert model_in_use().folder == mine
        assert list(page.dataframe[0].value["in use"]) == ["", "✓"]

        page.text_input(key="model_name mine").set_value("yours")
        page.button(key="model_rename").click()
        run(page)
        assert page.selectbox(key="model").value == "yours"
        assert model_in_use().name == "yours"

        page.button(key="model_delete").click()
        text = run(page)
        assert model_in_use().folder == SHIPPED
        assert "yours" not in text

    @pytest.mark.usefixtures("mine")
    def test_technical_figures_are_shown_to_who_wants_them(self, page):
        """What qualifies a figure is shown either way: its interval, and on which images."""
        technical = {"macro F1", "calibration error", "weights"}
        text = run(page)
        assert "<span>macro F1</span>" not in text
        assert not technical & set(page.dataframe[0].value)
        assert {"accuracy", "95% interval", "measured on"} <= set(page.dataframe[0].value)
        page.toggle(key="technical").set_value(True)
        text = run(page)
        assert "<span>macro F1</span>" in text
        assert technical <= set(page.dataframe[0].value)

    def test_a_card_in_short_and_the_rest_behind_titles(self, page):
        text = run(page)
        assert "**Do not use it for**: decisions about people" in text
        assert "[FER2013](https://www.kaggle.com/" in text
        titles = [each.label for each in page.expander]
        assert {"Data and protocol", "Confusion matrix", "Known limits"} <= set(titles)
        assert "In short" not in titles

    def test_before_one_in_use_is_deleted_it_says_so(self, page, mine):
        put_to_use(mine)
        text = run(page)
        assert "mine will be permanently deleted." in text.replace("*", "")
        assert "It is in use: the model that comes with the app takes over" in text

    def test_a_slow_one_is_warned_of_before_it_is_used(self, page, mine, monkeypatch):
        text = run(page)
        assert "<span>per face on this machine</span>" in text
        assert "Live video goes on at its own rate" not in text
        st.cache_data.clear()
        monkeypatch.setattr(EmotionClassifier, "_measured", lambda *_: 0.225)
        page.selectbox(key="model").set_value(mine.name)
        text = run(page)
        assert "<b>225.0 ms</b><span>per face on this machine</span>" in text
        assert "It takes 225 ms for a face on this machine. Live video goes on at its own" in text

    def test_a_name_that_does_not_do(self, page, mine):
        put_to_use(mine)
        run(page)
        page.text_input(key="model_name mine").set_value("../mine")
        page.button(key="model_rename").click()
        assert "expected a name of 1 to 60 letters" in run(page)
        assert mine.exists()

    def test_a_damaged_one_is_told_and_can_be_deleted(self, page, mine):
        (mine / CARD_FILE).write_text("{")
        text = run(page)
        assert "mine cannot be used." in text.replace("*", "")
        page.button(key="delete damaged mine").click()
        assert "cannot be used" not in run(page)
        assert not mine.exists()

    def test_when_the_one_in_use_fails_it_says_what_reads_instead(self, page, mine):
        put_to_use(mine)
        (mine / LITERT_FILE).write_bytes(b"nothing")
        text = run(page)
        assert "mine cannot be used, so fer2013-vgg reads the faces." in text

    def test_without_any_model(self, page, monkeypatch, tmp_path):
        monkeypatch.setattr("emotion_core.models.folder.MODELS_FOLDER", tmp_path / "none")
        assert "No model can be used." in run(page)

    def test_a_card_of_others_fetches_no_pictures(self, page, mine):
        card = load_card(mine)
        data = card.data | {"selected_on": "![x](http://elsewhere/x.png)"}
        write_card(mine, replace(card, data=data))
        put_to_use(mine)
        page.run()
        assert "http://elsewhere" in text_of(page)
        assert not any("![" in each.value.replace("!\\[", "") for each in page.markdown)


class TestDiagram:
    def test_a_network_is_told_stage_by_stage(self):
        from emotion_core.models.layers import read_contents

        layers = read_contents((SHIPPED / LITERT_FILE).read_bytes()).layers
        stages = stages_of(layers)
        assert [stage.shape for stage in stages][-3:] == [(5, 5, 256), (256,), (7,)]
        depths = load_card(SHIPPED).config["depths"]
        assert stages[-3].names == {"convolution 3x3": depths[-1]}
        html = network_diagram(layers, (48, 48, 1))
        assert html.count('class="stage"') == len(stages) + 1
        assert "48x48x1" in html


class TestImport:
    @pytest.fixture
    def give(self, page: AppTest) -> Callable[..., str]:
        """Give files to the page and return what it says when they were read."""

        def give(*files: ModelFile) -> str:
            run(page)
            page.file_uploader[0].set_value(
                [(name, content, "application/octet-stream") for name, content in files]
            )
            deadline = time.monotonic() + 120
            while "Reading the model" in (text := run(page)) or _reading(page):
                assert time.monotonic() < deadline
                time.sleep(0.2)
            return text

        return give

    def test_a_network_of_another_project(self, page, give, library):
        text = give(others("grey64.tflite", "my fer.tflite"))
        assert "a network for grey images of 64x64 pixels, 7 classes, 14 weights" in text
        assert "may do worse here than in its own project" in text
        assert page.selectbox(key="models_values").value == "-1 to 1"
        assert text.count('class="one"') == 7
        page.selectbox(key="models_order").set_value("RAF-DB")
        run(page)
        page.text_input(key="models_new_name 0").set_value("raf")
        page.button(key="models_keep").click()
        text = run(page)
        assert "raf was added." in text.replace("*", "")
        assert load_card(library / "raf").interface.classes[0] == "surprise"
        assert "How often it is right is unknown" in text
        assert "Evaluate it" in text
        assert page.selectbox(key="model").value == "raf"
        assert model_in_use().folder == SHIPPED
        assert "models_values" not in {box.key for box in page.selectbox}

    def test_a_slow_one_is_warned_of(self, give, monkeypatch):
        monkeypatch.setattr(EmotionClassifier, "_measured", lambda *_: 0.225)
        text = give(others("grey64.tflite"))
        assert "Reading a face takes 225.0 ms on this machine." in text
        assert "It takes 225 ms for a face on this machine. Live video goes on at its own" in text

    def test_it_can_be_put_to_use_at_once(self, page, give, library):
        give(others("color32.tflite"))
        page.button(key="models_keep_and_use").click()
        run(page)
        assert model_in_use().folder == library / "color32"

    def test_classes_one_by_one(self, page, give, library):
        give(others("color32.tflite"))
        page.selectbox(key="models_order").set_value("another order")
        run(page)
        page.selectbox(key="models_class 7").set_value("disgust")
        run(page)
        page.button(key="models_keep").click()
        run(page)
        assert load_card(library / "color32").interface.classes == (
            "angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "disgust",
        )  # fmt: skip

    def test_a_photo_shows_what_it_makes_of_it(self, page, give):
        give(others("grey64.tflite"))
        picture = cv2.cvtColor(skimage.data.astronaut()[:340, 55:395], cv2.COLOR_RGB2BGR)
        content = cv2.imencode(".png", picture)[1].tobytes()
        page.file_uploader[1].set_value(("face.png", content, "image/png"))
        text = run(page)
        assert text.count('class="face"') == 1
        assert 'class="one"' not in text
        page.file_uploader[1].set_value(("face.png", b"no picture", "image/png"))
        assert "This photo cannot be read." in run(page)

    def test_a_model_of_ours_is_not_asked_about(self, page, give, library):
        text = give(("ours.zip", own_zip()))
        assert "a model of this app for grey images of 48x48 pixels" in text
        assert "models_values" not in {box.key for box in page.selectbox}
        page.button(key="models_keep").click()
        run(page)
        assert load_card(library / "ours").metrics["n"] == 3589

    def test_what_is_refused_is_told_and_nothing_is_kept(self, give):
        layer = {"class_name": "Lambda", "config": {"name": "evil"}}
        text = give(("evil.keras", keras_with_layer(layer)))
        assert "Not imported." in text
        assert "evil.keras carries code (a Lambda layer)" in text
        assert [model.folder for model in list_models().models] == [SHIPPED]

    def test_after_a_refusal_the_next_file_counts(self, give):
        cut = ("cut.keras", others("grey64.keras")[1][:500])
        assert "Not imported." in give(cut)
        text = give(cut, others("grey64.tflite"))
        assert "grey64.tflite: a network for grey" in text.replace("*", "")
        architecture, weights = pair()
        assert "fer.json: a network for grey" in give(cut, architecture, weights).replace("*", "")

    def test_discarded(self, page, give, library):
        give(others("grey64.tflite"))
        page.button(key="models_discard").click()
        run(page)
        assert not library.exists()
        assert "models_values" not in {box.key for box in page.selectbox}

    def test_answers_that_do_not_fit(self, page, give):
        give(("x.tflite", (OTHERS / "grey64.tflite").read_bytes()))
        page.selectbox(key="models_order").set_value("another order")
        run(page)
        for number in range(7):
            page.selectbox(key=f"models_class {number}").set_value("none of the seven")
        assert "expected at least two of our expressions" in run(page)


def _reading(page: AppTest) -> bool:
    return any(button.key == "cancel models_import" for button in page.button)
