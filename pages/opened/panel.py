"""A page of faces beside all about the one that was chosen, as several sections show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.opened.corrections import show_corrections
from pages.opened.details import choose_face, chosen_face, show_details
from pages.opened.findings import corrected_captions
from pages.opened.grid import PAGE_FACES, Bar, TickedFaces, show_grid
from pages.opened.store import OpenDataset

_DETAILS: Final = "face_details"


def ticked_faces(opened: OpenDataset, key: str) -> TickedFaces:
    """Return what is ticked in the grid ``key``; of another dataset it is forgotten."""
    ticked: TickedFaces = st.session_state.setdefault(f"ticked {key}", TickedFaces(opened.id))
    if ticked.of != opened.id:
        ticked.of = opened.id
        ticked.clear()
    return ticked


def show_faces(
    opened: OpenDataset,
    indices: NDArray[np.intp],
    key: str,
    *,
    beside: Callable[[], None],
    captions: Sequence[str] | None = None,
    notes: Sequence[str] | None = None,
    bars: Sequence[Bar] | None = None,
    label: str = "Faces",
    ticked: TickedFaces | None = None,
) -> None:
    """Show a grid, and beside it the chosen face; on a phone the face comes first.

    Args:
        opened: the dataset.
        indices: intp ``[M]``, what the grid shows.
        key: tells this grid from others.
        beside: shows something in place of the chosen face as long as there is none.
        captions: see ``show_grid``.
        notes: see ``show_grid``.
        bars: see ``show_grid``.
        label: what screen readers call the grid.
        ticked: what is ticked; None: faces cannot be ticked.
    """
    chosen = chosen_face(opened)
    show_corrections(opened)
    with st.container(key="dataset_panel"):
        side, grid = st.columns([3, 5], gap="medium")
    with side, st.container(key=_DETAILS if chosen is not None else f"{_DETAILS}_none"):
        if chosen is None:
            beside()
        else:
            show_details(opened, chosen, partial(choose_face, None))
    with grid:
        show_grid(
            opened.dataset,
            indices,
            key,
            on_chosen=choose_face,
            chosen=chosen,
            captions=corrected_captions(opened, indices, captions),
            notes=notes,
            bars=bars,
            label=label,
            details=_DETAILS,
            ticked=ticked,
        )


def page_of(indices: NDArray[np.intp], key: str, *, address: str | None = None) -> NDArray[np.intp]:
    """Let the viewer turn pages, and return what stands on the one that is open.

    Args:
        indices: intp ``[M]``, all of them.
        key: of the widget; with another one it begins at the first page.
        address: name of the page's number in the address; None: it does not stand there.
    """
    pages = max(1, -(-len(indices) // PAGE_FACES))
    if pages == 1:
        return indices

    def note() -> None:
        if address is not None:
            st.query_params[address] = str(st.session_state[key])

    # Not bound to the address: a bound widget cannot be led back to its first page quietly.
    named = st.query_params.get(address, "") if address is not None else ""
    first = int(named) if named.isascii() and named.isdigit() and len(named) < 10 else 1
    number = st.pagination(pages, default=min(max(1, first), pages), key=key, on_change=note)
    return indices[(number - 1) * PAGE_FACES : number * PAGE_FACES]
