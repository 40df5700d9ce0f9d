"""All runs in a table, and below it the one that is looked at, or several compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, get_args

import streamlit as st

from emotion_core.system.processes.queueing import ACTIVE_STATES, State
from emotion_core.training.config import flat_settings, setting_text
from emotion_core.training.runs.figures.curves import CURVES, runs_figure
from emotion_core.training.runs.run import Run
from emotion_core.training.runs.storage import earlier_runs, list_runs, runs_dir
from emotion_core.training.runs.sweep import varied_settings
from pages.training.details import PROBLEM, show_details
from pages.training.setup import SHOWN_RUN
from pages.training.view import show_run
from pages.viewer.access import server_is_offered
from pages.viewer.kept import in_address, keep_in_address
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.glossary import meaning
from pages.widgets.text import local_time, located, plain

if TYPE_CHECKING:
    import pandas as pd

NONE_YET: Final = """
**No runs yet.** Under *Set up*, choose a dataset and settings, then press **Start**.
Runs are stored {located}.
"""

_FILTER: Final = "train_filter"
_STATES: Final = "train_states"
_COMPARED: Final = "train_compared"
#: How often one sees what happens to runs other than the one shown.
REFRESH_SECONDS: Final = 4.0


def show_runs() -> None:
    """List all runs, then show the current one, or compare those that are ticked."""
    found = list_runs(runs_dir())
    for problem in found.problems:
        st.warning(plain(problem))
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(plain(problem))
    if not found.runs:
        st.info(NONE_YET.format(located=located(runs_dir())))
        if server_is_offered() and (earlier := earlier_runs()) is not None:
            st.warning(f"An earlier version left runs in `{earlier}`. Move them to `{runs_dir()}`.")
        return
    run = _current(found.runs)
    st.fragment(_show_all, run_every=REFRESH_SECONDS)(run)
    if len(_compared(found.runs)) > 1:
        st.fragment(_compare, run_every=REFRESH_SECONDS)()
    else:
        show_run(run)
        show_details(run)


def _compared(runs: Sequence[Run]) -> list[Run]:
    keep_in_address(_COMPARED, "compared", [run.id for run in runs], several=True)
    return [run for run in runs if run.id in st.session_state.get(_COMPARED, ())]


def _current(runs: Sequence[Run]) -> Run:
    """Return the run that the viewer chose, else the one that goes on, else the newest."""
    keep_in_address(SHOWN_RUN, "run", [run.id for run in runs])
    chosen = st.session_state.get(SHOWN_RUN)
    for run in runs:
        if run.id == chosen:
            return run
    return next((run for run in runs if run.state == "running"), runs[0])


def _show_all(shown: Run) -> None:
    """List all runs as they are now, whoever started them; ``shown`` is the one below."""
    runs = list_runs(runs_dir()).runs
    in_address({_FILTER: "", _STATES: []})
    now = next((run for run in runs if run.id == shown.id), None)
    if now is None or (now.state != shown.state and shown.state not in ACTIVE_STATES):
        st.rerun()  # in another browser it was deleted, or resumed
    filtering = st.session_state.get(_FILTER) or st.session_state.get(_STATES)
    listed = _filtered(runs) if len(runs) > 1 or filtering else runs
    if listed:
        _show_table(listed)
    else:
        st.info("No run matches. Clear the filter.")


def _filtered(runs: Sequence[Run]) -> list[Run]:
    wanted = st.session_state.get(_STATES) or []
    present = {run.state for run in runs}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Filter",
            key=_FILTER,
            bind="query-params",
            placeholder="name, data, notes, or dropout=0.1",
            width=420,
        )
        states = st.pills(
            "State",
            [state for state in get_args(State) if state in present or state in wanted],
            selection_mode="multi",
            key=_STATES,
            bind="query-params",
        )
    return [run for run in runs if _matches(run, text) and (not states or run.state in states)]


def _show_table(runs: Sequence[Run]) -> None:
    ids = [run.id for run in runs]
    compared = st.session_state.get(_COMPARED, ())
    ticked = [place for place, id_ in enumerate(ids) if id_ in compared]
    # Another key when the lines are others: what is ticked goes by their number.
    key = f"runs {hash(tuple(ids))}"
    st.dataframe(
        runs_table(runs),
        hide_index=True,
        key=key,
        on_select=lambda: _choose(key, ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked}},
        column_config=table_columns(),
        placeholder="",
    )
    if len(runs) > 1:
        st.caption("Tick a run to see it below, or several to compare them.")


def _choose(key: str, ids: Sequence[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    chosen = [ids[row] for row in rows]
    if len(chosen) == 1:
        st.session_state[SHOWN_RUN] = chosen[0]
    st.session_state[_COMPARED] = chosen
    st.rerun()  # the whole page: the run below may be another one


def _matches(run: Run, text: str) -> bool:
    """Tell whether everything typed stands somewhere in what a run is."""
    settings = flat_settings(run.plan.config).items()
    words = [run.plan.name, run.plan.data.name, run.plan.notes, run.plan.sweep, run.id]
    words += [f"{name}={setting_text(value)}" for name, value in settings]
    said = "\n".join(words).lower()
    return all(word in said for word in text.lower().split())


def runs_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one line a run: its results, and the settings that are not the same in all."""
    import pandas as pd

    varied = varied_settings([run.plan for run in runs])
    rows: list[dict[str, Any]] = []
    for place, run in enumerate(runs):
        best = run.best
        rows.append(
            {
                "name": run.plan.name,
                "state": run.state,
                "accuracy": None if best is None else round(best.validation_accuracy, 3),
                "macro F1": None if best is None else best.validation_macro_f1,
                "epochs": f"{len(run.epochs)} of {run.plan.config.epochs}",
                "data": run.plan.data.name,
                "started": local_time(run.plan.created),
                **{name: values[place] for name, values in varied.items() if name != "epochs"},
                "sweep": run.plan.sweep,
                "notes": run.plan.notes,
            }
        )
    table = pd.DataFrame(rows)
    return table.drop(columns=[name for name in ("sweep", "notes") if not table[name].any()])


def table_columns() -> dict[str, Any]:
    """Return how the columns of ``runs_table`` are shown."""
    return {
        "accuracy": st.column_config.ProgressColumn(
            "accuracy", format="percent", min_value=0.0, max_value=1.0, help=meaning("accuracy")
        ),
        "macro F1": st.column_config.NumberColumn(
            "macro F1", format="%.3f", help=meaning("macro F1")
        ),
    }


def _compare() -> None:
    """Show the curves of the ticked runs in one figure each, and the settings that differ."""
    runs = _compared(list_runs(runs_dir()).runs)
    if len(runs) < 2:
        st.rerun()  # some were deleted in another browser
    st.subheader(f"{len(runs)} runs compared", anchor=False)
    st.caption("Measured on the images that select the best epoch of each run.")
    names = _different_names(runs)
    with_curves = {name: run.epochs for name, run in zip(names, runs, strict=True) if run.epochs}
    for place, curve in enumerate(CURVES if with_curves else ()):
        if place % 2 == 0:
            columns = st.columns(2)  # row by row, so that a phone keeps the order
        with columns[place % 2]:
            st.plotly_chart(
                runs_figure(curve, with_curves),
                key=f"comparison {place}",
                config=NO_TOOLBAR,
            )
    varied = varied_settings([run.plan for run in runs])
    data = [run.plan.data.name for run in runs]
    if len(set(data)) > 1:
        varied = {"data": tuple(data), **varied}
    if not varied:
        st.caption("Their settings are the same.")
        return
    st.dataframe(
        {"setting": list(varied)}
        | {name: [values[place] for values in varied.values()] for place, name in enumerate(names)},
        hide_index=True,
    )


def _different_names(runs: Sequence[Run]) -> list[str]:
    """Return the runs' names; where some are called the same, with the end of their ids."""
    names = [run.plan.name for run in runs]
    return [
        name if names.count(name) == 1 else f"{name} ({run.id[-4:]})"
        for name, run in zip(names, runs, strict=True)
    ]
