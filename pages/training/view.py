"""One run: how far it is, its curves, its confusion matrix, its log, and what one may ask of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from emotion_core.errors import TrainingError
from emotion_core.judging.figures.confusion import confusion_figure
from emotion_core.quantities import byte_size, counted, duration
from emotion_core.system.processes.queueing import ACTIVE_STATES, RESUMABLE_STATES, State
from emotion_core.system.storage.persons import whose
from emotion_core.training.progress import EpochMetrics, read_confusion
from emotion_core.training.runs.control import cancel_run, resume_run, stop_run
from emotion_core.training.runs.figures.curves import CURVES, curve_figure
from emotion_core.training.runs.queue import queued_runs, runs_before, start_worker
from emotion_core.training.runs.run import Run, RunStatus, open_run, read_log, read_status
from emotion_core.training.runs.storage import list_runs, runs_dir
from pages.viewer.clicks import once
from pages.widgets import display
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.text import plain, without_places

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

#: How often a run that goes on is looked at.
REFRESH_SECONDS: Final = 2.0

_PROBLEM: Final = "train_run_problem"
_BADGES: Final = {
    "running": ("Running", ":material/play_arrow:", "blue"),
    "queued": ("Queued", ":material/hourglass_top:", "gray"),
    "done": ("Done", ":material/check:", "green"),
    "stopped": ("Stopped", ":material/stop:", "gray"),
    "cancelled": ("Cancelled", ":material/close:", "gray"),
    "failed": ("Failed", ":material/error:", "red"),
    "interrupted": ("Interrupted", ":material/power_off:", "orange"),
}
_ASKED: Final = {"stop": "stopping after this step", "cancel": "being cancelled"}


def show_run(run: Run) -> None:
    """Show a run; as long as something happens by itself, this part refreshes itself."""
    active = run.state in ACTIVE_STATES
    st.fragment(_show, run_every=REFRESH_SECONDS if active else None)(run.folder, run.state)


def _show(folder: Path, shown: State) -> None:
    try:
        run = open_run(folder)
    except TrainingError:  # deleted, by another viewer
        st.rerun()
    if run.state != shown:
        # The whole page: this part begins, or ends, to refresh itself, and other things may be
        # done with the run.
        st.rerun()
    if run.state == "queued":
        start_worker(runs_dir())  # whoever was to train it may have been killed
    _show_head(run)
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    if run.state == "queued":
        st.caption(_waiting_for(run))
    status = read_status(folder)
    if run.state == "running" and status is not None:
        _show_progress(status)
    if facts := _facts(run, status):
        st.html(display.numbers(facts))
    _show_results(run)
    if log := read_log(folder):
        with st.expander("Log", icon=":material/notes:", key=f"log {run.id}"):
            st.code(without_places(log), language=None, wrap_lines=True)


def _show_head(run: Run) -> None:
    label, icon, color = _BADGES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.plan.name), anchor=False, width="content")
        st.badge(label, icon=icon, color=color)  # type: ignore[arg-type]
        if run.asked:
            st.caption(_ASKED[run.asked])
        st.space("stretch")
        _offer_actions(run)
    if run.outcome is not None and run.outcome.message:
        (st.error if run.state == "failed" else st.info)(plain(run.outcome.message))
    if run.state == "interrupted":
        from_where = (
            f"from epoch {len(run.epochs)}, to the same result as if nothing had happened"
            if run.has_checkpoint
            else "from the start, since no epoch was finished"
        )
        st.warning(f"Training was interrupted. *Resume* continues {from_where}.")


def _waiting_for(run: Run) -> str:
    """Return what comes before a queued run; of other people's, no more than how many."""
    if whose() is not None:
        before = runs_before(runs_dir()).get(run.folder, 0)
        whosever = "including other people's"
        return f"Place {before + 1:,} in line, {whosever}." if before else "It starts in a moment."
    running = [each.plan.name for each in list_runs(runs_dir()).runs if each.state == "running"]
    queue = [each.id for each in queued_runs(runs_dir())]
    before = queue.index(run.id) if run.id in queue else 0
    names = [f"**{plain(name)}**" for name in running]
    names += [f"{counted(before, 'run')} queued before it"] if before else []
    return f"Waiting for {' and '.join(names)}." if names else "It starts in a moment."


def _offer_actions(run: Run) -> None:
    if run.state in RESUMABLE_STATES:
        _button("Resume", ":material/resume:", run, resume_run, primary=True)
    if run.state == "running" and not run.asked:
        _button("Stop", ":material/stop:", run, stop_run, "Keep the best epoch so far as a model.")
    elif run.state == "interrupted" and run.has_checkpoint:
        _button(
            "Keep the best",
            ":material/save:",
            run,
            stop_run,
            "Keep the best epoch as a model and end the run.",
        )
    if run.state in ("running", "queued", "interrupted") and run.asked != "cancel":
        _button(
            "Cancel",
            ":material/close:",
            run,
            cancel_run,
            "Discard what it has learned; only its line in the list stays.",
        )


def _button(
    label: str,
    icon: str,
    run: Run,
    act: Callable[[Run], Run],
    help_: str | None = None,
    *,
    primary: bool = False,
) -> None:
    st.button(
        label,
        icon=icon,
        key=f"{label} {run.id}",
        type="primary" if primary else "secondary",
        help=help_,
        on_click=once(_act, run, act),
    )


def _act(run: Run, act: Callable[[Run], Run]) -> None:
    try:
        act(run)
        start_worker(runs_dir())
    except TrainingError as error:
        st.session_state[_PROBLEM] = str(error)


def _show_progress(status: RunStatus) -> None:
    if not status.epoch:
        st.progress(0.0, f"{status.stage.capitalize()} …")
        return
    done = (status.epoch - 1 + status.step / status.steps) / status.epochs
    left = f"{status.stage} …"
    if status.stage == "training":
        left = (
            f"**{duration(status.seconds_left)}** left, "
            f"{duration(status.epoch_seconds_left)} of this epoch"
        )
    st.progress(
        min(1.0, done),
        f"Epoch **{status.epoch}** of {status.epochs} · step {status.step} of {status.steps} · "
        f"{left}",
    )


def _facts(run: Run, status: RunStatus | None) -> dict[str, str]:
    """Return figures of a run, each by what it is."""
    epochs, best, running = run.epochs, run.best, run.state == "running"
    facts = {}
    if best is not None:
        facts[f"best accuracy, epoch {best.epoch}"] = f"{best.validation_accuracy:.1%}"
        facts["its macro F1"] = f"{best.validation_macro_f1:.3f}"
        facts["time per epoch"] = duration(float(np.median([epoch.seconds for epoch in epochs])))
        if not running:
            facts["epochs finished"] = f"{len(epochs)} of {run.plan.config.epochs}"
    if running and status is not None:
        if status.epoch:
            facts["loss of this epoch"] = f"{status.loss:.3f}"
            facts["images per second"] = f"{status.images_per_second:,.0f}"
        facts["CPU, of one core"] = f"{status.cpu_percent:.0f}%"
        facts["memory"] = byte_size(1e6 * status.memory_mb)
    return facts


def _show_results(run: Run) -> None:
    epochs = run.epochs
    if not epochs:
        if run.state == "running":
            st.caption("Curves appear after the first epoch.")
        return
    for place, figure in enumerate(_curves(epochs, run.plan.config.epochs)):
        if place % 2 == 0:
            columns = st.columns(2)  # row by row, so that a phone keeps the order
        with columns[place % 2]:
            st.plotly_chart(figure, key=f"curve {place} {run.id}", config=NO_TOOLBAR)
    matrix = read_confusion(run.folder)
    if matrix is not None:
        st.plotly_chart(
            _confusion(matrix.tobytes(), len(epochs)),
            key=f"confusion {run.id}",
            config=NO_TOOLBAR,
        )


@lru_cache(maxsize=8)
def _curves(epochs: tuple[EpochMetrics, ...], planned: int) -> tuple[Figure, ...]:
    return tuple(curve_figure(curve, epochs, planned) for curve in CURVES)


@lru_cache(maxsize=8)
def _confusion(matrix: bytes, epoch: int) -> Figure:
    side = round((len(matrix) // 8) ** 0.5)
    counts = np.frombuffer(matrix, np.int64).reshape(side, side)
    figure = confusion_figure(counts, f"Confusion after epoch {epoch}")
    # Shares alone, and no zeros: on a phone a cell is as wide as "100%".
    shares = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).ravel()
    figure.layout.annotations = [
        each.to_plotly_json()
        | {"text": f"{share:.0%}", "font": each.font.to_plotly_json() | {"size": 11}}
        for each, share in zip(figure.layout.annotations, shares, strict=True)
        if share
    ]
    figure.update_layout(height=480, margin={"t": 110})
    return figure
