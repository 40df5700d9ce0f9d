"""What is wrong with a dataset: each finding a count, a grid, a list, and a way to leave it."""

from __future__ import annotations

import io
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from emotion_core.datasets import SPLITS
from emotion_core.datasets.checks.exclusions import exclusion_list_of
from emotion_core.datasets.checks.findings import FINDING_KINDS, Finding, findings_csv
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.quantities import counted
from emotion_core.system.names import LONGEST_NAME
from pages.opened.corrections import (
    keep_list,
    offer_corrections,
    show_corrections,
    stored_list,
)
from pages.opened.duplicates import NEAR, near_duplicates_job
from pages.opened.findings import (
    FACES,
    QUALITY,
    exclusions_for,
    faces_job,
    findings_of,
    quality_job,
)
from pages.opened.panel import page_of, show_faces, ticked_faces
from pages.opened.store import OpenDataset
from pages.opened.train_with import offer_training
from pages.viewer.clicks import once
from pages.widgets import display
from pages.widgets.jobs import result_of, show_job
from pages.widgets.text import plain, without_places

FINDING: Final = "finding"
_MADE: Final = "exclusions_made"
_PROBLEM: Final = "exclusions_problem"
_GRID, _LIST = "grid", "list"
_FACES: Final = "findings_grid"

COMMAND: Final = 'python -m emotion_core train --data {path} --exclude "{name}" --out models/mine'


def show_quality(opened: OpenDataset) -> None:
    """Show every finding, and what can be done about it."""
    what = f"Measuring {counted(len(opened.dataset), 'image')}"
    measured = result_of(quality_job(opened), what, "quality", partial(opened.forget, QUALITY))
    if measured is None:
        return
    _look_for_near_duplicates(opened)
    st.fragment(_show)(opened)


def _look_for_near_duplicates(opened: OpenDataset) -> None:
    """Show that near-duplicates are being looked for; what is known so far stands below."""
    job = near_duplicates_job(opened)
    if not job.wait(0.1):
        show_job(job, "Looking for near-duplicates", "near")
    elif not job.ended_well:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("The search for near-duplicates was cancelled.", width="content")
            st.button("Look again", on_click=partial(opened.forget, NEAR), key="near again")


def _show(opened: OpenDataset) -> None:
    findings = findings_of(opened)
    kind = _choose(opened, findings)
    finding = findings[kind]
    st.markdown(f"**{FINDING_KINDS[kind].title}**: {FINDING_KINDS[kind].description}.")
    if kind == "no_face" or opened.dataset.votes is None:
        _offer_face_search(opened)
    ticked = ticked_faces(opened, _FACES)
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            "View", [_GRID, _LIST], default=_GRID, required=True, key="findings_as",
            bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        _offer_files(opened, findings, finding)
        _offer_exclusion(opened, findings, kind)
        if view == _GRID:
            offer_corrections(opened, {}, "findings", ticked=ticked)
        shown = page_of(finding.indices, f"page {kind}")
    _show_outcome(opened)
    if not len(finding) or view == _LIST:
        show_corrections(opened)  # else the grid says it
    if not len(finding):
        st.success("No image matches.", icon=":material/check:")
    elif view == _LIST:
        st.dataframe(
            pd.read_csv(io.BytesIO(findings_csv(opened.dataset, [finding]))), hide_index=True
        )
    else:
        places = {index: place for place, index in enumerate(finding.indices.tolist())}
        show_faces(
            opened,
            shown,
            _FACES,
            beside=partial(_show_shares, opened, finding),
            captions=[_caption(opened, finding, places[index]) for index in shown.tolist()],
            notes=[_note(opened, finding, places[index]) for index in shown.tolist()],
            label=FINDING_KINDS[kind].title,
            ticked=ticked,
        )
    _show_lists(opened)


def _choose(opened: OpenDataset, findings: dict[str, Finding]) -> str:
    """Let the viewer choose a finding; the address names it."""

    def note() -> None:
        st.query_params[FINDING] = st.session_state["quality_finding"]

    named = st.query_params.get(FINDING)
    worst = next((kind for kind, finding in findings.items() if len(finding)), "leak")
    return st.pills(
        f"Findings among {counted(len(opened.dataset), 'image')}",
        list(findings),
        default=named if named in findings else worst,
        required=True,
        format_func=lambda kind: f"{FINDING_KINDS[kind].title} **{len(findings[kind]):,}**",
        key="quality_finding",
        on_change=note,
    )


def _offer_face_search(opened: OpenDataset) -> None:
    if opened.dataset.votes is not None or opened.known(FACES) is not None:
        return
    if st.session_state.get("look_for_faces") == opened.id:
        result_of(faces_job(opened), "Looking for faces", FACES, partial(opened.forget, FACES))
        return
    minutes = max(1, round(len(opened.dataset) * 0.003 / 60))
    st.button(
        f"Look for images without a face (about {minutes} min)",
        icon=":material/face_retouching_off:",
        key="begin_faces",
        on_click=lambda: st.session_state.update(look_for_faces=opened.id),
    )


def _offer_files(opened: OpenDataset, findings: dict[str, Finding], finding: Finding) -> None:
    files = {
        "CSV": ([finding], f"{finding.kind}.csv", counted(len(finding), "image")),
        "CSV of all": (findings.values(), "findings.csv", "Every image of every finding"),
    }
    for label, (which, name, help_) in files.items():
        st.download_button(
            label,
            partial(findings_csv, opened.dataset, which),
            name,
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            help=help_,
            key=f"download {label}",
        )


def _offer_exclusion(opened: OpenDataset, findings: dict[str, Finding], kind: str) -> None:
    """Let the viewer make a correction list of one finding or several."""
    some = [each for each, finding in findings.items() if len(finding)]
    with st.popover("Exclude these", icon=":material/playlist_remove:", disabled=not some):
        kinds = st.multiselect(
            "Findings to exclude",
            some,
            default=[kind] if kind in some else [],
            # Without counts: a browser names what is chosen by its label, and near-duplicates grow.
            format_func=lambda each: FINDING_KINDS[each].title,
            key=f"leave_out {kind}",
        )
        name_key = f"list of {kinds}"
        st.text_input(
            "Name of the correction list",
            f"without {' and '.join(kinds)}"[:LONGEST_NAME],
            key=name_key,
        )
        if kinds:
            images = np.unique(np.concatenate([findings[each].indices for each in kinds]))
            st.caption(f"{counted(len(images), 'image')} will be excluded.")
        st.button(
            "Save the list",
            type="primary",
            disabled=not kinds,
            key="save_exclusions",
            on_click=once(_save, opened, name_key, [findings[each] for each in kinds]),
        )


def _save(opened: OpenDataset, name_key: str, findings: list[Finding]) -> None:
    # Read here: who types and clicks at once has not let the page run in between.
    name = str(st.session_state[name_key]).strip()
    try:
        exclusions = exclusion_list_of(opened.dataset, name, findings)
        before = stored_list(exclusions.name)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    said = f"{counted(len(exclusions), 'image')} excluded by the list {exclusions.name}."
    if keep_list(opened, before, exclusions, said):
        st.session_state[_MADE] = (opened.id, exclusions.name)


def _show_outcome(opened: OpenDataset) -> None:
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    id_, name = st.session_state.get(_MADE, ("", ""))
    made = {each.name: each for each in exclusions_for(opened)}.get(name)
    if id_ == opened.id and made is not None:
        st.success(
            f"The correction list **{plain(name)}** excludes {counted(len(made), 'image')}. Apply "
            "it under *Correction list* on Train or Evaluate."
        )
        with st.container(horizontal=True):
            offer_training(opened, name)
            with st.popover("As a command", icon=":material/terminal:"):
                command = COMMAND.format(path=without_places(str(opened.path or "DATA")), name=name)
                st.code(command, language="sh", wrap_lines=True)


def _show_lists(opened: OpenDataset) -> None:
    """Show the lists of this dataset that exclude or relabel images."""
    lists = exclusions_for(opened)
    if not lists:
        return
    with st.expander(f"Correction lists of this dataset: {len(lists)}", key="correction_lists"):
        for each in lists:
            why = ", ".join(f"{reason} {count:,}" for reason, count in each.reasons.items())
            left_out, relabelled = len(each) - each.relabelled, each.relabelled
            what = [f"{left_out:,} excluded"] if left_out else []
            what += [f"{relabelled:,} relabelled"] if relabelled else []
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f"**{plain(each.name)}**: {', '.join(what)} ({plain(why)})", width="content"
                )
                if each.name != st.session_state.get(_MADE, ("", ""))[1]:
                    offer_training(opened, each.name)
                st.button(
                    "Delete",
                    icon=":material/delete:",
                    type="tertiary",
                    key=f"delete list {each.name}",
                    on_click=once(
                        keep_list, opened, each, None, f"The list {each.name} was deleted."
                    ),
                )


def _show_shares(opened: OpenDataset, finding: Finding) -> None:
    """Say how the images of a finding spread over splits and classes."""
    dataset = opened.dataset
    whole = {
        "of all images": len(finding) / len(dataset),
        **{
            f"of {split}": (dataset.splits[finding.indices] == code).sum() / of_split
            for code, split in enumerate(SPLITS)
            if (of_split := (dataset.splits == code).sum())
        },
    }
    st.html(display.numbers({what: f"{100 * share:.1f}%" for what, share in whole.items()}))
    if finding.partners is not None:
        st.caption(
            "Below each image: its label, then its duplicate. “= 17” is image 17, with the same "
            "label; “≠ angry” is an image labelled angry."
        )
    st.caption("Click an image for details and its duplicates. Tick images to correct only those.")


def _caption(opened: OpenDataset, finding: Finding, place: int) -> str:
    """Return the label, and what is said about it: its like elsewhere, or what was measured."""
    labels = opened.dataset.labels
    own = EMOTIONS[labels[finding.indices[place]]]
    if finding.partners is None:
        return f"{own}\n{finding.scores[place]:.3g}"
    partner = int(finding.partners[place])
    other = EMOTIONS[labels[partner]]
    return f"{own}\n{f'≠ {other}' if other != own else f'= {partner}'}"


def _note(opened: OpenDataset, finding: Finding, place: int) -> str:
    dataset, index = opened.dataset, int(finding.indices[place])
    note = f"{EMOTIONS[dataset.labels[index]]}, {SPLITS[dataset.splits[index]]}"
    if finding.partners is None:
        return f"{note}, {FINDING_KINDS[finding.kind].measure} {finding.scores[place]:.3g}"
    partner = int(finding.partners[place])
    return (
        f"{note}; also {partner}: {EMOTIONS[dataset.labels[partner]]}, "
        f"{SPLITS[dataset.splits[partner]]}"
    )
