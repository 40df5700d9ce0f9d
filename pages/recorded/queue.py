"""What waits, is being read, or was: one bar each, and what one may ask of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

import streamlit as st

from emotion_core.errors import SourceError
from emotion_core.quantities import counted, decimal, duration, percent
from emotion_core.recorded.tasks.control import cancel_task, pause_task, resume_task
from emotion_core.recorded.tasks.queue import start_worker, tasks_before
from emotion_core.recorded.tasks.storage import delete_task, list_tasks, tasks_dir
from emotion_core.recorded.tasks.task import QueuedTask, read_status
from emotion_core.system.processes.queueing import ACTIVE_STATES, in_turn
from emotion_core.system.storage.persons import whose
from pages.viewer.clicks import once
from pages.widgets.text import plain

#: How often the tasks are looked at as long as one goes on.
REFRESH_SECONDS: Final = 1.0
#: Tasks that are listed at once.
MOST_SHOWN: Final = 25

NONE_YET: Final = """
**No videos or photos yet.** Choose some above and press **Read**. The queue goes on when you close
this page, or the app.
"""

_PROBLEM: Final = "video_problem"
_ALL: Final = "video_show_all"
_BADGES: Final = {
    "running": ("Reading", ":material/play_arrow:", "blue"),
    "queued": ("Queued", ":material/hourglass_top:", "gray"),
    "done": ("Done", ":material/check:", "green"),
    "stopped": ("Paused", ":material/pause:", "gray"),
    "cancelled": ("Cancelled", ":material/close:", "gray"),
    "failed": ("Failed", ":material/error:", "red"),
    "interrupted": ("Interrupted", ":material/power_off:", "orange"),
}
_ASKED: Final = {"stop": "pausing", "cancel": "being cancelled"}
_ORDER: Final = ("running", "queued", "interrupted", "stopped", "failed", "done", "cancelled")


def show_queue() -> None:
    """Show all tasks; as long as something happens by itself, this part refreshes itself."""
    tasks = list_tasks(tasks_dir()).tasks
    active = any(task.state in ACTIVE_STATES for task in tasks)
    # Of a thousand, a look takes a third of a second.
    seconds = REFRESH_SECONDS * (1 + len(tasks) / 250)
    st.fragment(_show, run_every=seconds if active else None)(active)


def _show(refreshing: bool) -> None:
    found = list_tasks(tasks_dir())
    tasks = found.tasks
    if any(task.state in ACTIVE_STATES for task in tasks) != refreshing:
        st.rerun()  # the whole page: this part begins, or ends, to refresh itself
    for problem in found.problems:
        st.warning(plain(problem))
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    if not tasks:
        st.info(NONE_YET)
        return
    if refreshing:
        start_worker(tasks_dir())  # whoever was to read them may have been killed
    _show_head(tasks)
    # With others in line, one's own order says little.
    before = tasks_before(tasks_dir()) if whose() is not None and refreshing else {}
    turns = {folder: turn for turn, folder in enumerate(in_turn(task.folder for task in tasks))}
    ordered = sorted(tasks, key=lambda task: (_ORDER.index(task.state), turns.get(task.folder, 0)))
    for task in ordered if st.session_state.get(_ALL) else ordered[:MOST_SHOWN]:
        _show_task(task, before.get(task.folder))
    if len(tasks) > MOST_SHOWN:
        st.toggle(f"Show all {len(tasks):,}", key=_ALL)


def _show_head(tasks: tuple[QueuedTask, ...]) -> None:
    done = [task for task in tasks if task.state in ("done", "cancelled")]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Queue", anchor=False, width="content")
        st.caption(_in_all(tasks))
        st.space("stretch")
        if len(done) > 1:
            st.button(
                "Clear finished",
                icon=":material/clear_all:",
                help="Takes them off this list. Their sessions and your files stay.",
                on_click=once(_act_on_all, done, delete_task),
                key=f"clear {len(done)}",
            )


def _in_all(tasks: tuple[QueuedTask, ...]) -> str:
    """Return how many tasks are left, or else what has become of them."""
    left = sum(task.state in ACTIVE_STATES for task in tasks)
    if left:
        return f"{left:,} of {len(tasks):,} left"
    found = Counter(task.state for task in tasks)
    open_ends = [state for state in ("interrupted", "stopped", "failed") if found[state]]
    numbers = [f"{found[state]:,} {_BADGES[state][0].lower()}" for state in open_ends]
    return " · ".join(numbers) or "all done"


def _show_task(task: QueuedTask, before: int | None) -> None:
    label, icon, color = _BADGES[task.state]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(task.name)}**", width="content")
            if task.photos:
                st.caption(counted(task.photos, "photo"), width="content")
            st.badge(label, icon=icon, color=color)  # type: ignore[arg-type]
            if task.asked:
                st.caption(_ASKED[task.asked])
            elif task.state == "queued" and before is not None:
                st.caption(_place(before))
            st.space("stretch")
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                _offer_actions(task)
        if task.state in ("running", "stopped", "interrupted"):
            _show_bar(task)
        if task.outcome is not None and task.outcome.message:
            (st.error if task.state == "failed" else st.info)(plain(task.outcome.message))


def _place(before: int) -> str:
    """Return where a task stands among everybody's; of other people's, no more than how many."""
    return f"place {before + 1:,} in line, including other people's" if before else "next in line"


def _show_bar(task: QueuedTask) -> None:
    status = read_status(task.folder)
    if status is None:
        st.progress(0.0, "Opening …" if task.state == "running" else "Nothing read yet")
        return
    facts = [
        f"Writing the session: {percent(status.share)}" if status.writing else percent(status.share)
    ]
    if task.state == "running" and status.frames_per_second:
        unit = "photos/s" if task.photos else "frames/s"
        facts.append(f"{decimal(status.frames_per_second)} {unit}")
        if status.seconds_left is not None:
            facts.append(f"**{duration(status.seconds_left)}** left")
    st.progress(min(1.0, status.share), " · ".join(facts))


def _offer_actions(task: QueuedTask) -> None:
    if task.session is not None:
        st.page_link(
            "pages/sessions.py",
            label="Open",
            icon=":material/timeline:",
            query_params={"session": task.session.name},
        )
    if task.state in ("interrupted", "stopped"):
        _button("Resume", ":material/resume:", task, resume_task)
    elif task.state == "failed":
        _button("Retry", ":material/refresh:", task, resume_task)
    if task.state in ACTIVE_STATES and not task.asked:
        _button("Pause", ":material/pause:", task, pause_task)
    if task.state in (*ACTIVE_STATES, "interrupted", "stopped"):
        if task.asked != "cancel":
            _button("Cancel", ":material/close:", task, cancel_task)
    else:  # nothing more will happen by itself
        _button("Remove", ":material/delete:", task, delete_task)


def _button(label: str, icon: str, task: QueuedTask, act: Callable[[QueuedTask], object]) -> None:
    st.button(
        label,
        icon=icon,
        key=f"{label} {task.id}",
        help=_HELP.get(label),
        on_click=once(_act, task, act),
    )


_HELP: Final = {
    "Pause": "What has been read is kept.",
    "Cancel": "Ends the reading; nothing of it is kept. Your files stay.",
    "Remove": "Takes it off this list. Its session and your files stay.",
}


def _act(task: QueuedTask, act: Callable[[QueuedTask], object]) -> None:
    _act_on_all([task], act)


def _act_on_all(tasks: list[QueuedTask], act: Callable[[QueuedTask], object]) -> None:
    try:
        for task in tasks:
            act(task)
        start_worker(tasks_dir())
    except SourceError as error:
        st.session_state[_PROBLEM] = str(error)
