"""Models from elsewhere: what is read, asked and kept."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.access.audit import entries
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.importing.answers import CLASS_ORDERS, FoundNetwork, ImportAnswers, guess_answers
from emotion_core.models.classifier import EmotionClassifier
from emotion_core.models.folder import default_model_dir, load_card
from emotion_core.models.in_use import put_to_use
from emotion_core.models.library import list_models
from tests import model_files
from tests.data.keras2.make import bright_and_dark, faces
from tests.importing.handed_in import answers_to_grays, greys, stage
from tests.model_files import KERAS_2, others


@pytest.mark.usefixtures("in_this_process")
class TestWhole:
    """The networks of ``tests/data/others`` answer by brightness: class 0 black, the last white."""

    def test_a_litert_file_of_another_size_and_range(self, library):
        staged = stage(others("grey64.tflite"))
        assert staged.found == FoundNetwork(64, 1, 7, True, False, staged.found.weights)
        answers = guess_answers(staged.found)
        assert answers == ImportAnswers("-1 to 1", EMOTIONS, True)
        assert answers_to_grays(staged.classifier(answers), 7) == list(EMOTIONS)
        kept = staged.keep("grey", answers)
        assert kept.origin == "imported"
        assert [(each.action, each.name) for each in entries().entries] == [("imported", "grey")]
        assert kept.card.source["file"] == "grey64.tflite"
        assert kept.card.interface.side == 64
        assert not staged.folder.exists()
        loaded = EmotionClassifier.load(library / "grey")
        assert answers_to_grays(loaded, 7) == list(EMOTIONS)
        put_to_use(library / "grey")

    def test_the_order_of_the_classes_is_ours_afterwards(self):
        staged = stage(others("grey64.tflite"))
        order = CLASS_ORDERS["by name"]
        answers = ImportAnswers("-1 to 1", order, probabilities=True)
        assert answers_to_grays(staged.classifier(answers), 7) == list(order)

    def test_a_page_that_runs_again_neither_hashes_nor_loads_it_again(self, monkeypatch):
        staged = stage(others("grey64.tflite"))
        answers = guess_answers(staged.found)
        first, card = staged.classifier(answers), staged.described(answers)
        monkeypatch.setattr("emotion_core.importing.staging.checksum", None)
        assert staged.classifier(guess_answers(staged.found)) is first
        assert staged.described(answers).files == card.files
        other = ImportAnswers("-1 to 1", CLASS_ORDERS["by name"], probabilities=True)
        assert answers_to_grays(staged.classifier(other), 7) == list(CLASS_ORDERS["by name"])

    @pytest.mark.parametrize(
        ("file", "called"),
        [
            ("nested.h5", "a.h5"),
            ("nested.h5", "a.keras"),
            ("nested.keras", "a.keras"),
            ("nested.keras", "a.h5"),
            ("nested.keras", "a.zip"),
        ],
    )
    def test_a_network_of_networks_is_read_as_what_it_is_whatever_its_name(self, file, called):
        staged = stage((called, (KERAS_2 / file).read_bytes()))
        classifier = staged.classifier(ImportAnswers("0 to 1", EMOTIONS, probabilities=True))
        dark, *_, bright = np.load(KERAS_2 / "nested.npy")
        crops = np.rint(bright_and_dark()[..., 0] * 255).astype(np.uint8)
        scores = classifier.predict_scores(crops)
        assert scores[0] == pytest.approx(dark, abs=3e-3)  # for the crops are rounded
        assert scores[-1] == pytest.approx(bright, abs=1e-3)

    def test_three_colours_and_eight_classes(self):
        staged = stage(others("color32.tflite"))
        found = staged.found
        assert (found.side, found.channels, found.outputs) == (32, 3, 8)
        assert not found.probabilities
        order = CLASS_ORDERS["FER+"]
        assert guess_answers(found) == ImportAnswers("0 to 1", order, False)
        classifier = staged.classifier(guess_answers(found))
        assert answers_to_grays(classifier, 8)[:7] == list(order[:7])
        assert classifier.predict_scores(greys(1.0)).sum() == pytest.approx(1)  # contempt

    def test_one_picture_at_a_time(self):
        staged = stage(others("one_by_one.tflite"))
        assert staged.found.one_by_one
        classifier = staged.classifier(guess_answers(staged.found))
        assert answers_to_grays(classifier, 7) == list(EMOTIONS)

    def test_a_quantized_network(self):
        staged = stage(others("quantized.tflite"))
        assert staged.found.probabilities
        classifier = staged.classifier(ImportAnswers("0 to 255", EMOTIONS, probabilities=True))
        assert answers_to_grays(classifier, 7) == list(EMOTIONS)

    @pytest.mark.parametrize("form", ["pair", "whole"])
    def test_a_network_of_keras_2_gives_the_scores_keras_2_gave(self, form):
        files = model_files.pair() if form == "pair" else [("fer.h5", model_files.whole_h5())]
        staged = stage(*files)
        assert staged.file == files[0][0]
        classifier = staged.classifier(ImportAnswers("0 to 255", EMOTIONS, probabilities=True))
        expected = np.load(KERAS_2 / "scores.npy")
        assert classifier.predict_scores(faces()) == pytest.approx(expected, abs=1e-3)

    def test_a_zip_of_ours_keeps_its_card(self, library):
        staged = stage(("shipped.zip", model_files.own_zip()))
        kept = staged.keep("copy", None)
        shipped = load_card(default_model_dir())
        assert (kept.card.name, kept.origin) == ("copy", "imported")
        assert kept.card.metrics == shipped.metrics
        assert kept.card.network_id == shipped.network_id
        assert "Imported on" in (library / "copy" / "README.md").read_text()
        assert not staged.folder.exists()


def test_nothing_is_kept_under_a_taken_name():
    staged = stage(others("grey64.tflite"))
    answers = guess_answers(staged.found)
    staged.keep("grey", answers)
    again = stage(others("grey64.tflite"))
    with pytest.raises(ModelError, match="'grey', which is taken"):
        again.keep("grey", answers)
    again.keep("grey 2", answers)
    assert [model.name for model in list_models().models[1:]] == ["grey", "grey 2"]


def test_a_model_that_nobody_kept_goes_with_its_owner(tmp_path):
    staged = stage(others("grey64.tflite"))
    assert staged.folder.exists()
    del staged
    assert not any((tmp_path / "temporary").iterdir())


@pytest.mark.usefixtures("in_this_process")
def test_a_temporary_folder_that_the_system_has_emptied(library):
    staged = stage(others("grey64.tflite"))
    (staged.folder / "model.tflite").unlink()
    answers = guess_answers(staged.found)
    for use in (staged.classifier, lambda answers: staged.keep("grey", answers)):
        with pytest.raises(ModelError, match=r"grey64.tflite: expected it in .* found it gone"):
            use(answers)
    assert not library.exists()
