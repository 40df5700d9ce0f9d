"""Two datasets side by side: class shares, light, and the images both have."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import streamlit as st

from emotion_core.datasets import DEMO_NAME, FaceDataset
from emotion_core.datasets.checks.comparison import DatasetComparison, compare_datasets
from emotion_core.datasets.checks.figures import (
    dataset_comparison_figure,
    light_comparison_figure,
    overlap_figure,
)
from emotion_core.quantities import counted
from emotion_core.system.progress import ShareProgress
from pages.data.shares import show_shares
from pages.opened.corrections import offer_corrections, page_or_all
from pages.opened.opening import paths_on_offer
from pages.opened.panel import page_of, show_faces, ticked_faces
from pages.opened.store import OpenDataset, dataset_store
from pages.opened.text import describe
from pages.widgets import display
from pages.widgets.display import NO_TOOLBAR
from pages.widgets.jobs import result_of
from pages.widgets.text import plain

_OTHER: Final = "dataset_compared"
_READING: Final = "dataset_compared_job"
_GRID: Final = "compare_grid"


def show_compare(opened: OpenDataset) -> None:
    """Let the viewer choose another dataset, and show both side by side."""
    offered = {DEMO_NAME: DEMO_NAME} | paths_on_offer()
    offered.pop(opened.id, None)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other_id = st.selectbox(
            "Compare with",
            list(offered),
            index=None,
            key="with",
            bind="query-params",
            placeholder="a dataset opened before",
            width=360,
        )
        near = st.toggle("Find near-identical photos too", key="near", bind="query-params")
    if other_id is None:
        st.info("Choose any dataset that has been opened on this machine.")
        return
    other = _read(other_id, offered[other_id])
    if other is not None:
        st.markdown(f"with {describe(other.dataset)}")
        _show_comparison(opened, other, near=near)


def _read(id_: str, path: str) -> OpenDataset | None:
    """Return the other dataset, or show how far its reading is."""
    opened: OpenDataset | None = st.session_state.get(_OTHER)
    if opened is not None and opened.id == id_:
        return opened
    wanted, job = st.session_state.get(_READING, (None, None))
    if wanted != id_:
        job = dataset_store().open(path)
        st.session_state[_READING] = (id_, job)
    found = result_of(
        job, f"Reading {path}", "compared", partial(st.session_state.pop, _READING, None)
    )
    if found is not None:
        st.session_state[_OTHER] = found
        st.session_state.pop(_READING, None)
    return found


def _show_comparison(opened: OpenDataset, other: OpenDataset, *, near: bool) -> None:
    def compare(dataset: FaceDataset, progress: ShareProgress) -> DatasetComparison:
        return compare_datasets(
            dataset,
            other.dataset,
            near=near,
            progress=lambda done, total: progress(done / max(1, total)),
        )

    name = f"comparison {other.id} {other.dataset.fingerprint} {near}"
    comparison = result_of(
        opened.job(name, compare), "Comparing", "comparison", partial(opened.forget, name)
    )
    if comparison is None:
        return
    st.html(display.numbers(_facts(comparison)))
    st.plotly_chart(
        dataset_comparison_figure(comparison, "Share of each class"),
        key="compare classes",
        config=NO_TOOLBAR,
        height=400,
    )
    columns = st.columns(2)
    for column, measure in zip(columns, ("brightness", "contrast"), strict=True):
        with column:
            st.plotly_chart(
                light_comparison_figure(comparison, measure, measure.capitalize()),
                key=f"compare {measure}",
                config=NO_TOOLBAR,
                height=380,
            )
    st.fragment(_show_shared)(opened, comparison)


def _facts(comparison: DatasetComparison) -> dict[str, str]:
    first, second = comparison.first.name, comparison.second.name
    return {
        f"images of {first} that {second} has": f"{int(comparison.exact.first.sum()):,}",
        f"images of {second} that {first} has": f"{int(comparison.exact.second.sum()):,}",
        "of labels would have to change to give both the same class shares": (
            f"{comparison.class_distance:.1%}"
        ),
    }


def _show_shared(opened: OpenDataset, comparison: DatasetComparison) -> None:
    shared = (comparison.near or comparison.exact).first
    indices = np.flatnonzero(shared)
    if not len(indices):
        st.success("No image appears in both.", icon=":material/check:")
        return
    st.plotly_chart(
        overlap_figure(comparison, "Images in both"),
        key="compare overlap",
        config=NO_TOOLBAR,
    )
    ticked = ticked_faces(opened, _GRID)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{counted(len(indices), 'image')}** of {plain(opened.dataset.name)} in both",
            width="content",
        )
        shown = page_of(indices, "compare_page")
        offer_corrections(
            opened,
            page_or_all(shown, indices),
            "compare",
            ticked=ticked,
        )
    show_faces(
        opened,
        shown,
        _GRID,
        beside=partial(show_shares, opened, indices),
        label="Images in both datasets",
        ticked=ticked,
    )
