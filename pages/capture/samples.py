"""The faces of one of the user's datasets, to look at, relabel and remove, each with an undo."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
import streamlit as st

from emotion_core.datasets.own.dataset import OwnDataset, Sample
from emotion_core.datasets.own.samples import (
    moved_to,
    read_samples,
    relabel_samples,
    remove_samples,
    restore_samples,
    stored_samples,
)
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS, FACE_SIZE
from emotion_core.errors import DatasetError
from emotion_core.quantities import counted
from pages.capture.picker import FaceNote, pick_faces
from pages.opened.store import dataset_store
from pages.viewer.clicks import once
from pages.widgets.text import plain
from pages.widgets.undo import forget_done, note_done, show_done

#: Faces on one page.
PAGE_FACES: Final = 60

_SHOWN = "own_shown"
_PAGE = "own_page"
_PROBLEM = "own_samples_problem"
#: Where what was done to the faces is said, with Undo.
_DONE: Final = "own samples"
_UNREADABLE_GRAY: Final = 128


def show_samples(dataset: OwnDataset) -> None:
    """Show the faces, the newest first, how many there are, and what was done to them last."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    show_done(_DONE, to=dataset.name)
    if not dataset.samples:
        st.caption("No faces yet.")
        return
    counts = dataset.counts()
    splits = [f"{sum(of_split.values()):,} in {name}" for name, of_split in counts.items()]
    parts = [faces(len(dataset.samples)), *(text for text in splits if not text.startswith("0 "))]
    st.markdown(" · ".join(parts))
    totals = {name: sum(of_split[name] for of_split in counts.values()) for name in EMOTIONS}
    totals = {"all": len(dataset.samples)} | {name: n for name, n in totals.items() if n}
    shown = st.pills(
        "Show",
        list(totals),
        default="all",
        required=True,
        format_func=lambda name: f"{name} · {totals[name]}",
        key=_SHOWN,
    )
    samples = [each for each in reversed(dataset.samples) if shown in ("all", each.emotion)]
    samples = _on_page(samples)
    picked = [samples[place] for place in _pick(dataset, samples)]
    count = f" {len(picked)}" if picked else ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        emotion = st.selectbox("Relabel as", EMOTIONS, key="own_relabel_as", width=160)
        st.button(
            f"Relabel{count}",
            icon=":material/label:",
            key="own_relabel",
            disabled=not picked,
            on_click=once(_relabel, dataset, picked, emotion),
        )
        st.button(
            f"Remove{count}",
            icon=":material/delete:",
            key="own_remove",
            disabled=not picked,
            on_click=once(_remove, dataset, picked),
        )


def faces(count: int) -> str:
    """Return how many faces that is, in words."""
    return counted(count, "face")


def _on_page(samples: Sequence[Sample]) -> Sequence[Sample]:
    pages = max(1, -(-len(samples) // PAGE_FACES))
    if pages == 1:
        return samples
    if st.session_state.get(_PAGE, 1) > pages:
        st.session_state[_PAGE] = pages
    page = st.number_input(f"Page, of {pages}", 1, pages, key=_PAGE, width=160)
    return samples[(page - 1) * PAGE_FACES : page * PAGE_FACES]


def _pick(dataset: OwnDataset, samples: Sequence[Sample]) -> list[int]:
    """Show the faces and return the places of the ticked ones."""
    found = read_samples(dataset, samples)
    notes = []
    for sample, face in zip(samples, found, strict=True):
        caption = sample.emotion if face is not None else "unreadable"
        time = "" if sample.time is None else f", {sample.time:%Y-%m-%d %H:%M} UTC"
        sitting = f", sitting {sample.sitting}" if sample.sitting else ""
        title = f"{caption}: {sample.split}{sitting}, from a {sample.source}{time}"
        notes.append(FaceNote(title, caption, EMOTION_COLORS[sample.emotion]))
    if missing := sum(face is None for face in found):
        st.warning(
            f"{missing} of these images cannot be read, so nothing can be trained with this "
            "dataset; remove them."
        )
    blank = np.full((FACE_SIZE, FACE_SIZE), _UNREADABLE_GRAY, np.uint8)
    images = np.stack([blank if face is None else face for face in found])
    return pick_faces(images, notes, "own_samples", label="Faces in this dataset")


def _relabel(dataset: OwnDataset, samples: Sequence[Sample], emotion: str) -> None:
    forget_done(_DONE)
    try:
        relabel_samples(dataset, samples, emotion)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    said = f"{faces(len(samples))} relabelled as {emotion}."
    note_done(_DONE, said, partial(_label_back, dataset, samples, emotion), to=dataset.name)


def _label_back(dataset: OwnDataset, samples: Sequence[Sample], emotion: str) -> None:
    for label in {sample.emotion for sample in samples}:
        moved = [moved_to(sample, emotion) for sample in samples if sample.emotion == label]
        relabel_samples(dataset, moved, label)


def _remove(dataset: OwnDataset, samples: Sequence[Sample]) -> None:
    forget_done(_DONE)
    stored = stored_samples(dataset, samples)
    try:
        remove_samples(dataset, samples)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        said = f"{faces(len(samples))} removed."
        note_done(_DONE, said, partial(restore_samples, dataset, stored), to=dataset.name)
    dataset_store().close(dataset.folder)
