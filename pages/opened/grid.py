"""A grid of faces to choose one from."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.components.v2.types import ComponentRenderer

from emotion_core.datasets import FaceDataset
from emotion_core.emotions import EMOTION_COLORS, EMOTIONS
from emotion_core.faces.pictures.thumbnails import SHEET_COLUMNS, contact_sheet, png_address
from pages.widgets import FACE_CELLS

#: Faces on one page of a grid.
PAGE_FACES: Final = 120

_SIDE: Final = 76
_SMALL_SIDE: Final = 56
_LARGE_SIDE: Final = 108

#: Parts of a bar: the colour and the size of each.
Bar = Sequence[tuple[str, float]]


@dataclass
class TickedFaces:
    """The faces that a viewer has ticked in one grid, on all of its pages.

    The browser knows best: what was sent before the last click must not undo it.

    Attributes:
        of: id of the dataset.
        indices: their places in it.
        version: counts how often they were unticked by something else than a click on a face; then
            the browser takes that over.
    """

    of: str
    indices: set[int] = field(default_factory=set)
    version: int = 0

    def note(self, shown: list[int], ticked: list[int]) -> None:
        """Take over what is ticked among the faces of a page, by their places."""
        self.indices = (self.indices - set(shown)) | set(ticked)

    def clear(self) -> None:
        """Untick all."""
        self.indices, self.version = set(), self.version + 1

    @property
    def places(self) -> NDArray[np.intp]:
        """Their places, ascending: intp ``[K]``."""
        return np.array(sorted(self.indices), np.intp)


def show_grid(
    dataset: FaceDataset,
    indices: NDArray[np.intp],
    key: str,
    *,
    on_chosen: Callable[[int], None],
    chosen: int | None = None,
    captions: Sequence[str] | None = None,
    notes: Sequence[str] | None = None,
    bars: Sequence[Bar] | None = None,
    label: str = "Faces",
    small: bool = False,
    details: str = "",
    labels: NDArray[np.uint8] | None = None,
    ticked: TickedFaces | None = None,
) -> None:
    """Show faces side by side, each on the colour of its label.

    Args:
        dataset: where they are.
        indices: intp ``[M]``, their places; as many as fit one page.
        key: tells this grid from others.
        on_chosen: called with the place of the face that a viewer chose.
        chosen: the place of the face to mark.
        captions: one below each face, of one line or several; None: its label.
        notes: more about each face, for who points at it.
        bars: one below each caption; faces are larger then.
        label: what screen readers call the grid.
        small: smaller faces without captions.
        details: key of the container to scroll to on a phone once a face was chosen.
        labels: uint8 ``[M]``, as in ``EMOTIONS``, where they are others than the dataset's.
        ticked: which are ticked; None: faces cannot be ticked.
    """
    names = [EMOTIONS[code] for code in (dataset.labels[indices] if labels is None else labels)]
    shown = [""] * len(names) if small else captions or names
    columns = max(1, min(SHEET_COLUMNS, len(indices)))
    data: dict[str, Any] = {
        "sheet": png_address(contact_sheet(dataset.images[indices])),
        "columns": columns,
        "rows": max(1, -(-len(indices) // columns)),
        "side": _SMALL_SIDE if small else _LARGE_SIDE if bars else _SIDE,
        "label": label,
        "details": details,
        "chosen": chosen,
        "ticked": ticked and [each for each in indices.tolist() if each in ticked.indices],
        "version": ticked and ticked.version,
        "faces": [
            {
                "index": int(index),
                "color": EMOTION_COLORS[name],
                "caption": caption,
                "title": f"{index}: {note}",
                "bar": bar,
            }
            for index, name, caption, note, bar in zip(
                indices,
                names,
                shown,
                notes or names,
                bars or [None] * len(names),
                strict=True,
            )
        ],
    }

    def report() -> None:
        # A number that no face has: the message is a browser's.
        if (index := st.session_state[key].chosen) in {face["index"] for face in data["faces"]}:
            on_chosen(index)

    def note_ticks() -> None:
        if ticked is not None and (said := st.session_state[key].ticked):
            ticked.note(*(_places(said.get(name), len(dataset)) for name in ("shown", "ticked")))

    _grid()(key=key, data=data, on_chosen_change=report, on_ticked_change=note_ticks)


def _places(said: Any, count: int) -> list[int]:
    """Return what of a browser's message are places in the dataset."""
    said = said if isinstance(said, list) else []
    return [each for each in said if type(each) is int and 0 <= each < count]


@functools.cache
def _grid() -> ComponentRenderer:
    folder = Path(__file__).parent
    return st.components.v2.component(
        "dataset_grid",
        html='<div class="grid" role="listbox"></div>',
        css=(folder / "grid.css").read_text("utf-8"),
        js=FACE_CELLS.read_text("utf-8") + (folder / "grid.js").read_text("utf-8"),
    )
