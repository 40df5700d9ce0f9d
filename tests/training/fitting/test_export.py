import shutil
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from emotion_core.datasets.types import byte_identical_to
from emotion_core.errors import ModelError
from emotion_core.judging.measures.evaluation import evaluate_logits
from emotion_core.models.folder import load_card, read_model_file
from emotion_core.models.readme.text import readme_text
from emotion_core.training.fitting import export
from emotion_core.training.fitting.export import save_model
from emotion_core.training.networks.loading import load_keras_classifier, load_network
from emotion_core.training.networks.network import NetworkShape, build_network


def test_the_card_gives_the_score_that_evaluation_finds(tiny_model, demo):
    card = load_card(tiny_model)
    public, training = demo.split("PublicTest"), demo.split("Training")
    report = evaluate_logits(
        load_keras_classifier(tiny_model).predict_logits(public.images),
        public.labels,
        temperature=card.temperature,
        leaked=byte_identical_to(public.images, training.images),
    ).to_json()
    for key in ("n", "accuracy", "confusion", "clean"):
        assert report[key] == card.metrics[key]
    assert report["log_loss"] == pytest.approx(card.metrics["log_loss"], rel=1e-4)


def test_the_card_holds_what_is_fitted_and_what_it_costs(tiny_model, demo):
    card = load_card(tiny_model)
    assert {"ece", "ece_uncalibrated", "ece_cross_fitted"} <= set(card.metrics)
    shifted = card.metrics["shifted_boxes"]
    assert shifted["accuracy"] == card.metrics["accuracy"]
    assert shifted["repeats"] == 5
    training = demo.split("Training")
    assert card.data["training_fingerprint"] == training.fingerprint
    assert card.data["training_images"] == len(training)
    assert card.data["training_images_also_selecting"] == 0
    assert card.data["teachers"] == []


def test_the_readme_is_the_cards(tiny_model):
    card = load_card(tiny_model)
    readme = read_model_file(tiny_model, card, "README.md").decode()
    assert readme == readme_text(card)


def test_a_failure_leaves_the_old_model_alone(tiny_model, tmp_path, monkeypatch):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full_disk(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "write_weights", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_model(folder, load_network(tiny_model), load_card(tiny_model))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert list(tmp_path.iterdir()) == [folder]


def test_forms_that_disagree_are_not_published(tiny_model, tmp_path, monkeypatch):
    network = load_network(tiny_model)
    other = build_network("vgg", NetworkShape((4, 8), (1, 1), deployed=True))
    monkeypatch.setattr(export, "KerasClassifier", lambda _network: Fixed(other))
    with pytest.raises(ModelError, match="the model was not saved"):
        save_model(tmp_path / "model", network, load_card(tiny_model))
    assert list(tmp_path.iterdir()) == []


class Fixed:
    def __init__(self, network):
        self.network = network

    def predict_logits(self, crops):
        return self.network.predict(crops[..., None].astype(np.float32), verbose=0)


def test_a_folder_with_other_files_is_not_replaced(tiny_model, tmp_path):
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(ModelError, match="expected a new folder or a model folder to replace"):
        save_model(tmp_path, load_network(tiny_model), load_card(tiny_model))
    assert (tmp_path / "thesis.txt").exists()


def test_the_version_of_a_tensorflow_for_cpus_alone_is_told(monkeypatch):
    def only(name: str) -> str:
        if name != "tensorflow-cpu":
            raise PackageNotFoundError(name)
        return "2.21.0"

    monkeypatch.setattr(export, "version", only)
    assert export._version("tensorflow") == "2.21.0"
    with pytest.raises(PackageNotFoundError):
        export._version("keras")
