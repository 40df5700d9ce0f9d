"""The settings of a run as widgets: a preset, and every setting that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import streamlit as st

from emotion_core.errors import TrainingError
from emotion_core.training.architectures import ARCHITECTURES, deployed_cost
from emotion_core.training.config import (
    PRECISIONS,
    PRESETS,
    SETTINGS,
    Group,
    TrainingConfig,
    flat_settings,
    native_precision,
    setting_text,
    with_settings,
)
from pages.viewer.kept import keep_state, within
from pages.widgets.text import plain

PRESET: Final = "train_preset"
#: What a new visitor finds: everything can be tried with it in a minute or two.
FIRST_PRESET: Final = "quick"

_AUGMENTATION: Final = "augmentation."
_IN_A_ROW: Final = 4

#: Why a setting does not do, by its name in ``flat_settings``.
Problems = Mapping[str, str]


@dataclass(frozen=True)
class ChosenSettings:
    """What the widgets say.

    Attributes:
        config: the settings; where some do not do, the last ones that did.
        problems: what is wrong with those that do not.
    """

    config: TrainingConfig
    problems: Problems


def key_of(name: str) -> str:
    """Return the key of a setting's widget."""
    return f"train_{name.replace('.', '_')}"


# What a number's widget can show; whether a setting can be it is said beside the widget.
_NUMBERS: Final = {
    key_of(name): within(-1e9, 1e9)
    for name, value in flat_settings(TrainingConfig()).items()
    if type(value) in (int, float)
}


def fill_settings(config: TrainingConfig) -> None:
    """Let the widgets show these settings."""
    st.session_state.update(_widget_values(config))


def _widget_values(config: TrainingConfig) -> dict[str, Any]:
    """Return what the widgets show of these settings, by key."""
    return {
        key_of(name): setting_text(value) if isinstance(value, tuple) else value
        for name, value in flat_settings(config).items()
    }


def ensure_settings() -> None:
    """Fill the widgets with what the viewer chose on an earlier visit, or at first."""
    choices = {key_of("architecture"): list(ARCHITECTURES), key_of("precision"): PRECISIONS}
    keep_state(
        {PRESET: FIRST_PRESET, **_widget_values(preset_config(FIRST_PRESET))},
        {PRESET: PRESETS, **_NUMBERS, **choices},
    )


@cache
def preset_config(name: str) -> TrainingConfig:
    """Return a preset as it runs best on this machine."""
    return replace(PRESETS[name], precision=native_precision())


def read_settings() -> ChosenSettings:
    """Return what the widgets say, whether they are on the screen or not."""
    ensure_settings()
    config, problems = preset_config(st.session_state.get(PRESET) or FIRST_PRESET), {}
    typed = {name: setting_text(st.session_state[key_of(name)]) for name in flat_settings(config)}
    shape = {
        name: typed.pop(name).replace(" ", "") for name in ("architecture", "filters", "depths")
    }
    for name, text in typed.items():
        try:
            config = with_settings(config, {name: text})
        except TrainingError as error:
            problems[name] = str(error).removeprefix(f"{name.removeprefix(_AUGMENTATION)}: ")
    try:
        config = with_settings(
            config, {name: text.replace(" ", "") for name, text in shape.items()}
        )
    except TrainingError as error:
        problems["filters"] = str(error)
    return ChosenSettings(config, problems)


def show_basics(problems: Problems) -> None:
    """Show preset, architecture, epochs and seed, and what is wrong with them."""
    ensure_settings()
    st.segmented_control(
        "Preset",
        list(PRESETS),
        key=PRESET,
        persist_state="session",
        required=True,
        on_change=follow_preset,
        help="*quick* shows in a minute or two that everything works; *standard* trains a good "
        "network in about twenty minutes (FER2013, two cores); *best* takes more than an hour; "
        "*distill* learns from other models besides the labels.",
    )
    left, middle, right = st.columns([2, 1, 1])
    with left:
        st.selectbox(
            "Architecture",
            list(ARCHITECTURES),
            format_func=lambda name: ARCHITECTURES[name].title,
            key=key_of("architecture"),
            persist_state="session",
            on_change=_follow_architecture,
        )
    for column, name in ((middle, "epochs"), (right, "seed")):
        with column:
            setting_widget(name)
            say_problem(name, problems)


def show_cost(config: TrainingConfig) -> str:
    """Return what the network is and costs, in one line of Markdown."""
    parameters, operations = deployed_cost(
        config.architecture, config.filters, config.depths, config.border
    )
    return (
        f"**{parameters / 1e6:.2f} M** weights · **{operations / 1e6:.0f} M** multiply-accumulates "
        f"per face · {ARCHITECTURES[config.architecture].source}"
    )


def show_all_settings(problems: Problems) -> None:
    """Show every setting but those of teachers and augmentation, and what is wrong with them."""
    for group in ("Network", "Steps", "Targets"):
        st.html(f'<div class="section">{group}</div>')
        show_group(group, problems)


def show_group(group: Group, problems: Problems) -> None:
    """Show the settings of a group beside each other, and what is wrong with them."""
    names = [name for name, setting in SETTINGS.items() if setting.group == group]
    for place, name in enumerate(names):
        if place % _IN_A_ROW == 0:
            columns = st.columns(_IN_A_ROW)  # row by row, so that a phone keeps the order
        with columns[place % _IN_A_ROW]:
            setting_widget(name)
            say_problem(name, problems)


def say_problem(name: str, problems: Problems) -> None:
    """Say below a setting's widget what is wrong with it."""
    if problem := problems.get(name):
        st.caption(f":red[:material/error: {plain(problem.removeprefix(f'{name}: '))}]")


def differences(config: TrainingConfig, preset: str) -> list[str]:
    """Return the settings that are not the preset's, as one would type them."""
    before, now = flat_settings(preset_config(preset)), flat_settings(config)
    return [f"{name}={setting_text(now[name])}" for name in now if now[name] != before[name]]


def setting_widget(name: str) -> None:
    """Show one setting with its title and help."""
    value: Any = flat_settings(TrainingConfig())[name]
    known = SETTINGS[name]
    title = known.title
    common: dict[str, Any] = {
        "key": key_of(name),
        "persist_state": "session",
        "help": known.help,
    }
    if name == "precision":
        st.selectbox(title, PRECISIONS, **common)
    elif isinstance(value, bool):
        st.toggle(title, **common)
    elif isinstance(value, tuple):
        st.text_input(title, placeholder="32,64,128,256", **common)
    elif isinstance(value, int):
        # Without limits: the widget would redden beyond them, say nothing, and leave the old value
        # in force; ``read_settings`` says what is expected.
        st.number_input(title, step=1, format="%d", **common)
    else:
        st.number_input(title, step=known.step, format="%g", **common)


def follow_preset() -> None:
    """Let every setting but the seed be the preset's."""
    preset = preset_config(st.session_state[PRESET])
    fill_settings(replace(preset, seed=read_settings().config.seed))


def _follow_architecture() -> None:
    """Give a new architecture the shape in which it is good."""
    chosen = ARCHITECTURES[st.session_state[key_of("architecture")]]
    for name in ("filters", "depths"):
        st.session_state[key_of(name)] = setting_text(getattr(chosen, name))
