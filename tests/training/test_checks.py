"""What stands against a run before it is started."""

import json
import shutil
from dataclasses import replace

import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import TrainingError
from emotion_core.models.folder import CARD_FILE, KERAS_FILE
from emotion_core.models.interface import ModelInterface
from emotion_core.training.checks import check_training, training_problems
from emotion_core.training.data import TrainingCounts
from tests.conftest import TINY_CONFIG

COUNTS = TrainingCounts(100, 20, held_out=False, votes=False, emotions=EMOTIONS)


def test_nothing_stands_against_a_run_that_can_be_trained():
    assert training_problems(TINY_CONFIG, COUNTS) == {}


def test_there_must_be_something_to_tell_apart_and_a_whole_batch():
    few = TrainingCounts(4, 1, held_out=True, votes=False, emotions=("sad",))
    problems = training_problems(TINY_CONFIG, few)
    assert "two expressions or more to learn from, found sad alone" in problems["data"]
    assert "at most the 4 images to learn from" in problems["batch_size"]
    with pytest.raises(TrainingError, match="data: expected images of two"):
        check_training(TINY_CONFIG, few)


def test_a_teacher_must_see_and_answer_as_the_network_does(tiny_model, tmp_path):
    config, teacher = replace(TINY_CONFIG, distillation_weight=0.5), tmp_path / "imported"
    assert "a teacher's network at" in training_problems(config, COUNTS, [teacher])["teachers"]
    teacher.mkdir()
    assert "found no model.keras" in training_problems(config, COUNTS, [teacher])["teachers"]
    teacher.rmdir()
    shutil.copytree(tiny_model, teacher)
    assert training_problems(config, COUNTS, [teacher]) == {}
    card = json.loads((teacher / CARD_FILE).read_text())
    card["interface"] = ModelInterface(48, "grey", "logits", EMOTIONS[::-1]).to_json()
    (teacher / CARD_FILE).write_text(json.dumps(card))
    assert (
        "imported with another input or other labels"
        in training_problems(config, COUNTS, [teacher])["teachers"]
    )


def test_teachers_and_their_weight_come_together(tiny_model):
    config = replace(TINY_CONFIG, distillation_weight=0.5)
    assert training_problems(config, COUNTS) == {
        "teachers": "expected at least one for a distillation_weight of 0.5, found none; choose "
        "one, or set that to 0"
    }
    assert training_problems(TINY_CONFIG, COUNTS, [tiny_model]) == {
        "distillation_weight": "expected more than 0 with teachers, found 0; use the preset "
        "distill, or learn from no other model"
    }


def test_votes_cannot_be_learned_where_there_are_none():
    config = replace(TINY_CONFIG, vote_weight=0.5)
    assert training_problems(config, COUNTS) == {
        "vote_weight": "expected 0 for data without FER+ votes, found 0.5"
    }
    assert training_problems(config, replace(COUNTS, votes=True)) == {}


def test_a_model_to_begin_with_must_fit(tiny_model, tmp_path):
    assert training_problems(TINY_CONFIG, COUNTS, initial=tiny_model) == {}
    wider = replace(TINY_CONFIG, filters=(16, 32), depths=(1, 1))
    assert "take its shape" in training_problems(wider, COUNTS, initial=tiny_model)["initial"]
    model = shutil.copytree(tiny_model, tmp_path / "model")
    (model / KERAS_FILE).unlink()
    problem = training_problems(TINY_CONFIG, COUNTS, initial=model)["initial"]
    assert problem == (
        f"expected {model / KERAS_FILE} to begin with, found none; choose another model"
    )
