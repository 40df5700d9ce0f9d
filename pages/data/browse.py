"""The faces of a dataset: filtered, sorted, page by page."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets import SPLITS
from emotion_core.datasets.checks.findings import FINDING_KINDS
from emotion_core.datasets.selection import FaceFilter, in_order, matching_faces
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError
from emotion_core.quantities import counted
from pages.data.shares import show_shares
from pages.opened.corrections import offer_corrections, page_or_all
from pages.opened.findings import QUALITY, exclusions_for, findings_of, left_out
from pages.opened.panel import page_of, show_faces, ticked_faces
from pages.opened.scores import scores_of
from pages.opened.store import OpenDataset
from pages.viewer.kept import in_address
from pages.widgets.glossary import meaning
from pages.widgets.jobs import result_of
from pages.widgets.text import plain

_BY_INDEX: Final = "index"
_GRID: Final = "browse_grid"

# The widgets' keys are the names in the address.
_SPLIT, _CLASS, _AGREEMENT, _FIND = "split", "class", "agreement", "find"
_FINDING, _WITHOUT = "only", "without"
_SORT, _DESCENDING, _PAGE = "sort", "descending", "page"
# What decides, beside the filter, which faces stand on which page.
_VIEW = (_FINDING, _WITHOUT, _SORT, _DESCENDING)

NOTHING = """
**No image matches.** Remove a filter: click a chosen class or split again, or clear the search.
"""


def show_browse(opened: OpenDataset) -> None:
    """Show filters, the grid, and the chosen face; only this part runs again when one changes."""
    st.fragment(_browse)(opened)


def _browse(opened: OpenDataset) -> None:
    wanted = _filters(opened)
    try:
        found = matching_faces(opened.dataset, wanted, _columns(opened, wanted), _allowed(opened))
    except DatasetError as error:
        st.error(plain(str(error)))
        return
    ticked = ticked_faces(opened, _GRID)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        indices = _sorted(opened, found)
        if indices is None:
            return
        view = (wanted, *(st.session_state.get(key) for key in _VIEW))
        shown = page_of(indices, f"page {opened.id} {view}", address=_PAGE)
        st.markdown(
            f"**{len(indices):,}** of {counted(len(opened.dataset), 'image')}", width="content"
        )
        offer_corrections(
            opened,
            page_or_all(shown, indices, "all that match"),
            "browse",
            ticked=ticked,
        )
    if not len(found):
        st.info(NOTHING)
        return
    show_faces(
        opened,
        shown,
        _GRID,
        beside=partial(show_shares, opened, found),
        captions=_captions(opened, shown),
        label="Images that match",
        ticked=ticked,
    )


def _first_page() -> None:
    st.query_params.pop(_PAGE, None)


def _filters(opened: OpenDataset) -> FaceFilter:
    dataset = opened.dataset
    present = [split for code, split in enumerate(SPLITS) if (dataset.splits == code).any()]
    in_address(
        {_CLASS: [], _SPLIT: [], _AGREEMENT: (0, 100), _FINDING: None, _WITHOUT: None, _FIND: ""}
    )
    in_address({_SORT: _BY_INDEX, _DESCENDING: False})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        emotions = st.pills(
            "Class",
            EMOTIONS,
            selection_mode="multi",
            wrap=True,
            key=_CLASS,
            bind="query-params",
            on_change=_first_page,
        )
        splits = st.pills(
            "Split",
            present,
            selection_mode="multi",
            wrap=True,
            key=_SPLIT,
            bind="query-params",
            on_change=_first_page,
            help=meaning("Training", "PublicTest", "PrivateTest"),
        )
        with st.popover("More filters", icon=":material/filter_list:"):
            scores = _agreement_filter() if dataset.votes is not None else ()
            _finding_filters(opened)
            indices = st.text_input(
                "Index",
                key=_FIND,
                bind="query-params",
                on_change=_first_page,
                placeholder="5, 100-120",
                help="Numbers and ranges, counted from 0.",
            )
    return FaceFilter(tuple(splits), tuple(emotions), indices or "", scores)


def _agreement_filter() -> tuple[tuple[str, float, float], ...]:
    low, high = st.slider(
        "Share of the FER+ votes for the label",
        0,
        100,
        (0, 100),
        5,
        format="%d%%",
        key=_AGREEMENT,
        help=meaning("FER+ votes"),
        bind="query-params",
        on_change=_first_page,
    )
    return () if (low, high) == (0, 100) else (("agreement", low / 100, high / 100),)


def _finding_filters(opened: OpenDataset) -> None:
    """Let the viewer see one finding only, or all but a correction list."""
    st.selectbox(
        "Finding",
        list(FINDING_KINDS),
        index=None,
        placeholder="any image",
        key=_FINDING,
        bind="query-params",
        on_change=_first_page,
        help="  \n".join(f"{kind.name}: {kind.description}" for kind in FINDING_KINDS.values()),
    )
    if lists := exclusions_for(opened):
        st.selectbox(
            "Hide what a list excludes",
            [each.name for each in lists],
            index=None,
            placeholder="nothing",
            key=_WITHOUT,
            bind="query-params",
            on_change=_first_page,
            help="Hide the images that this correction list excludes.",
        )


def _allowed(opened: OpenDataset) -> NDArray[np.bool_] | None:
    """Return which images the filters for findings and correction lists let through."""
    kind, name = (st.session_state.get(key) for key in (_FINDING, _WITHOUT))
    if kind is None and name is None:
        return None
    allowed = np.ones(len(opened.dataset), bool)
    if kind is not None:
        allowed[:] = False
        if (finding := findings_of(opened).get(kind)) is not None:
            allowed[finding.indices] = True
    for exclusions in exclusions_for(opened):
        if exclusions.name == name:
            allowed &= ~left_out(opened, exclusions)
    return allowed


def _columns(opened: OpenDataset, wanted: FaceFilter) -> dict[str, NDArray[np.float32]]:
    scores = scores_of(opened)
    return {name: scores[name].compute(opened) for name, _, _ in wanted.scores}


def _sorted(opened: OpenDataset, found: NDArray[np.intp]) -> NDArray[np.intp] | None:
    """Let the viewer choose an order; None while what it needs is being measured."""
    scores = scores_of(opened)
    by = st.selectbox(
        "Sort by",
        [_BY_INDEX, *scores],
        key=_SORT,
        bind="query-params",
        on_change=_first_page,
        width=180,
        help="  \n".join(f"{name}: {score.help}" for name, score in scores.items()),
    )
    descending = st.toggle(
        "Largest first", key=_DESCENDING, bind="query-params", on_change=_first_page
    )
    if by == _BY_INDEX:
        return found[::-1] if descending else found
    begin = scores[by].job
    if begin is not None:
        what = f"Measuring {counted(len(opened.dataset), 'image')}"
        if result_of(begin(opened), what, f"sort {by}", partial(opened.forget, QUALITY)) is None:
            return None
    return in_order(found, scores[by].compute(opened), descending=descending)


def _captions(opened: OpenDataset, indices: NDArray[np.intp]) -> list[str] | None:
    by = st.session_state.get(_SORT, _BY_INDEX)
    if by == _BY_INDEX:
        return None
    score = scores_of(opened)[by]
    return [score.written(opened, index) for index in indices.tolist()]
