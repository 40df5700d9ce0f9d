import json
import shutil

import pytest

from emotion_core.errors import ModelError
from emotion_core.models.folder import CARD_FILE, ModelCard, load_card, read_model_file

NEWER_FIELDS = ("certainty_threshold", "sizes")


@pytest.fixture
def model(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def test_card_tells_what_the_model_is(tiny_model, demo):
    card = load_card(tiny_model)
    assert card.name == "tiny"
    assert card.labels == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert card.data["fingerprint"] == demo.fingerprint
    assert card.config["seed"] == 7
    assert card.temperature > 0
    assert card.metrics["n"] == (demo.splits == 1).sum()
    assert set(card.files) == {
        "README.md",
        "model.keras",
        "model_arch.json",
        "model_weights.h5",
        "model.tflite",
        "training_log.jsonl",
        "seen_images.npy",
    }
    assert {"python", "keras", "tensorflow"} <= set(card.versions)
    assert set(card.sizes) == set(card.files) - {"README.md"}
    assert card.sizes["model.tflite"] == (tiny_model / "model.tflite").stat().st_size
    assert card.certainty_threshold == card.metrics["selective"]["threshold"]


def test_a_card_from_before_the_certainty_threshold(model):
    content = json.loads((model / CARD_FILE).read_text())
    older = {name: value for name, value in content.items() if name not in NEWER_FIELDS}
    (model / CARD_FILE).write_text(json.dumps(older))
    card = load_card(model)
    assert (card.certainty_threshold, card.sizes) == (0, {})


def test_missing_folder(tmp_path):
    with pytest.raises(ModelError, match=r"expected a model folder with card.json, found none at"):
        load_card(tmp_path / "nothing")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"format": 1}', '{"name": "x"}'])
def test_damaged_card(model, content):
    (model / CARD_FILE).write_text(content)
    with pytest.raises(ModelError, match=r"card.json is damaged"):
        load_card(model)


def test_card_of_another_format(model):
    card = json.loads((model / CARD_FILE).read_text())
    (model / CARD_FILE).write_text(json.dumps(card | {"format": 99}))
    with pytest.raises(ModelError, match="expected card format 1, found 99"):
        load_card(model)


def test_other_label_order_is_refused(model):
    card = json.loads((model / CARD_FILE).read_text())
    (model / CARD_FILE).write_text(json.dumps(card | {"labels": card["labels"][::-1]}))
    with pytest.raises(ModelError, match="labels: expected angry, disgust"):
        load_card(model)


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan")])
def test_temperature_must_be_positive(tiny_model, temperature):
    content = json.loads((tiny_model / CARD_FILE).read_text())
    with pytest.raises(ModelError, match="temperature: expected a positive number"):
        ModelCard(**{**content, "labels": tuple(content["labels"]), "temperature": temperature})


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_certainty_threshold_must_be_a_score(tiny_model, threshold):
    content = json.loads((tiny_model / CARD_FILE).read_text())
    changed = content | {"labels": tuple(content["labels"]), "certainty_threshold": threshold}
    with pytest.raises(ModelError, match="certainty_threshold: expected 0 to 1, found"):
        ModelCard(**changed)


def test_replaced_file_is_noticed(model):
    (model / "model.tflite").write_bytes(b"something else")
    with pytest.raises(ModelError, match="is not the file its card describes"):
        read_model_file(model, load_card(model), "model.tflite")


def test_missing_file_is_named(model):
    (model / "model.tflite").unlink()
    with pytest.raises(ModelError, match=r"model.tflite, which the card lists, but it cannot be"):
        read_model_file(model, load_card(model), "model.tflite")


@pytest.mark.parametrize("name", ["files", "metrics", "data", "interface", "source"])
def test_a_card_with_a_list_where_names_have_values(model, name):
    content = json.loads((model / CARD_FILE).read_text()) | {name: ["x"]}
    (model / CARD_FILE).write_text(json.dumps(content))
    with pytest.raises(ModelError, match=rf"card.json is damaged \({name}: expected names with"):
        load_card(model)
