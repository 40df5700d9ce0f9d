"""What a run was told, and what may be done with it that does not change how it goes on."""

from __future__ import annotations

from typing import Final

import streamlit as st

from emotion_core.errors import TrainingError
from emotion_core.system.storage.persons import for_same_person
from emotion_core.training.config import flat_settings, setting_text
from emotion_core.training.runs.plan import LONGEST_NAME
from emotion_core.training.runs.run import Run
from emotion_core.training.runs.storage import delete_run, describe_run, write_zip
from pages.mending.downloads import written
from pages.opened.opening import ADDRESS, address_of
from pages.training.setup import set_up_again
from pages.viewer.access import server_is_offered
from pages.viewer.clicks import once
from pages.widgets.text import plain

#: In the session's state: what went wrong with what was asked for; the page shows it on top.
PROBLEM: Final = "train_runs_problem"


def show_details(run: Run) -> None:
    """Offer what does not change how the run goes on; none of it refreshes itself."""
    with st.expander("Settings and notes", icon=":material/description:", key=f"about {run.id}"):
        if run.plan.notes:
            st.markdown(plain(run.plan.notes))
        st.markdown(_description(run))
        settings = flat_settings(run.plan.config).items()
        st.dataframe({name: [setting_text(value)] for name, value in settings}, hide_index=True)
    if run.model is not None:
        _lead_to_model(run.model.name, run.plan.data.path)
    with st.container(horizontal=True):
        st.button(
            "Set up again",
            icon=":material/content_copy:",
            key=f"again {run.id}",
            help="Open *Set up* with these settings.",
            on_click=set_up_again,
            args=(run.plan,),
        )
        _offer_description(run)
        _offer_zip(run)
        _offer_deletion(run)


def _lead_to_model(name: str, data: str) -> None:
    """Say what came of a run, and where one goes with it: to be judged on what it learned from."""
    address = address_of(data)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Its model is **{plain(name)}**.", width="content")
        st.page_link(
            "pages/evaluate.py",
            label="Evaluate it",
            icon=":material/fact_check:",
            query_params={"evaluated": name, "judged": "Overview"}
            | ({ADDRESS: address} if address else {}),
        )
        st.page_link(
            "pages/models.py",
            label="Use this model",
            icon=":material/neurology:",
            query_params={"model": name},
        )


def _description(run: Run) -> str:
    plan = run.plan
    lines = [f"Data: {plain(plan.data.name)}"]
    lines += [f"Teacher: {plain(teacher)}" for teacher in plan.teachers]
    lines += [f"Started from: {plain(plan.initial)}"] if plan.initial else []
    lines += [f"Sweep: {plain(plan.sweep)}"] if plan.sweep else []
    lines += [f"Model: {plain(str(run.model))}"] if run.model else []
    if server_is_offered():
        lines.append(
            f"Folder: `{run.folder}` (TensorBoard: `tensorboard --logdir {run.folder.parent}`)"
        )
    return "  \n".join(lines)


def _offer_description(run: Run) -> None:
    name, notes = f"name {run.id}", f"notes {run.id}"
    with st.popover("Name and notes", icon=":material/edit:"):
        st.text_input("Name", run.plan.name, key=name, max_chars=LONGEST_NAME)
        st.text_area("Notes", run.plan.notes, key=notes)
        st.button("Save", key=f"describe {run.id}", on_click=once(_describe, run, name, notes))


def _describe(run: Run, name: str, notes: str) -> None:
    try:
        describe_run(run, name=st.session_state[name], notes=st.session_state[notes])
    except TrainingError as error:
        st.session_state[PROBLEM] = str(error)


def _offer_zip(run: Run) -> None:
    st.download_button(
        "ZIP",
        for_same_person(lambda: written(lambda file: write_zip(run, file))),
        f"{run.plan.name}.zip",
        "application/zip",
        key=f"zip {run.id}",
        on_click="ignore",
        icon=":material/download:",
        help="Settings, curves, log, TensorBoard events, and the model.",
    )


def _offer_deletion(run: Run) -> None:
    if run.state == "running":
        return
    with st.popover("Delete", icon=":material/delete:"):
        st.write(
            f"The run **{plain(run.plan.name)}** will be permanently deleted; its model stays."
        )
        st.button(
            "Delete this run",
            type="primary",
            key=f"delete {run.id}",
            on_click=once(_delete, run),
        )


def _delete(run: Run) -> None:
    try:
        delete_run(run)
    except TrainingError as error:
        st.session_state[PROBLEM] = str(error)
