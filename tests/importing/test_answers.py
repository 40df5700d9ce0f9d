from __future__ import annotations

import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import ModelError
from emotion_core.importing.answers import (
    RANGES,
    FoundNetwork,
    ImportAnswers,
    guess_answers,
    orders_for,
)
from emotion_core.importing.staging import StagedModel, proposed_name
from emotion_core.models.changes import check_new_name
from emotion_core.system.storage.temporary import TemporaryFolder
from tests.importing.handed_in import stage
from tests.model_files import others


@pytest.mark.usefixtures("in_this_process")
class TestQuestions:
    @pytest.mark.parametrize(
        ("found", "values", "first"),
        [
            (FoundNetwork(48, 1, 7, True, False, 1), "0 to 1", EMOTIONS),
            (FoundNetwork(64, 1, 7, True, False, 1), "-1 to 1", EMOTIONS),
            (FoundNetwork(48, 1, 7, False, False, 1, scales=True), "0 to 255", EMOTIONS),
            (FoundNetwork(224, 3, 7, False, False, 1), "0 to 1", EMOTIONS),
            (FoundNetwork(48, 1, 6, True, False, 1), "0 to 1", EMOTIONS[:1] + EMOTIONS[2:]),
            (FoundNetwork(48, 1, 9, True, False, 1), "0 to 1", ("",) * 9),
        ],
    )
    def test_the_most_usual_answer_is_offered_first(self, found, values, first):
        guess = guess_answers(found)
        assert (guess.values, guess.classes) == (values, first)
        assert guess.probabilities is found.probabilities

    def test_orders_fit_the_number_of_classes(self):
        assert [len(orders_for(count)) for count in (5, 6, 7, 8, 9)] == [1, 3, 5, 3, 0]

    def test_the_means_of_colours_follow_their_order(self):
        found = FoundNetwork(32, 3, 7, False, False, 1)
        rgb = ImportAnswers("ImageNet, 0 to 1", EMOTIONS, False).interface(found)
        bgr = ImportAnswers("ImageNet, 0 to 1", EMOTIONS, False, "bgr").interface(found)
        assert rgb.mean == RANGES["ImageNet, 0 to 1"]["mean"]
        assert (bgr.mean, bgr.deviation) == (rgb.mean[::-1], rgb.deviation[::-1])

    def test_other_words_for_the_same_classes_are_understood(self):
        found = FoundNetwork(48, 1, 3, True, False, 1)
        interface = ImportAnswers("0 to 1", ("Happiness", " anger", "contempt"), True).interface(
            found
        )
        assert interface.classes == ("happy", "angry", None)

    def test_a_network_like_ours_needs_no_interface(self):
        folder = TemporaryFolder("import")
        (folder.path / "model.tflite").touch()
        staged = StagedModel(folder, "mine.tflite", FoundNetwork(48, 1, 7, False, False, 1), "0")
        answers = ImportAnswers("0 to 255", EMOTIONS, probabilities=False)
        assert staged.described(answers).interface is None
        staged.discard()

    @pytest.mark.parametrize(
        ("answers", "message"),
        [
            (ImportAnswers("0 to 2", EMOTIONS, True), "range: expected one of 0 to 255, 0 to 1"),
            (
                ImportAnswers("0 to 1", EMOTIONS[:3], True),
                "classes: expected 7 names, one for each",
            ),
            (ImportAnswers("0 to 1", ("x",) * 7, True), "classes: expected at least two of our"),
            (ImportAnswers("ImageNet, 0 to 1", EMOTIONS, True), "expected one for grey pictures"),
            (None, "expected range and classes of its network, found none"),
        ],
    )
    def test_answers_that_do_not_fit(self, nothing_left, answers, message):
        staged = stage(others("grey64.tflite"))
        with pytest.raises(ModelError, match=message):
            staged.keep("grey", answers)
        staged.discard()
        assert nothing_left()

    def test_a_new_name_is_made_of_the_files(self, library):
        assert proposed_name("../my <model>.v2.h5") == "my -model-.v2"
        (library / "fer").mkdir(parents=True)
        assert proposed_name("fer.h5") == "fer-2"
        assert proposed_name("fer2013-vgg.zip") == "fer2013-vgg-2"
        assert proposed_name("..h5") == "imported"
        cut = proposed_name(f"{39 * 'a'}.bcd.h5")  # a name does not end with a dot
        assert check_new_name(cut).name == 39 * "a"
