"""A grid of faces to tick some of."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.components.v2.types import ComponentRenderer

from emotion_core.faces.pictures.thumbnails import SHEET_COLUMNS, contact_sheet, png_address
from pages.widgets import FACE_CELLS


@dataclass(frozen=True)
class FaceNote:
    """What stands with a face in the grid.

    Attributes:
        title: for the mouse and for screen readers.
        caption: below the face; "" for none.
        color: ``#rrggbb`` of a line below the face; "" for none.
    """

    title: str
    caption: str = ""
    color: str = ""


def pick_faces(
    images: NDArray[np.uint8],
    notes: Sequence[FaceNote],
    key: str,
    *,
    label: str,
    ticked: bool = False,
) -> list[int]:
    """Show faces side by side and return the places of the ticked ones, in ascending order.

    Args:
        images: uint8 ``[N, 48, 48]``; N is at least 1.
        notes: one for each.
        key: tells this grid from others; other faces under the same key make a new grid.
        label: what screen readers call the grid.
        ticked: whether all are ticked at first, or none.
    """
    sheet = contact_sheet(images)
    places = list(range(len(images)))
    first = places if ticked else []
    data = {
        "sheet": png_address(sheet),
        "columns": min(SHEET_COLUMNS, len(images)),
        "rows": -(-len(images) // SHEET_COLUMNS),
        "label": label,
        "picked": first,
        "faces": [vars(note) for note in notes],
    }
    result = _picker()(
        key=f"{key} {hashlib.sha256(repr(notes).encode() + sheet.tobytes()).hexdigest()[:12]}",
        data=data,
        default={"picked": first},
        on_picked_change=lambda: None,
    )
    # Only what is there: the message is a browser's.
    return [place for place in places if place in (result.picked or ())]


@functools.cache
def _picker() -> ComponentRenderer:
    folder = Path(__file__).parent
    return st.components.v2.component(
        "face_picker",
        html='<div class="picker"><div class="bar"><span class="count"></span>'
        '<button type="button" class="all">all</button>'
        '<button type="button" class="none">none</button></div>'
        '<div class="grid" role="group"></div></div>',
        css=(folder / "picker.css").read_text("utf-8"),
        js=FACE_CELLS.read_text("utf-8") + (folder / "picker.js").read_text("utf-8"),
    )
