"""What stands against a run before it is started."""

import json
import shutil
from dataclasses import replace

import pytest

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import TrainingError
from emotion_core.models.folder import CARD_FILE
from emotion_core.models.interface import ModelInterface
from emotion_core.training.data import TrainingCounts
from emotion_core.training.runs.checks import check_plan, plan_problems

COUNTS = TrainingCounts(100, 20, held_out=False, votes=False, emotions=EMOTIONS)


def test_nothing_stands_against_a_run_that_can_be_trained(plan):
    assert plan_problems(plan, COUNTS) == {}


def test_there_must_be_something_to_tell_apart_and_a_whole_batch(plan):
    few = TrainingCounts(4, 1, held_out=True, votes=False, emotions=("sad",))
    problems = plan_problems(plan, few)
    assert "two expressions or more to learn from, found sad alone" in problems["data"]
    assert "at most the 4 images to learn from" in problems["batch_size"]
    with pytest.raises(TrainingError, match="data: expected images of two"):
        check_plan(plan, few)


def test_a_teacher_must_see_and_answer_as_the_network_does(plan, tiny_model, tmp_path):
    taught = replace(
        plan,
        config=replace(plan.config, distillation_weight=0.5),
        teachers=(str(tmp_path / "imported"),),
    )
    assert "found no model.keras" in plan_problems(taught, COUNTS)["teachers"]
    shutil.copytree(tiny_model, tmp_path / "imported")
    assert plan_problems(taught, COUNTS) == {}
    card = json.loads((tmp_path / "imported" / CARD_FILE).read_text())
    card["interface"] = ModelInterface(48, "grey", "logits", EMOTIONS[::-1]).to_json()
    (tmp_path / "imported" / CARD_FILE).write_text(json.dumps(card))
    assert (
        "imported with another input or other labels" in plan_problems(taught, COUNTS)["teachers"]
    )
