from dataclasses import replace

import pytest

from emotion_core.errors import TrainingError
from emotion_core.training.runs.sweep import split_values, sweep_plans, varied_settings


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("dropout", "0.1, 0.3,0.5", ("0.1", "0.3", "0.5")),
        ("dropout", " 0.1  0.1 ", ("0.1",)),
        ("filters", "16,32 32,64", ("16,32", "32,64")),
        ("filters", "16,32; 32,64", ("16,32", "32,64")),
        ("architecture", "vgg resnet-se", ("vgg", "resnet-se")),
        ("dropout", "", ()),
        ("nobody", "1 2", ("1", "2")),
    ],
)
def test_values_as_one_types_them(name, text, values):
    assert split_values(name, text) == values


def test_a_grid_is_every_combination_in_order(plan):
    plans = sweep_plans(plan, {"dropout": ("0.1", "0.3"), "augmentation.flip": ("yes", "no")})
    assert [(each.config.dropout, each.config.augmentation.flip) for each in plans] == [
        *((0.1, True), (0.1, False)),
        *((0.3, True), (0.3, False)),
    ]
    assert plans[0].name == "tiny run: dropout 0.1, flip yes"
    assert {each.sweep for each in plans} == {"tiny run"}
    assert plans[0].data == plan.data
    assert varied_settings(plans) == {
        "dropout": ("0.1", "0.1", "0.3", "0.3"),
        "augmentation.flip": ("yes", "no", "yes", "no"),
    }


def test_random_combinations_are_different_and_the_same_for_a_seed(plan):
    choices = {"seed": tuple(map(str, range(500))), "dropout": ("0.1", "0.2", "0.3")}
    first, again, other = (sweep_plans(plan, choices, count=9, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len({(each.config.seed, each.config.dropout) for each in first}) == 9
    assert len(sweep_plans(plan, {"seed": ("1", "2")}, count=9)) == 2


def test_long_names_are_numbered(plan):
    plans = sweep_plans(replace(plan, name="x" * 79), {"seed": ("1", "2")})
    assert [each.name[-3:] for each in plans] == ["x 1", "x 2"]


@pytest.mark.parametrize(
    ("choices", "count", "message"),
    [
        ({}, None, "expected 2 to 64 combinations of settings, found 1"),
        ({"seed": ("1",)}, None, "found 1; give some setting"),
        ({"seed": ()}, None, "found 0; give some setting"),
        ({"seed": tuple(map(str, range(65)))}, None, "found 65"),
        ({"seed": ("1", "2")}, 0, "found 0"),
        ({"seed": ("1", "x")}, None, "seed: expected a whole number, found 'x'"),
        ({"nobody": ("1", "2")}, None, "expected a setting of architecture"),
    ],
)
def test_what_is_no_sweep(plan, choices, count, message):
    with pytest.raises(TrainingError, match=message):
        sweep_plans(plan, choices, count=count)


def test_nothing_varies_between_equals(plan):
    assert varied_settings([plan, plan]) == {}
    assert varied_settings([]) == {}
