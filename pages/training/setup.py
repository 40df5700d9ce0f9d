"""Setting a run up: data, network, settings, other models, and the button that starts it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from emotion_core.errors import TrainingError
from emotion_core.models.folder import KERAS_FILE, models_dir
from emotion_core.models.library import model_folders
from emotion_core.training.checks import training_problems
from emotion_core.training.config import SETTINGS, TrainingConfig
from emotion_core.training.data import TrainingCounts
from emotion_core.training.runs.plan import LONGEST_NAME, RunPlan
from emotion_core.training.runs.queue import start_worker
from emotion_core.training.runs.storage import create_run, list_runs, runs_dir
from pages.training.assistant import show_preview, show_speed
from pages.training.data import TrainingData, choose_again, choose_data, chosen_data
from pages.training.settings import (
    FIRST_PRESET,
    PRESET,
    Problems,
    differences,
    fill_settings,
    follow_preset,
    read_settings,
    say_problem,
    show_all_settings,
    show_basics,
    show_cost,
    show_group,
)
from pages.viewer.clicks import once
from pages.viewer.kept import keep_state
from pages.widgets.room import may_keep
from pages.widgets.text import plain

#: Key of the page's tabs, and their name in the address.
SECTION: Final = "training"
#: The run that is shown: its id.
SHOWN_RUN: Final = "train_run"

_NAME: Final = "train_name"
_NOTES: Final = "train_notes"
_INITIAL: Final = "train_initial"
_TEACHERS: Final = "train_teachers"
_PROBLEM: Final = "train_problem"
# What stands against a run may also be one of these, which are no settings of its network.
_TITLES: Final = {
    "data": "Dataset",
    "teachers": "Teachers",
    "initial": "Start from model",
}


@dataclass(frozen=True)
class Base:
    """What is set up: everything but a name.

    Attributes:
        plan: named by its settings.
        counts: of its data.
        problems: what stands against it, by the name of a setting.
    """

    plan: RunPlan
    counts: TrainingCounts
    problems: Problems


def read_base() -> Base | None:
    """Return what is set up, on the screen or not; None while its data is read, which is said."""
    data = chosen_data()
    if data is None:
        return None
    chosen = read_settings()
    return _base(data, chosen.config, chosen.problems)


def show_setup() -> None:
    """Show everything that decides a run, and start it."""
    if not may_keep():
        return
    data = choose_data()
    about_data = st.container()
    chosen = read_settings()
    base = None if data is None else _base(data, chosen.config, chosen.problems)
    problems = chosen.problems if base is None else base.problems
    with about_data:
        say_problem("data", problems)
    show_basics(problems)
    st.caption(show_cost(chosen.config))
    changed = differences(chosen.config, st.session_state.get(PRESET) or FIRST_PRESET)
    if changed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(f"Changed from the preset: {', '.join(changed)}"), width="content")
            st.button(
                "Back to the preset",
                icon=":material/undo:",
                type="tertiary",
                key="train_reset",
                on_click=follow_preset,
            )
    if data is not None:
        show_speed(data, chosen.config)
    _show_more(data, chosen.config, problems)
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    if base is not None:
        _offer_start(base)


def _show_more(data: TrainingData | None, config: TrainingConfig, problems: Problems) -> None:
    """Show what most runs need not change, behind one line each."""
    settings = _expander("All settings", "tune", "train_all_settings")
    if settings.open:
        with settings:
            show_all_settings(problems)
    varied = _expander("Augmentation", "auto_awesome_motion", "train_vary")
    if varied.open:
        with varied:
            show_group("Augmentation", problems)
            if data is not None:
                show_preview(data, config)
    others = _expander(
        "Other models: start from one, or learn from several", "school", "train_others"
    )
    if others.open:
        with others:
            _show_models(problems)


def _expander(title: str, icon: str, key: str) -> ExpanderContainer:
    return st.expander(title, icon=f":material/{icon}:", key=key, on_change="rerun")


def _show_models(problems: Problems) -> None:
    models = [str(each) for each in model_folders() if (each / KERAS_FILE).is_file()]
    # Some may have been deleted meanwhile.
    taught_by = st.session_state.get(_TEACHERS) or []
    st.session_state[_TEACHERS] = [each for each in taught_by if each in models]
    if st.session_state.get(_INITIAL) not in models:
        st.session_state[_INITIAL] = None
    left, right = st.columns(2)
    with left:
        st.selectbox(
            _TITLES["initial"],
            models,
            index=None,
            format_func=lambda path: Path(path).name,
            key=_INITIAL,
            persist_state="session",
            placeholder="random weights",
            help="A model with the same architecture and filters (warm start) and at most as many "
            "blocks; blocks it lacks start out as the identity.",
        )
        say_problem("initial", problems)
    with right:
        st.multiselect(
            "Teachers",
            models,
            format_func=lambda path: Path(path).name,
            key=_TEACHERS,
            persist_state="session",
            placeholder="none",
            help="The network learns their softened scores along with the labels (knowledge "
            "distillation, Hinton et al. 2015), which makes every step slower.",
        )
        say_problem("teachers", problems)
    show_group("Teachers", problems)


def _base(data: TrainingData, config: TrainingConfig, problems: Problems) -> Base:
    preset = st.session_state.get(PRESET) or FIRST_PRESET
    there = {str(each) for each in model_folders()}
    keep_state({_TEACHERS: [], _INITIAL: None}, {_TEACHERS: there, _INITIAL: there})
    plan = RunPlan(
        name=f"{preset}-{config.architecture}",
        config=config,
        data=data.source,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        library=str(models_dir()),
        teachers=tuple(st.session_state.get(_TEACHERS) or ()),
        initial=st.session_state.get(_INITIAL),
    )
    found = training_problems(config, data.counts, plan.teachers, plan.initial)
    return Base(plan, data.counts, {**found, **problems})


def _offer_start(base: Base) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Name of the run and its model",
            key=_NAME,
            persist_state="session",
            max_chars=LONGEST_NAME,
            placeholder=_free_name(base.plan.name),
            width=320,
        )
        st.text_input(
            "Notes", key=_NOTES, persist_state="session", placeholder="optional", width="stretch"
        )
        st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            key="train_start",
            disabled=bool(base.problems),
            on_click=once(_start, base.plan, same=replace(base.plan, created="")),
        )
    for name, problem in base.problems.items():
        title = SETTINGS[name].title if name in SETTINGS else _TITLES[name]
        st.markdown(
            f":red[:material/error: {plain(title)}: {plain(problem.removeprefix(f'{name}: '))}]"
        )


def _free_name(stem: str) -> str:
    taken = {run.plan.name for run in list_runs(runs_dir()).runs}
    number = 1
    while (name := f"{stem}-{number}") in taken:
        number += 1
    return name


def _start(plan: RunPlan) -> None:
    name = st.session_state.get(_NAME, "").strip() or _free_name(plan.name)
    notes = st.session_state.get(_NOTES, "")
    try:
        run = create_run(runs_dir(), replace(plan, name=name, notes=notes))
        start_worker(runs_dir())
    except TrainingError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_NAME] = st.session_state[_NOTES] = ""
    go_to_run(run.id)


def go_to_run(run_id: str) -> None:
    """Turn to a run."""
    st.session_state[SHOWN_RUN] = run_id
    st.session_state[SECTION] = "Runs"


def set_up_again(plan: RunPlan) -> None:
    """Let the page set a run up as this one was, with its data where that is on offer."""
    fill_settings(plan.config)
    choose_again(plan.data)
    st.session_state[_TEACHERS] = list(plan.teachers)
    st.session_state[_INITIAL] = plan.initial
    st.session_state[SECTION] = "Set up"
