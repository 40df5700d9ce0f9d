import json
from dataclasses import asdict, replace

import pytest

from emotion_core.errors import TrainingError
from emotion_core.training.runs.plan import PLAN_FILE, plan_of_earlier_version, read_plan


def test_a_plan_comes_back_as_it_was_written(plan, tmp_path):
    data = replace(plan.data, joined=("own/mine",), exclusions="leaks", skip_bad_rows=True)
    whole = replace(
        plan, data=data, teachers=("/a", "/b"), initial="/c", sweep="all", notes="a\nb", name="ü"
    )
    whole.write(tmp_path)
    assert read_plan(tmp_path) == whole


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_name_is_needed(plan, name):
    with pytest.raises(TrainingError, match="expected a name of 1 to 80 characters for a run"):
        replace(plan, name=name)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content.pop("data"), r"is damaged \('data'\); delete"),
        (lambda content: content.update(format=9), "written by another version of this project"),
        (lambda content: content["config"].update(epochs=0), "epochs: expected 1 to 10000"),
        (lambda content: content["data"].pop("joined"), "expected the source of a dataset"),
    ],
)
def test_a_damaged_plan_is_named(plan, tmp_path, damage, message):
    plan.write(tmp_path)
    content = json.loads((tmp_path / PLAN_FILE).read_text())
    damage(content)
    (tmp_path / PLAN_FILE).write_text(json.dumps(content))
    with pytest.raises(TrainingError, match=message):
        read_plan(tmp_path)


def test_no_plan(tmp_path):
    with pytest.raises(TrainingError, match=r"expected a run with run\.json in"):
        read_plan(tmp_path)


def test_the_plan_of_a_run_that_an_earlier_version_began(plan, tmp_path):
    content = {
        "config": asdict(plan.config),
        "data": "fingerprint",
        "teachers": [{"path": "/a", "checksum": "1"}],
        "initial": {"path": "/b", "name": "b", "checksum": "2"},
    }
    (tmp_path / "config.json").write_text(json.dumps(content))
    found = plan_of_earlier_version(tmp_path, "model", plan.data)
    assert (found.config, found.teachers, found.initial) == (plan.config, ("/a",), "/b")
    assert (found.name, found.library) == ("model", str(tmp_path.parent))
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(TrainingError, match=r"config\.json is damaged .*; delete .* start over"):
        plan_of_earlier_version(tmp_path, "model", plan.data)
