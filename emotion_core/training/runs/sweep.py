"""Many runs that differ in a few settings: every combination, or some of them at random."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from emotion_core.errors import TrainingError
from emotion_core.training.config import TrainingConfig, flat_settings, setting_text, with_settings
from emotion_core.training.runs.plan import LONGEST_NAME, RunPlan

#: More runs than anybody should start with one click.
MOST_RUNS: Final = 64


def split_values(name: str, text: str) -> tuple[str, ...]:
    """Return the values that somebody typed for a setting.

    Blanks separate them; where a value is a single number or word, commas do so too.

    >>> split_values("dropout", "0.1, 0.3"), split_values("filters", "16,32 32,64")
    (('0.1', '0.3'), ('16,32', '32,64'))
    """
    listed = isinstance(flat_settings(TrainingConfig()).get(name), tuple)
    separated = text if listed else text.replace(",", " ")
    values = [value.strip(",;") for value in separated.split()]
    return tuple(dict.fromkeys(value for value in values if value))


def sweep_plans(
    base: RunPlan,
    choices: Mapping[str, Sequence[str]],
    *,
    count: int | None = None,
    seed: int = 0,
) -> tuple[RunPlan, ...]:
    """Return the plans of a sweep that is called what ``base`` is called.

    Args:
        base: every other setting, the data, and the sweep's name.
        choices: values by the name of a setting, as ``with_settings`` takes them.
        count: so many combinations at random, each at most once; None: all of them.
        seed: of that choice.

    Raises:
        TrainingError: a setting or a value does not do, nothing varies, or there are too many.
    """
    combinations = math.prod(map(len, choices.values()))
    runs = combinations if count is None else min(count, combinations)
    if combinations < 2 or not 1 <= runs <= MOST_RUNS:
        raise TrainingError(
            f"expected 2 to {MOST_RUNS} combinations of settings, found "
            f"{runs if combinations > 1 else combinations}; give some setting more or fewer "
            "values, or choose some combinations at random"
        )
    places: Sequence[int] = range(combinations)
    if count is not None:
        places = sorted(random.Random(seed).sample(places, runs))
    return tuple(
        _plan(base, _combination(choices, place), number) for number, place in enumerate(places, 1)
    )


def _combination(choices: Mapping[str, Sequence[str]], place: int) -> dict[str, str]:
    """Return one combination of the grid; the last setting changes fastest."""
    chosen = {}
    for name, values in reversed(list(choices.items())):
        place, value = divmod(place, len(values))
        chosen[name] = values[value]
    return {name: chosen[name] for name in choices}


def _plan(base: RunPlan, settings: dict[str, str], number: int) -> RunPlan:
    varied = ", ".join(f"{name.rpartition('.')[2]} {value}" for name, value in settings.items())
    name = f"{base.name}: {varied}"
    return replace(
        base,
        name=name if len(name) <= LONGEST_NAME else f"{base.name} {number}"[-LONGEST_NAME:],
        config=with_settings(base.config, settings),
        sweep=base.name,
    )


def varied_settings(plans: Sequence[RunPlan]) -> dict[str, tuple[str, ...]]:
    """Return the settings that are not the same in all plans, with each plan's value."""
    texts = [
        {name: setting_text(value) for name, value in flat_settings(plan.config).items()}
        for plan in plans
    ]
    return {
        name: values
        for name in (texts[0] if texts else ())
        if len(set(values := tuple(text[name] for text in texts))) > 1
    }
