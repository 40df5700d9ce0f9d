"""Excluding images, or giving them another label, from wherever they are shown.

The dataset itself is never changed: what is wished is kept in a list that training and evaluation
apply (``datasets.checks.exclusions``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion_core.datasets.checks.corrections import with_images, without_images
from emotion_core.datasets.checks.exclusions import (
    ExcludedImage,
    ExclusionList,
    delete_exclusions,
    exclusions_dir,
    list_exclusions,
    load_exclusions,
    save_exclusions,
)
from emotion_core.emotions import EMOTIONS
from emotion_core.errors import DatasetError, NoRoomError
from emotion_core.quantities import counted
from pages.opened.findings import corrections_of, exclusions_for
from pages.opened.grid import TickedFaces
from pages.opened.store import OpenDataset
from pages.viewer.clicks import once
from pages.widgets.text import plain
from pages.widgets.undo import forget_done, note_done, show_done

Suggestions = NDArray[np.uint8]

#: What a first list is called, unless its maker calls it something else.
_FIRST: Final = "corrections"
#: The choice of the images that are ticked.
_TICKED: Final = "ticked"
#: Why an image is in a list, for readers of its file.
_BY_HAND: Final = "by hand"

_PLACE: Final = "corrections"
_LAST: Final = "corrections_list"
_PROBLEM: Final = "corrections_problem"

ABOUT: Final = (
    "The dataset itself is not changed: the list is a separate file that Train and Evaluate can "
    "apply."
)


def correction_in_words(image: ExcludedImage) -> str:
    """Return what is done to an image."""
    return "excluded" if image.becomes is None else f"relabelled as {image.becomes}"


def show_corrections(opened: OpenDataset) -> None:
    """Say what was corrected last, with Undo, or why it could not be."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(plain(problem))
    show_done(_PLACE, to=opened.id)


def page_or_all(
    shown: NDArray[np.intp], found: NDArray[np.intp], found_name: str = "all of these"
) -> dict[str, NDArray[np.intp]]:
    """Return the choices of `offer_corrections` for a list that is shown a page at a time.

    Args:
        shown: intp ``[K]`` indices of the page.
        found: intp ``[M]`` indices of the whole list.
        found_name: what to call these where there is more than one page.
    """
    if len(shown) < len(found):
        return {"this page": shown, found_name: found}
    return {"all": found}


def offer_corrections(
    opened: OpenDataset,
    choices: Mapping[str, NDArray[np.intp]],
    key: str,
    *,
    suggested: Suggestions | None = None,
    ticked: TickedFaces | None = None,
) -> None:
    """Show the menu that excludes or relabels images.

    Args:
        opened: the dataset.
        choices: intp ``[K]`` indices, by what to call them; several let the viewer choose. Their
            names hold no counts: a browser names what is chosen by its label.
        key: tells this menu from others on the page.
        suggested: uint8 ``[N]``, what each image of the dataset rather shows, as in ``EMOTIONS``;
            its own label where nothing else is suggested.
        ticked: faces that are ticked; where there are any, they come before the other choices.
    """
    if ticked is not None:
        choices = {_TICKED: ticked.places} | dict(choices)
    choices = {name: indices for name, indices in choices.items() if len(indices)}
    if not choices:
        return
    count = 0 if ticked is None else len(ticked.indices)
    label = f"Correct {count:,} ticked" if count else "Correct"
    with st.popover(label, icon=":material/edit_note:", key=f"{key} correct"):
        which = next(iter(choices))
        if len(choices) > 1:
            # Another widget once something is ticked: that is meant then, not what was chosen.
            radio_key = f"{key} which{' of ticked' if which == _TICKED else ''}"
            which = st.radio("Images", list(choices), key=radio_key, horizontal=True)
        indices = choices[which]
        to_untick = ticked if which == _TICKED else None
        list_key = f"{key} list"
        _choose_list(opened, list_key)
        st.button(
            f"Exclude {counted(len(indices), 'image')}",
            icon=":material/block:",
            key=f"{key} exclude",
            on_click=once(_exclude, opened, indices, list_key, to_untick),
        )
        _offer_labels(opened, indices, key, suggested, to_untick)
        if ticked is not None and count:
            st.button(
                "Untick all",
                icon=":material/close:",
                type="tertiary",
                key=f"{key} untick",
                on_click=once(ticked.clear),
            )
        st.caption(ABOUT)


def _choose_list(opened: OpenDataset, list_key: str) -> None:
    names = [each.name for each in exclusions_for(opened)]
    last = st.session_state.get(_LAST)
    if last in names:
        names.remove(last)
        names.insert(0, last)
    st.selectbox(
        "Correction list",
        names or [_FIRST],
        accept_new_options=True,
        key=list_key,
        help="Choose one, or type the name of a new one.",
    )


def _offer_labels(
    opened: OpenDataset,
    indices: NDArray[np.intp],
    key: str,
    suggested: Suggestions | None,
    ticked: TickedFaces | None,
) -> None:
    list_key, label_key = f"{key} list", f"{key} label {indices[0] if len(indices) == 1 else ''}"
    likely = None
    if suggested is not None:
        doubted = indices[suggested[indices] != opened.dataset.labels[indices]]
        if len(indices) == 1:
            likely = int(suggested[indices[0]]) if len(doubted) else None
        elif len(doubted):
            st.button(
                f"Relabel {counted(len(doubted), 'image')} as the model suggests",
                icon=":material/label:",
                key=f"{key} relabel as suggested",
                on_click=once(_relabel, opened, doubted, list_key, suggested, ticked),
            )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "Another label",
            EMOTIONS,
            index=likely,
            placeholder="choose",
            key=label_key,
            width=140,
            help=None if likely is None else f"The model suggests {EMOTIONS[likely]}.",
        )
        wanted = None if label is None else np.full(len(opened.dataset), EMOTIONS.index(label))
        st.button(
            f"Relabel {counted(len(indices), 'image')}",
            icon=":material/label:",
            key=f"{key} relabel",
            disabled=wanted is None,
            on_click=once(_relabel, opened, indices, list_key, wanted, ticked),
        )


def show_correction(opened: OpenDataset, index: int) -> None:
    """Say what a list does to an image, and let the viewer take it back."""
    found = corrections_of(opened).get(index)
    if found is None:
        return
    name, image = found
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/edit_note: {correction_in_words(image).capitalize()} by **{plain(name)}**",
            width="content",
        )
        st.button(
            "Take back",
            type="tertiary",
            icon=":material/undo:",
            key=f"off the list {index}",
            on_click=once(_take_off, opened, name, index),
        )


def _exclude(
    opened: OpenDataset,
    indices: NDArray[np.intp],
    list_key: str,
    ticked: TickedFaces | None,
) -> None:
    name = _list_name(list_key)
    try:
        before = stored_list(name)
        after = with_images(before, opened.dataset, name, {_BY_HAND: indices})
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    said = f"{counted(len(indices), 'image')} excluded by the list {after.name}."
    if keep_list(opened, before, after, said) and ticked is not None:
        ticked.clear()


def _relabel(
    opened: OpenDataset,
    indices: NDArray[np.intp],
    list_key: str,
    labels: NDArray[np.integer],
    ticked: TickedFaces | None,
) -> None:
    """Give each image the label that stands at its place in ``labels``."""
    name = _list_name(list_key)
    try:
        before = after = stored_list(name)
        for label in np.unique(labels[indices]).tolist():
            members = indices[labels[indices] == label]
            reasons = {_BY_HAND: members}
            after = with_images(after, opened.dataset, name, reasons, EMOTIONS[label])
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    if after is not None:
        said = f"{counted(len(indices), 'image')} relabelled by the list {after.name}."
        if keep_list(opened, before, after, said) and ticked is not None:
            ticked.clear()


def _take_off(opened: OpenDataset, name: str, index: int) -> None:
    try:
        before = stored_list(name)
        if before is None:
            return
        after = without_images(before, opened.dataset, np.array([index]))
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    keep_list(opened, before, after, f"1 image removed from the list {name}.")


def keep_list(
    opened: OpenDataset, before: ExclusionList | None, after: ExclusionList | None, said: str
) -> bool:
    """Store a list in place of what it was, and remember how to undo that.

    Args:
        opened: what the list is of.
        before: what it was; None: there was none.
        after: what it shall be; None: it is deleted.
        said: what was done, in words.

    Returns:
        Whether it could be stored; ``show_corrections`` says why not.
    """
    forget_done(_PLACE)
    try:
        _put(after, before)
    except (DatasetError, NoRoomError) as error:
        st.session_state[_PROBLEM] = str(error)
        return False
    if after is not None:
        st.session_state[_LAST] = after.name
    note_done(_PLACE, said, partial(_put, before, after), to=opened.id)
    return True


def _put(wanted: ExclusionList | None, there: ExclusionList | None) -> None:
    if wanted is not None:
        save_exclusions(wanted)
    elif there is not None:
        delete_exclusions(there.name)


def _list_name(list_key: str) -> str:
    return str(st.session_state.get(list_key) or _FIRST).strip()


def stored_list(name: str) -> ExclusionList | None:
    """Return a list by its name; None where there is none.

    Raises:
        DatasetError: it is damaged.
    """
    known = {each.name: each for each in list_exclusions().lists}
    if name not in known and (exclusions_dir() / f"{name}.json").exists():
        return load_exclusions(name)
    return known.get(name)
