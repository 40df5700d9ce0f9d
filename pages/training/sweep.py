"""A sweep: many runs over chosen settings, and their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from emotion_core.errors import TrainingError
from emotion_core.quantities import counted
from emotion_core.system.processes.queueing import ACTIVE_STATES, State
from emotion_core.training.checks import check_training
from emotion_core.training.config import SETTINGS, flat_settings, setting_text
from emotion_core.training.runs.control import cancel_sweep
from emotion_core.training.runs.figures.sweep import sweep_figure
from emotion_core.training.runs.plan import LONGEST_NAME, RunPlan
from emotion_core.training.runs.queue import start_worker
from emotion_core.training.runs.run import Run
from emotion_core.training.runs.storage import create_run, list_runs, runs_dir
from emotion_core.training.runs.sweep import MOST_RUNS, split_values, sweep_plans, varied_settings
from pages.training.runs import REFRESH_SECONDS, runs_table, table_columns
from pages.training.setup import Base, read_base
from pages.viewer.clicks import once
from pages.viewer.kept import kept, within
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.text import plain

_NAME: Final = "sweep_name"
_VARIED: Final = "sweep_varied"
_RANDOM: Final = "sweep_random"
_COUNT: Final = "sweep_count"
_SHOWN: Final = "sweep_shown"
_PROBLEM: Final = "sweep_problem"
_EVERY: Final = "every combination"
_SOME: Final = "some at random"
_CANCELLABLE: Final[tuple[State, ...]] = (*ACTIVE_STATES, "interrupted")


def show_sweep() -> None:
    """Set a sweep up, and show the results of earlier ones."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    base = read_base()
    if base is not None:
        _set_up(base)
    going_on = _goes_on(_members())
    st.fragment(_show_sweeps, run_every=REFRESH_SECONDS if going_on else None)(going_on)


def _set_up(base: Base) -> None:
    st.markdown(
        f"All other settings are those under *Set up*: {plain(base.plan.data.name)}, "
        f"{base.plan.config.architecture}, {base.plan.config.epochs} epochs."
    )
    settings = flat_settings(base.plan.config)
    names = st.multiselect(
        "Settings to vary",
        list(settings),
        kept(_VARIED, [], settings),
        format_func=lambda name: SETTINGS[name].title,
        key=_VARIED,
        persist_state="session",
        placeholder="such as learning rate and dropout",
    )
    choices = {name: _values(name, setting_text(settings[name])) for name in names}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            "Runs",
            [_EVERY, _SOME],
            default=kept(_RANDOM, _EVERY, [_EVERY, _SOME]),
            required=True,
            key=_RANDOM,
            persist_state="session",
        )
        count = None
        if way == _SOME:
            count = int(
                st.number_input(
                    "How many",
                    2,
                    MOST_RUNS,
                    kept(_COUNT, 8, within(2, MOST_RUNS)),
                    key=_COUNT,
                    persist_state="session",
                )
            )
        name = st.text_input(
            "Name of the sweep",
            key=_NAME,
            persist_state="session",
            max_chars=LONGEST_NAME,
            placeholder=_free_name(),
            width=280,
        )
    plans, problem = _plans(base, name.strip() or _free_name(), choices, count)
    st.button(
        f"Queue {len(plans)} runs" if plans else "Queue the runs",
        type="primary",
        icon=":material/playlist_play:",
        key="sweep_start",
        disabled=not plans,
        on_click=once(
            _start,
            plans,
            same=[replace(plan, name="same", sweep="same", created="") for plan in plans],
        ),
    )
    missing = [SETTINGS[name].title.lower() for name, values in choices.items() if not values]
    if missing:  # nobody has made a mistake yet
        st.caption(f"Enter the values to try for {' and '.join(missing)}.")
    elif names and problem:
        st.markdown(f":red[:material/error: {plain(problem)}]")


def _values(name: str, now: str) -> tuple[str, ...]:
    text = st.text_input(
        f"Values of {SETTINGS[name].title.lower()}",
        kept(f"sweep_values {name}", ""),
        key=f"sweep_values {name}",
        persist_state="session",
        placeholder=f"{now} …, separated by spaces",
        help=SETTINGS[name].help,
    )
    return split_values(name, text)


def _plans(
    base: Base, name: str, choices: dict[str, tuple[str, ...]], count: int | None
) -> tuple[tuple[RunPlan, ...], str]:
    """Return the runs of the sweep, or none and why."""
    try:
        plans = sweep_plans(replace(base.plan, name=name), choices, count=count)
        for plan in plans:
            check_training(plan.config, base.counts, plan.teachers, plan.initial)
    except TrainingError as error:
        return (), str(error)
    return plans, ""


def _start(plans: tuple[RunPlan, ...]) -> None:
    try:
        for plan in plans:
            create_run(runs_dir(), plan)
        start_worker(runs_dir())
    except TrainingError as error:
        st.session_state[_PROBLEM] = str(error)
    st.session_state[_NAME] = ""
    st.session_state[_SHOWN] = plans[0].sweep


def _free_name() -> str:
    taken = {run.plan.sweep for run in list_runs(runs_dir()).runs}
    number = 1
    while (name := f"sweep-{number}") in taken:
        number += 1
    return name


def _members() -> list[Run]:
    return [run for run in list_runs(runs_dir()).runs if run.plan.sweep]


def _goes_on(runs: list[Run]) -> bool:
    return any(run.state in ACTIVE_STATES for run in runs)


def _show_sweeps(refreshing: bool) -> None:
    runs = _members()
    if not runs:
        return
    if refreshing and not _goes_on(runs):
        st.rerun()  # nothing happens by itself any more, and a chart holds still for a selection
    st.subheader("Results", anchor=False)
    sweeps = list(dict.fromkeys(run.plan.sweep for run in runs))
    if st.session_state.get(_SHOWN) not in sweeps:
        st.session_state[_SHOWN] = sweeps[0]
    sweep = st.selectbox("Sweep", sweeps, key=_SHOWN, width=320)
    members = [run for run in runs if run.plan.sweep == sweep]
    finished = [run for run in members if run.best is not None]
    waiting = sum(run.state in ACTIVE_STATES for run in members)
    st.caption(
        f"{len(finished)} of {len(members)} runs have results"
        + (f", {waiting} still to come." if waiting else ".")
    )
    if unfinished := [run for run in members if run.state in _CANCELLABLE]:
        _offer_cancellation(sweep, unfinished)
    settings = varied_settings([run.plan for run in finished])
    if settings:
        accuracies = [run.best.validation_accuracy for run in finished if run.best]
        figure = sweep_figure(settings, accuracies)
        st.plotly_chart(figure, key=f"sweep {sweep}", config=NO_TOOLBAR)
    st.dataframe(
        runs_table(_ranked(members)),
        hide_index=True,
        key="sweep_table",
        column_config=table_columns(),
        placeholder="",
    )


def _offer_cancellation(sweep: str, unfinished: Sequence[Run]) -> None:
    if all(run.asked == "cancel" for run in unfinished):
        st.caption("The sweep is being cancelled.")
        return
    with st.popover("Cancel the sweep", icon=":material/close:"):
        st.write(
            f"{counted(len(unfinished), 'run')} of **{plain(sweep)}** will be cancelled; what they "
            "have learned so far is lost. Finished runs and their models stay."
        )
        st.button(
            "Cancel the sweep",
            type="primary",
            key=f"cancel sweep {sweep}",
            on_click=once(_cancel, sweep),
        )


def _cancel(sweep: str) -> None:
    try:
        cancel_sweep(runs_dir(), sweep)
    except TrainingError as error:
        st.session_state[_PROBLEM] = str(error)


def _ranked(runs: list[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: -(run.best.validation_accuracy if run.best else -1.0))
